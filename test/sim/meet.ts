// A device in real time and a hub behind a real TLS listener, until one of them says how it went.

import { loadBoard, type Board } from '../../src/board/index.js'
import type { AppImage } from '../../src/sim/index.js'
import { createHub, listen, systemClock, type Authority, type Clock, type Hub, type HubEvent, type HubListener } from '../../src/hub/index.js'
import { RealDevice, type HubAddress } from '../../src/sim/index.js'

export const hubHost = 'hub.tinytwin.test'
export const loopback = '127.0.0.1'
export const dayMs = 86_400_000
export const hourMs = 3_600_000

export interface Served { readonly hub: Hub, readonly listener: HubListener, readonly close: () => Promise<void> }

export interface Serve { readonly hosts?: string[], readonly hostName?: string, readonly notBefore?: Date, readonly notAfter?: Date, readonly clock?: Clock }

export async function serve(authority: Authority, { hostName = hubHost, hosts = [hostName], clock = systemClock, ...dates }: Serve = {}): Promise<Served> {
  const hub = createHub({ hostName, clock })
  const certificate = await authority.issueServer({ hosts, ...dates })
  const listener = await listen(hub, { host: loopback, port: 0, certificate })
  return {
    hub, listener,
    close: async () => {
      await listener.close()
      await hub.close()
    },
  }
}

let devices = 0

/** The connection string of a new device. */
export function identify(at: Hub): { connection: string } {
  const { deviceId } = at.devices.create({ deviceId: `real-${++devices}` })
  return { connection: at.connectionString(deviceId) }
}

/** What a device first says of its connection. */
export async function firstWords(app: AppImage, hub: HubAddress, board: Board = loadBoard('host')): Promise<string> {
  let device: RealDevice | undefined
  try {
    return await new Promise((resolve, reject) => {
      const notice = (kind: string, _code: number, text: string): void => {
        if (kind === 'connected' || kind === 'disconnected') resolve(`${kind}: ${text}`)
      }
      device = new RealDevice(app, { board, hub, notice, failed: reject })
    })
  } finally {
    device?.close()
  }
}

/** Runs a device until the hub or the device says how it went. */
export async function outcome(app: AppImage, address: HubAddress, { hub, listener }: Served, board?: Board): Promise<{ device: string, hub: HubEvent }> {
  const seen = new Promise<HubEvent>((resolve) => {
    hub.onEvent((event) => { if (event.type === 'connected' || event.type === 'refused') resolve(event) })
  })
  const device = await firstWords(app, { address: loopback, port: listener.port, ...address }, board)
  return { device, hub: await seen }
}
