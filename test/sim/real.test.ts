// A device in real time over real sockets and its own TLS, against the hub's real listener.

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadBoard, type Board } from '../../src/board/index.js'
import { buildApp, type BuiltApp } from '../../src/build/index.js'
import { loadAuthority, systemClock, type Authority, type Clock, type HubEvent } from '../../src/hub/index.js'
import type { HubAddress } from '../../src/sim/index.js'
import { dayMs, firstWords as saidFirst, hourMs, hubHost, identify as newDevice, loopback, outcome as meet, serve, type Serve, type Served } from './meet.js'

let app: BuiltApp
let authority: Authority
let served: Served
beforeAll(async () => {
  app = await buildApp({ app: 'blink', board: 'host' })
  authority = await loadAuthority()
  served = await serve(authority)
})
afterAll(() => served.close())

const identify = (): { connection: string } => newDevice(served.hub)
const firstWords = (hub: HubAddress, board?: Board): Promise<string> => saidFirst(app, hub, board)
const outcome = (address: Partial<HubAddress> & Pick<HubAddress, 'connection'>, at = served): Promise<{ device: string, hub: HubEvent }> =>
  meet(app, { ca: authority.caPem, ...address }, at)

async function outcomeAt(options: Serve, address: Partial<HubAddress> = {}): ReturnType<typeof outcome> {
  const other = await serve(authority, options)
  try {
    return await outcome({ ...newDevice(other.hub), ...address }, other)
  } finally {
    await other.close()
  }
}

test('a device connects over TLS 1.2 that it verified', async () => {
  const told = await outcome(identify())
  expect(told.device).toMatch(/^connected: TLSv1\.2 TLS-ECDHE-/)
  expect(told.hub).toMatchObject({ type: 'connected', tls: 'TLSv1.2' })
})

test('a hub whose authority is not the trusted one is refused', async () => {
  const { caPem } = await loadAuthority()
  const told = await outcome({ ...identify(), ca: caPem })
  expect(told.device).toMatch(/^disconnected: .*certificate is not signed by a trusted authority$/)
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'tls-handshake' })
})

test('a certificate for another host name is refused', async () => {
  const told = await outcomeAt({ hosts: ['other.tinytwin.test'] })
  expect(told.device).toMatch(/^disconnected: .*certificate is for another host name$/)
})

test('an expired server certificate is refused', async () => {
  const told = await outcomeAt({ notBefore: new Date(Date.now() - 10 * dayMs), notAfter: new Date(Date.now() - dayMs) })
  expect(told.device).toMatch(/^disconnected: .*certificate has expired$/)
})

test('a token signed with the key of another device is refused', async () => {
  const [own, others] = [identify(), identify()].map(({ connection }) => connection.split(';SharedAccessKey='))
  const told = await outcome({ connection: `${own![0]};SharedAccessKey=${others![1]}` })
  expect(told.device).toBe('disconnected: auth: the hub does not authorize this device (CONNACK 5)')
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'wrong-signature' })
})

test('an expired token is refused', async () => {
  const ahead: Clock = { ...systemClock, now: () => Date.now() + 2 * hourMs }
  const told = await outcomeAt({ clock: ahead })
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'expired-token' })
})

test('a device that is not in the registry is refused', async () => {
  const told = await outcome({ connection: identify().connection.replace(/DeviceId=[^;]*/, 'DeviceId=stranger') })
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'unknown-device' })
})

test('a port where nobody listens is told as such', async () => {
  const gone = await serve(authority)
  await gone.listener.close()
  const address = { address: loopback, port: gone.listener.port, ca: authority.caPem, ...newDevice(gone.hub) }
  expect(await firstWords(address)).toBe('disconnected: network: the host refused the connection')
  await gone.hub.close()
})

test.each([['1.2', 'TLSv1.2'], ['1.3', 'TLSv1.3']] as const)('a board whose newest TLS is %s speaks %s with a hub that can do both', async (version, spoken) => {
  const host = loadBoard('host')
  const board = { ...host, network: { ...host.network, tls: { ...host.network.tls, version } } }
  const words = await firstWords({ address: loopback, port: served.listener.port, ca: authority.caPem, ...identify() }, board)
  expect(words).toMatch(new RegExp(`^connected: ${spoken} `))
})

test.each([['1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256'], ['1.3', 'TLS_AES_128_GCM_SHA256']] as const)('a server that would rather have AES-256 gets AES-128 over TLS %s, which is all a device has', async (version, cipher) => {
  const { keyPem, certPem } = await authority.issueServer({ hosts: [hubHost] })
  const server = createServer({
    key: keyPem, cert: certPem, honorCipherOrder: true,
    ciphers: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256',
  }).listen(0, loopback)
  await once(server, 'listening')
  const chosen = once(server, 'secureConnection').then(([socket]: TLSSocket[]) => {
    const { name } = socket!.getCipher()
    socket!.destroy()
    return name
  })
  const host = loadBoard('host')
  const board = { ...host, network: { ...host.network, tls: { ...host.network.tls, version } } }
  const { port } = server.address() as AddressInfo
  await firstWords({ address: loopback, port, ca: authority.caPem, ...identify() }, board)
  expect(await chosen).toBe(cipher)
  server.close()
})
