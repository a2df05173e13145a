/** What a device in real time brings through TLS to the hub, over loopback sockets in one process. */

import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadBoard } from '../board/index.js'
import { buildApp } from '../build/index.js'
import { createHub, listen, loadAuthority, memoryStore } from '../hub/index.js'
import { RealDevice } from '../sim/index.js'
import { rounded, type Figure, type Measurement } from './measure.js'

const host = '127.0.0.1'
const deviceId = 'bench'
const countedMs = 3_000

async function throughput(): Promise<readonly Figure[]> {
  const authority = await loadAuthority()
  const hub = createHub({ hostName: host, store: memoryStore() })
  const certificate = await authority.issueServer({ hosts: [host] })
  const listener = await listen(hub, { host, port: 0, certificate })
  hub.devices.create({ deviceId })
  const board = loadBoard('host')
  const app = await buildApp({ app: 'bench', board })
  const began = performance.now()
  const connected = new Promise<number>((resolve) => {
    hub.onEvent((event) => { if (event.type === 'connected') { resolve(performance.now() - began) } })
  })
  const device = new RealDevice(app, {
    board,
    hub: { connection: hub.connectionString(deviceId), port: listener.port, ca: authority.caPem },
  })
  try {
    const connectMs = await connected
    await hub.invoke(deviceId, { method: 'flood', connectTimeoutMs: 5_000 })
    let received = 0
    hub.onMessage(() => { received++ })
    const from = performance.now()
    await new Promise((resolve) => { setTimeout(resolve, countedMs) })
    const rate = received / (performance.now() - from) * 1000
    await hub.invoke(deviceId, { method: 'quiet' })
    return [
      { name: 'TLS connect to hub accepted', value: rounded(connectMs, 3), unit: 'ms' },
      { name: 'telemetry, device to hub through TLS, QoS 1, one in flight', value: rounded(rate, 3), unit: '/s' },
    ]
  } finally {
    device.close()
    await hub.close()
    await listener.close()
  }
}

const root = join(fileURLToPath(import.meta.url), '../../../..')

/** From the command to the first telemetry's connection, set-up current. */
async function commandStart(): Promise<readonly Figure[]> {
  const began = performance.now()
  const child = spawn(process.execPath, [join(root, 'scripts', 'tinytwin.mjs'), 'dev', 'coffee-machine', '--for', '1s', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  let connectedMs = NaN
  for await (const line of createInterface({ input: child.stdout })) {
    if ((JSON.parse(line) as { type: string }).type === 'connected') { connectedMs = performance.now() - began }
  }
  await exit
  return [{ name: 'tinytwin dev, from command to connected', value: rounded(connectedMs, 3), unit: 'ms' }]
}

export const loopback: readonly Measurement[] = [
  { title: 'telemetry through TLS', run: throughput },
  { title: 'start of the command', run: commandStart },
]
