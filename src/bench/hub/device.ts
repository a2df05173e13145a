/** A device for measurements: MQTT 3.1.1 over TLS with mqtt-packet, as little as it takes to be one. */

import { connect, type TLSSocket } from 'node:tls'
import { generate, parser, writeToStream, type IPublishPacket, type Packet } from 'mqtt-packet'
import { signSas } from '../../hub/index.js'

// else the first packet waits for a table of all 65,536 numbers
writeToStream.cacheNumbers = false

export const HOST = '127.0.0.1'
/** Of every device here: nobody else's. */
export const KEY = Buffer.alloc(32, 0x42).toString('base64')
export const deviceName = (number: number): string => `bench-${number}`
export const telemetryTopic = (deviceId: string): string => `devices/${deviceId}/messages/events/`

export interface Target {
  readonly port: number
  readonly ca: string
}

export interface DeviceListeners {
  readonly acknowledged?: (messageId: number) => void
  readonly received?: (packet: IPublishPacket) => void
  /** Once, when the connection is over for whatever reason. */
  readonly closed?: (error?: Error) => void
}

const TOKEN_SECONDS = 86_400

/** Resolves with the connection once the server has accepted it. */
export function connectDevice(deviceId: string, { port, ca }: Target, { acknowledged, received, closed }: DeviceListeners = {}): Promise<{ write(packet: Buffer): void; drop(): void }> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: HOST, port, ca })
    const packets = parser({ protocolVersion: 4 })
    let failed: Error | undefined
    const handlers: { [K in Packet['cmd']]?: (packet: Packet & { cmd: K }) => void } = {
      connack: ({ returnCode }) => {
        if (returnCode === 0) {
          resolve({ write: (bytes) => { socket.write(bytes) }, drop: () => { socket.destroy() } })
        } else {
          reject(new Error(`CONNACK ${returnCode}`))
          socket.destroy()
        }
      },
      puback: ({ messageId }) => acknowledged?.(messageId!),
      publish: (packet) => received?.(packet),
    }
    packets.on('packet', (packet) => (handlers[packet.cmd] as ((packet: Packet) => void) | undefined)?.(packet))
    socket.on('secureConnect', () => {
      socket.setNoDelay(true)
      const expiry = Math.floor(Date.now() / 1000) + TOKEN_SECONDS
      socket.write(generate({
        cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: deviceId, clean: false, keepalive: 1100,
        username: `${HOST}/${deviceId}/?api-version=2021-04-12`,
        password: Buffer.from(signSas({ resource: `${HOST}/devices/${deviceId}`, key: KEY, expiry })),
      }))
    })
    socket.on('data', (bytes) => {
      socket.cork()
      packets.parse(bytes)
      socket.uncork()
    })
    socket.on('error', (error) => { failed = error })
    socket.on('close', () => {
      reject(failed ?? new Error('the server ended the connection'))
      closed?.(failed)
    })
  })
}

export function publishPacket(deviceId: string, { messageId, payload, dup = false }: { messageId: number; payload: string | Buffer; dup?: boolean }): Buffer {
  return generate({ cmd: 'publish', topic: telemetryTopic(deviceId), payload, qos: 1, messageId, dup, retain: false })
}
