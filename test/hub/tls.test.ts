// MQTT over TLS with the hub's own authority: who is trusted, what is refused, and what the hub says of it.

import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { generate } from 'mqtt-packet'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { createHub, listen, loadAuthority, signSas, type Authority, type HubEvent, type ServerRequest } from '../../src/hub/index.js'
import { connectPacket, FILTER, HOST, KEY } from './bench.js'
import { certificate } from './certificates.js'

const ADDRESS = '127.0.0.1'
let authority: Authority
beforeAll(async () => { authority = await loadAuthority() })

const ends: (() => Promise<void>)[] = []
afterEach(async () => { for (const end of ends.splice(0)) { await end() } })

async function served(request: Partial<ServerRequest> = {}) {
  const hub = createHub({ hostName: HOST })
  hub.devices.create({ deviceId: 'd1', primaryKey: KEY })
  const listener = await listen(hub, { host: ADDRESS, port: 0, certificate: await authority.issueServer({ hosts: [HOST, ADDRESS], ...request }) })
  ends.push(async () => {
    await hub.close()
    await listener.close()
  })
  const next = (type: HubEvent['type']) => new Promise<HubEvent>((resolve) => {
    const stop = hub.onEvent((event) => {
      if (event.type !== type) { return }
      stop()
      resolve(event)
    })
  })
  return { hub, port: listener.port, next }
}

/** Resolves with the socket after a verified handshake, rejects with the client's own error code. */
function handshake(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ADDRESS, port, servername: HOST, ca: authority.caPem, ...options }, () => resolve(socket))
    socket.on('error', (error: NodeJS.ErrnoException) => reject(new Error(error.code)))
  })
}

const password = (): Buffer => Buffer.from(signSas({ resource: `${HOST}/devices/d1`, key: KEY, expiry: Math.floor(Date.now() / 1000) + 60 }))

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a device that trusts the authority connects over %s, and the hub says so', async (version) => {
  const { port, next } = await served()
  const connected = next('connected')
  const socket = await handshake(port, { minVersion: version, maxVersion: version })
  socket.write(connectPacket({ password: password() }))
  expect(await connected).toMatchObject({ deviceId: 'd1', tls: version })
  const [connack] = await new Promise<[Buffer]>((resolve) => { socket.once('data', (data) => resolve([data])) })
  expect(connack.toString('hex')).toBe('20020000')
  socket.destroy()
})

test('a device with another authority refuses the hub, and the hub says that the handshake failed', async () => {
  const { port, next } = await served()
  const refused = next('refused')
  const other = await loadAuthority()
  await expect(handshake(port, { ca: other.caPem, maxVersion: 'TLSv1.2' })).rejects.toThrow(/UNABLE_TO_VERIFY|SELF_SIGNED/)
  expect(await refused).toMatchObject({ reason: expect.stringMatching(/^(tls-handshake|left-early)$/) })
})

test('a certificate for another host is refused by the device', async () => {
  const { port } = await served({ hosts: ['other.test'] })
  await expect(handshake(port)).rejects.toThrow('ERR_TLS_CERT_ALTNAME_INVALID')
})

test('an expired certificate is refused by the device', async () => {
  const { port } = await served({ notBefore: new Date('2020-01-01'), notAfter: new Date('2020-02-01') })
  await expect(handshake(port)).rejects.toThrow('CERT_HAS_EXPIRED')
})

test('a certificate can be issued for an address', async () => {
  const { port } = await served({ hosts: [ADDRESS] })
  const socket = await handshake(port, { servername: '', checkServerIdentity: (_host, cert) => cert.subjectaltname === `IP Address:${ADDRESS}` ? undefined : new Error('no') })
  expect(socket.authorized).toBe(true)
  socket.destroy()
})

test('TLS 1.1 is refused', async () => {
  const { port, next } = await served()
  const refused = next('refused')
  await expect(handshake(port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow()
  expect(await refused).toMatchObject({ reason: 'tls-handshake' })
})

test('MQTT without TLS is refused as a failed handshake', async () => {
  const { port, next } = await served()
  const refused = next('refused')
  const socket = connectTcp(port, ADDRESS)
  socket.on('error', () => {})
  socket.write(connectPacket())
  expect(await refused).toMatchObject({ reason: 'tls-handshake' })
})

test('a socket that dies without DISCONNECT is a lost connection', async () => {
  const { port, next } = await served()
  const [connected, disconnected] = [next('connected'), next('disconnected')]
  const socket = await handshake(port)
  socket.write(connectPacket({ password: password() }))
  await connected
  socket.destroy()
  expect(await disconnected).toMatchObject({ deviceId: 'd1', reason: 'connection-lost' })
})

test('a device that does not read is disconnected before it costs the hub its memory', async () => {
  const { hub, port, next } = await served()
  const [connected, disconnected] = [next('connected'), next('disconnected')]
  const socket = await handshake(port)
  socket.write(connectPacket({ password: password() }))
  socket.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.desired, qos: 0 }] }))
  await connected
  await new Promise((resolve) => { socket.once('data', resolve) })
  socket.pause()
  const patch = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`k${i}`, 'x'.repeat(4096)]))
  for (let i = 0; i < 2000 && hub.connections().length === 1; i++) { hub.twin('d1').patchDesired(patch) }
  expect(await disconnected).toMatchObject({ reason: 'slow-reader' })
  socket.destroy()
})

