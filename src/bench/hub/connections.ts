/** What an idle device takes of the hub's memory, and how it bears all of them coming back at once. */

import { rounded, type Figure } from '../measure.js'
import { certificateForBench } from './certificate.js'
import { Child, Cleanup } from './child.js'

const idle = 5_000
const storm = 2_000
const warmUp = 300
const clients = 2
const limitKib = 40

async function started(devices: number): Promise<{ server: Child; clientOf: () => Promise<Child> }> {
  const { ca, certificate } = await certificateForBench()
  const server = new Child('./server.js', { execArgv: ['--expose-gc'] })
  const port = await server.ask<number>('start', { port: 0, devices, certificate })
  return {
    server,
    clientOf: async () => {
      const client = new Child('./client.js')
      await client.ask('target', { port, ca, payloadBytes: 0 })
      return client
    },
  }
}

async function noError(errors: Promise<string[]>): Promise<void> {
  const [first, ...more] = await errors
  if (first !== undefined) { throw new Error(`${1 + more.length} devices could not connect: ${first}`) }
}

/** Resolves when the hub has noticed. */
async function until(server: Child, connections: number): Promise<void> {
  while (await server.ask<number>('connections') !== connections) { await new Promise((resolve) => { setTimeout(resolve, 50) }) }
}

export async function idleDevices(): Promise<readonly Figure[]> {
  await using cleanup = new Cleanup()
  const { server, clientOf } = await started(idle)
  cleanup.use(server)
  const first = cleanup.use(await clientOf())
  await noError(first.ask('connect', { count: warmUp, parallel: 50 }))
  await first.ask('drop')
  await until(server, 0)
  const before = await server.ask<number>('collected')
  for (let i = 0; i < clients; i++) {
    const client = cleanup.use(await clientOf())
    await noError(client.ask('connect', { from: i * idle / clients, count: idle / clients, parallel: 50 }))
  }
  const after = await server.ask<number>('collected')
  return [
    { name: 'hub without connections, after garbage collection', value: rounded(before / 2 ** 20, 3), unit: 'MiB' },
    { name: `each of ${idle} idle devices over TLS`, value: rounded((after - before) / idle / 1024, 3), unit: 'KiB', limit: limitKib },
  ]
}

export async function reconnectStorm(): Promise<readonly Figure[]> {
  await using cleanup = new Cleanup()
  const { server, clientOf } = await started(storm)
  cleanup.use(server)
  const client = cleanup.use(await clientOf())
  await noError(client.ask('connect', { count: storm, parallel: 50 }))
  await client.ask('drop')
  const began = performance.now()
  const errors = await client.ask<string[]>('connect', { count: storm, parallel: storm })
  const seconds = (performance.now() - began) / 1000
  return [
    { name: `${storm} devices connect again at once, errors`, value: errors.length, unit: '', limit: 0 },
    { name: 'until the last of them is connected', value: rounded(seconds, 3), unit: 's' },
  ]
}
