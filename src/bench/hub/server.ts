/** A hub in a process of its own, for measurements: told where to keep its data and how many devices to have. */

import { createHub, folderStore, listen, memoryStore, type Hub, type ServerCertificate } from '../../hub/index.js'
import { serveParent } from './child.js'
import { deviceName, HOST, KEY } from './device.js'

export interface ServerOptions {
  /** In memory if not given. */
  readonly folder?: string
  /** 0 takes a free one. */
  readonly port: number
  readonly devices: number
  readonly certificate: ServerCertificate
}

let hub: Hub

async function start({ folder, port, devices, certificate }: ServerOptions): Promise<number> {
  const durable = folder === undefined ? undefined : await folderStore(folder)
  hub = createHub({ hostName: HOST, ...(durable === undefined ? { store: memoryStore() } : { store: durable, events: durable.events }) })
  const missing = Array.from({ length: devices }, (_, i) => deviceName(i)).filter((deviceId) => hub.devices.get(deviceId) === undefined)
  await Promise.all(missing.map((deviceId) => new Promise<void>((resolve, reject) => {
    hub.devices.create({ deviceId, primaryKey: KEY }, (error) => error === undefined ? resolve() : reject(error))
  })))
  return (await listen(hub, { host: HOST, port, certificate })).port
}

/** Twice, since what the first frees may be what holds the rest. */
async function collected(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc!()
    await new Promise((resolve) => { setTimeout(resolve, 100) })
  }
  return process.memoryUsage().rss
}

serveParent({
  start,
  collected,
  connections: () => hub.connections().length,
})
