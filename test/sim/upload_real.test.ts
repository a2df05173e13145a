/** A file over real sockets and the device's own TLS: to the hub's real HTTPS, and to storage with a certificate of its own. */

import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp, type BuiltApp } from '../../src/build/index.js'
import { createHub, listenHub, loadAuthority, systemClock, type Authority, type Hub, type HubListener } from '../../src/hub/index.js'
import { RealDevice, Storage } from '../../src/sim/index.js'

const hubHost = 'hub.tinytwin.test'
const loopback = '127.0.0.1'

let app: BuiltApp
let authority: Authority
beforeAll(async () => {
  app = await buildApp({ app: 'assembly/bench/uploader', board: 'host' })
  authority = await loadAuthority()
})

interface Served { hub: Hub, listener: HubListener, storage: Storage, server: Server }
const all: Served[] = []
afterAll(async () => {
  for (const { hub, listener, server } of all) {
    server.closeAllConnections()
    server.close()
    await listener.close()
    await hub.close()
  }
})

/** `by`: who signs the storage's certificate. */
async function serve(by: Authority = authority): Promise<Served> {
  const { certPem: cert, keyPem: key } = await by.issueServer({ hosts: [loopback] })
  let storage: Storage | undefined
  const server = createServer({ cert, key }, (request, response) => storage!.serve(request, response))
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => { server.listen(0, loopback, resolve) })
  storage = new Storage(systemClock, `${loopback}:${(server.address() as AddressInfo).port}`)
  const hub = createHub({ hostName: hubHost, blobs: storage })
  const listener = await listenHub(hub, { host: loopback, port: 0, certificate: await authority.issueServer({ hosts: [hubHost] }) })
  const served = { hub, listener, storage, server }
  all.push(served)
  return served
}

/** Runs the upload to its end; the largest heap TLS and interpreter had meanwhile beyond what they had before. */
async function upload({ hub, listener }: Served, size: number): Promise<{ done: number, why: string, heapBytes: number }> {
  hub.devices.create({ deviceId: 'd1' })
  const { port } = listener
  const connected = new Promise<void>((resolve) => { hub.onEvent(({ type }) => { if (type === 'connected') resolve() }) })
  using device = new RealDevice(app, {
    board: loadBoard('host'),
    hub: { connection: hub.connectionString('d1'), address: loopback, port, httpsPort: port, ca: authority.caPem },
  })
  await connected
  const call = async (method: string, payload: object = {}) => (await hub.invoke('d1', { method, payload, responseTimeoutMs: 10_000, connectTimeoutMs: 10_000 })).payload
  await call('state')
  const before = device.machine.state.heapBytes
  let heapBytes = 0
  expect(await call('begin', { size })).toEqual({ result: 0 })
  for (;;) {
    heapBytes = Math.max(heapBytes, device.machine.state.heapBytes - before)
    const { done, why } = await call('state') as { done: number, why: string }
    if (done !== 1) return { done, why, heapBytes }
  }
}

test('a file arrives over TLS, with no more heap than one TLS connection', async () => {
  const served = await serve()
  const outcome = await upload(served, 1024 * 1024)
  expect(outcome).toMatchObject({ done: 0, why: '' })
  expect(served.storage.blobs.get('d1/file')!.bytes.length).toBe(1024 * 1024)
  const { tls } = loadBoard('host').network
  process.stdout.write(`1 MiB over TLS: at most ${outcome.heapBytes} bytes of heap more, records of ${tls.receiveBytes} and ${tls.sendBytes}\n`)
  expect(outcome.heapBytes).toBeLessThan(tls.receiveBytes + tls.sendBytes + 32 * 1024)
})

test('storage whose authority is not the trusted one gets nothing', async () => {
  const served = await serve(await loadAuthority())
  expect(await upload(served, 10_000)).toMatchObject({ done: -11, why: expect.stringContaining('not signed by a trusted authority') })
  expect(served.storage.requests).toEqual([])
})
