/** `tinytwin hub`: the local hub alone, for devices and tools of your own. */

import { shown } from '../board/root.js'
import type { Command } from './command.js'
import { ended, realSpan } from './ending.js'
import { startLocalHub, telemetryBody } from './local_hub.js'

export const hubCommand: Command = {
  name: 'hub',
  summary: 'Runs the local Azure IoT Hub alone.',
  doc: 'Runs a local hub that speaks Azure IoT Hub\'s MQTT protocol over TLS, with identities, twins and queues kept in a folder. It makes its own certificate authority on first start: give its ca.pem to your devices. Ctrl-C stops it.',
  arguments: [],
  options: [
    { name: 'data', value: 'DIR', doc: 'Folder for everything it keeps. Default: .tinytwin/hub.' },
    { name: 'host', value: 'ADDRESS', doc: 'Address to listen on, and the host name in connection strings. Default: 127.0.0.1.' },
    { name: 'port', value: 'PORT', doc: 'TCP port for MQTT over TLS; 0 takes a free one. Default: 8883.' },
    { name: 'device', value: 'ID', repeat: true, doc: 'Create this device unless it exists, and print its connection string, which holds its key. May be given more than once.' },
    { name: 'for', value: 'DURATION', doc: 'Stop by itself after this time, such as 30s or 8h. Default: run until Ctrl-C.' },
  ],
  examples: [
    ['hub --device grinder-1', 'A hub on port 8883 and the connection string of one device.'],
    ['hub --data /tmp/hub --port 0 --json', 'For a script: the first line is {"type":"ready",…}.'],
  ],
  run: async ({ args, terminal }) => {
    const port = args.whole('port', { min: 0, max: 65535 }) ?? 8883
    const forMs = realSpan(args)
    const stopped = terminal.interruption()
    const local = await startLocalHub({ data: args.text('data') ?? '.tinytwin/hub', host: args.text('host') ?? '127.0.0.1', port })
    const print = (json: object, text: string): void => { terminal.print(args.json ? `${JSON.stringify(json)}\n` : `${text}\n`) }
    try {
      const devices = args.texts('device').map((id) => ({ device: id, connectionString: local.ensureDevice(id) }))
      const { host } = local.listener
      print(
        { type: 'ready', host, mqtts: local.listener.port, ca: local.caFile, data: local.data, devices },
        [
          `hub on ${host}:${local.listener.port} (MQTT over TLS), certificate authority ${shown(local.caFile)}`,
          ...devices.map(({ device, connectionString }) => `  ${device}: ${connectionString}`),
          ...devices.length === 0 ? ['  no connection strings asked for; --device ID creates a device and prints its'] : [],
        ].join('\n'),
      )
      local.hub.onEvent((event) => {
        const { type, time, deviceId: device, ...rest } = event
        const what = 'message' in rest ? rest.message : type === 'twin' ? `${event.part} version ${event.version}` : ''
        print({ type, time: new Date(time).toISOString(), device, ...rest }, `${device ?? '-'} ${type} ${what}`.trimEnd())
      })
      local.hub.onMessage((message) => {
        const { deviceId, sequence, system, properties } = message
        const body = telemetryBody(message)
        print({ type: 'telemetry', device: deviceId, sequence, body, system, properties }, `${deviceId} telemetry ${typeof body === 'string' ? body : JSON.stringify(body)}`)
      })
      await ended(stopped, forMs)
    } finally {
      await local.close()
    }
    return 0
  },
}