test('closing the listener ends its connections, those without a handshake too, and frees the port', async () => {
  const { hub, port } = await served()
  const silent = connectTcp(port, ADDRESS)
  silent.on('error', () => {})
  const socket = await handshake(port)
  const ended = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  await ends.splice(0)[0]!()
  await ended
  const again = await listen(hub, { host: ADDRESS, port, certificate: await authority.issueServer({ hosts: [ADDRESS] }) })
  expect(again.port).toBe(port)
  await again.close()
})

test('a hub that was closed accepts nobody', async () => {
  const hub = createHub({ hostName: HOST })
  await hub.close()
  let closed = false
  hub.accept({ write: () => {}, close: () => { closed = true } }).receive(connectPacket())
  expect(closed).toBe(true)
})

test('a port in use is an error, not a hang', async () => {
  const { hub, port } = await served()
  await expect(listen(hub, { host: ADDRESS, port, certificate: await authority.issueServer({ hosts: [ADDRESS] }) })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('an authority in a folder is made once and its key is for its owner alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ca-'))
  const first = await loadAuthority(join(folder, 'ca'))
  const second = await loadAuthority(join(folder, 'ca'))
  expect(second.caPem).toBe(first.caPem)
  expect(readFileSync(first.caPath!, 'utf8').trim()).toBe(first.caPem.trim())
  expect(statSync(join(folder, 'ca', 'ca-key.pem')).mode & 0o777).toBe(0o600)
  const issued = new X509Certificate((await second.issueServer({ hosts: [HOST] })).certPem)
  expect(issued.verify(new X509Certificate(first.caPem).publicKey)).toBe(true)
  expect(issued.checkHost(HOST)).toBe(HOST)
  rmSync(folder, { recursive: true })
})

test('a broken authority says which files to remove', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ca-'))
  await loadAuthority(folder)
  writeFileSync(join(folder, 'ca-key.pem'), 'x')
  await expect(loadAuthority(folder)).rejects.toThrow(/Remove both/)
  rmSync(folder, { recursive: true })
})

async function chained() {
  const now = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }
  const root = await certificate('Root', { ca: true, ...now })
  const middle = await certificate('Middle', { issuer: root, ca: true, ...now })
  const leaf = await certificate('d1', { issuer: middle, ...now })
  return { root, own: { cert: `${leaf.pem}\n${middle.pem}\n`, key: leaf.keyPem } }
}

/** What the hub says first of a connection without a token. */
async function outcome({ next }: Awaited<ReturnType<typeof served>>, socket: TLSSocket): Promise<HubEvent> {
  const first = Promise.race([next('connected'), next('refused')])
  socket.write(connectPacket({ password: Buffer.alloc(0) }))
  return await first
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s a device brings its chain, also when it resumes its TLS session', async (version) => {
  const { root, own } = await chained()
  const hub = await served()
  hub.hub.authorities.register({ name: 'root', certificate: root.pem, isVerified: true })
  hub.hub.devices.update('d1', { authentication: { type: 'certificateAuthority' } })
  const options = { ...own, minVersion: version, maxVersion: version }
  const first = await handshake(hub.port, options)
  // tickets of TLS 1.3 come with the first data
  const answered = new Promise((resolve) => { first.once('data', resolve) })
  expect(await outcome(hub, first)).toMatchObject({ type: 'connected', deviceId: 'd1', tls: version })
  await answered
  const session = first.getSession()
  const again = await handshake(hub.port, { ...options, session })
  expect(again.isSessionReused()).toBe(true)
  expect(await outcome(hub, again)).toMatchObject({ type: 'connected' })
  for (const socket of [first, again]) { socket.destroy() }
})

test('a device whose authority the hub does not know is refused after the handshake', async () => {
  const { own } = await chained()
  const hub = await served()
  hub.hub.devices.update('d1', { authentication: { type: 'certificateAuthority' } })
  const socket = await handshake(hub.port, own)
  expect(await outcome(hub, socket)).toMatchObject({ type: 'refused', reason: 'untrusted-certificate' })
})
