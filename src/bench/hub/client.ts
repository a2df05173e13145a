/** Many devices in a process of their own, for measurements: connecting, publishing as fast as they are answered, dropping. */

import { serveParent } from './child.js'
import { connectDevice, deviceName, publishPacket, type Target } from './device.js'

type Connection = Awaited<ReturnType<typeof connectDevice>>

interface LoadDevice {
  readonly connection: Connection
  /** The same packet every time, but for its number. */
  readonly packet: Buffer
  left: number
}

const devices: LoadDevice[] = []
let target: Target
let payloadBytes = 0
let acknowledgedLeft = 0
let allAcknowledged = (): void => {}

/** The packet id stands before the payload. */
function send(device: LoadDevice, messageId: number): void {
  device.left--
  const packet = Buffer.from(device.packet)
  packet.writeUInt16BE(messageId, packet.length - payloadBytes - 2)
  device.connection.write(packet)
}

async function connectOne(number: number): Promise<void> {
  const deviceId = deviceName(number)
  const connection = await connectDevice(deviceId, target, {
    acknowledged: (messageId) => {
      const device = devices[number]!
      if (device.left > 0) { send(device, messageId) }
      if (--acknowledgedLeft === 0) { allAcknowledged() }
    },
  })
  devices[number] = { connection, left: 0, packet: publishPacket(deviceId, { messageId: 1, payload: Buffer.alloc(payloadBytes, 'x') }) }
}

/** The errors; each connection is tried once. */
async function connectAll({ from = 0, count, parallel }: { from?: number; count: number; parallel: number }): Promise<string[]> {
  const errors: string[] = []
  let next = from
  const worker = async (): Promise<void> => {
    while (next < from + count) {
      await connectOne(next++).catch((error: unknown) => { errors.push((error as Error).message) })
    }
  }
  await Promise.all(Array.from({ length: parallel }, worker))
  return errors
}

/** Resolves when `count` messages of each device are acknowledged. */
function publishAll({ count, inFlight }: { count: number; inFlight: number }): Promise<void> {
  acknowledgedLeft = devices.length * count
  return new Promise((resolve) => {
    allAcknowledged = resolve
    for (const device of devices) {
      device.left = count
      for (let messageId = 1; messageId <= inFlight; messageId++) { send(device, messageId) }
    }
  })
}

function dropAll(): void {
  for (const { connection } of devices.splice(0)) { connection.drop() }
}

serveParent({
  target: (given: Target & { payloadBytes: number }) => {
    target = given
    payloadBytes = given.payloadBytes
  },
  connect: connectAll,
  publish: publishAll,
  drop: dropAll,
})
