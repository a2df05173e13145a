/** `tinytwin hub`: the local cloud alone, for devices and tools of your own. */

import { isIPv4 } from 'node:net'
import { shown } from '../board/root.js'
import type { HubEvent } from '../hub/index.js'
import { CliError, type Arguments, type Command } from './command.js'
import { ended, realSpan } from './ending.js'
import { ensureDevice, telemetryBody } from './local_hub.js'
import type { LocalService } from './local_service.js'

const tiers = ['F1', 'S1', 'S2', 'S3'] as const
const noDps = 'none'

export const hubCommand: Command = {
  name: 'hub',
  summary: 'Runs the local Azure IoT Hub and its provisioning service.',
  doc: 'Runs a local hub with identities, twins, queues, messages and jobs kept in a folder, and a Device Provisioning Service beside it. It makes its own certificate authority on first start: give its ca.pem to devices and tools, such as NODE_EXTRA_CA_CERTS=ca.pem for Microsoft\'s SDKs. Everything speaks TLS. Ctrl-C stops it.',
  arguments: [],
  options: [
    { name: 'data', value: 'DIR', doc: 'Folder for everything it keeps. Default: .tinytwin/hub.' },
    { name: 'host', value: 'ADDRESS', doc: 'Address to listen on. Default: 127.0.0.1.' },
    { name: 'name', value: 'NAME', doc: 'Host name in connection strings and on the certificate. Default: the address.' },
    { name: 'mqtts', value: 'PORT', doc: 'MQTT; 0 takes a free one. Default: 8883.' },
    { name: 'amqps', value: 'PORT', doc: 'AMQP; 0 takes a free one. Default: 5671.' },
    { name: 'https', value: 'PORT', doc: 'HTTPS, WebSockets, and MQTT and AMQP as well; 0 takes a free one. Default: 443, or 8443 for a user who may not. Microsoft\'s REST clients and WebSockets know 443 only.' },
    { name: 'dps-host', value: 'ADDRESS', doc: `Address of the provisioning service, on the same ports; '${noDps}' for none. Default: the loopback address after the hub's, none elsewhere.` },
    { name: 'blobs', value: 'STRING', doc: `Where devices upload files: 'azurite' starts one if it is installed, or a storage connection string. Default: they cannot.` },
    { name: 'tier', value: 'TIER', doc: `Limit rates as this tier of Azure does: ${tiers.join(', ')}. Default: no limits.` },
    { name: 'units', value: 'NUMBER', doc: 'Units of the tier, 1 to 200. Default: 1.' },
    { name: 'device', value: 'ID', repeat: true, doc: 'Create this device unless it exists, and print its connection string, which holds its key. May be given more than once.' },
    { name: 'for', value: 'DURATION', doc: 'Stop by itself after this time, such as 30s or 8h. Default: run until Ctrl-C.' },
  ],
  examples: [
    ['hub --device grinder-1', 'A hub, and the connection string of one device.'],
    ['hub --data /tmp/hub --mqtts 0 --amqps 0 --https 0 --json', 'For a script: the first line is {"type":"ready",…} with connection strings, authority and ports.'],
  ],
  run: async ({ args, terminal }) => {
    const port = (name: string): number | undefined => args.whole(name, { min: 0, max: 65535 })
    const https = port('https')
    const tier = args.choice('tier', tiers)
    const units = args.whole('units', { min: 1, max: 200 }) ?? 1
    const host = args.text('host') ?? '127.0.0.1'
    const name = args.text('name')
    const dpsHost = dpsHostOf(args, host)
    const blobs = args.text('blobs')
    const forMs = realSpan(args)
    const stopped = terminal.interruption()
    const { startLocalService } = await import('./local_service.js') // AMQP and REST take their time to load
    const local = await startLocalService({
      data: args.text('data') ?? '.tinytwin/hub', host, mqtts: port('mqtts') ?? 8883, amqps: port('amqps') ?? 5671,
      ...(https === undefined ? {} : { https }),
      ...(name === undefined ? {} : { name }),
      ...(dpsHost === undefined ? {} : { dpsHost }),
      ...(blobs === undefined ? {} : { blobs }),
      ...(tier === undefined ? {} : { throttle: { tier, units } }),
    })
    const print = (json: object, text: string): void => { terminal.print(args.json ? `${JSON.stringify(json)}\n` : `${text}\n`) }
    try {
      const devices = args.texts('device').map((id) => ({ device: id, connectionString: ensureDevice(local.hub, id, local.ports.mqtts) }))
      const { hub, dps, ports, caFile: ca, data, serviceConnectionString: service, eventHubsConnectionString: eventHubs } = local
      print({
        type: 'ready', host, ...ports, service, eventHubs, ca, data, devices,
        ...(dps === undefined ? {} : { dps: { host: dps.hostName, idScope: dps.idScope, service: dps.serviceConnectionString() } }),
      }, readyText(host, local, devices))
      if (ports.https !== 443) terminal.say(`note: HTTPS is on port ${ports.https}; Microsoft's REST clients and WebSockets know 443 only. MQTT, AMQP and the command line are not affected\n`)
      hub.onEvent((event) => {
        const { type, time, deviceId: device, ...rest } = { deviceId: undefined, ...event }
        print({ type, time: new Date(time).toISOString(), device, ...rest }, `${device ?? '-'} ${type} ${wordsOf(event)}`.trimEnd())
      })
      hub.onMessage((message) => {
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

/** The next loopback address, which is there on every Linux; undefined for any other address. */
export function dpsAddressBeside(host: string): string | undefined {
  const parts = host.split('.').map(Number)
  return isIPv4(host) && parts[0] === 127 && parts[3]! < 254 ? [...parts.slice(0, 3), parts[3]! + 1].join('.') : undefined
}

function dpsHostOf(args: Arguments, host: string): string | undefined {
  const given = args.text('dps-host')
  if (given === noDps) return undefined
  if (given === host) throw new CliError(`--dps-host: '${given}' is the hub's address; the provisioning service needs one of its own`)
  return given ?? dpsAddressBeside(host)
}

function wordsOf(event: HubEvent): string {
  return 'message' in event ? event.message : event.type === 'twin' ? `${event.part} version ${event.version}` : ''
}

// Connection strings only where they are asked for: a terminal is looked at, and scrolls back.
function readyText(host: string, { ports: { mqtts, amqps, https }, caFile, dps }: LocalService, devices: readonly { readonly device: string, readonly connectionString: string }[]): string {
  return [
    `hub on ${host}: MQTT ${mqtts}, AMQP ${amqps}, HTTPS ${https}; certificate authority ${shown(caFile)}`,
    ...dps === undefined ? [] : [`provisioning on ${dps.hostName}: the same ports, id scope ${dps.idScope}`],
    ...devices.map(({ device, connectionString }) => `  ${device}: ${connectionString}`),
    ...devices.length === 0 ? ['no connection strings asked for; --device ID creates a device and prints its, --json prints the service\'s'] : [],
  ].join('\n')
}
