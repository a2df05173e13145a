// One port for MQTT, AMQP, HTTP and WebSockets: who is let through to whom, and what happens to everyone else.

import { connect as connectTcp } from 'node:net'
import { generate } from 'mqtt-packet'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { createHub, loadAuthority, signSas, type Authority, type HubEvent } from '../../../src/hub/index.js'
import { listenService, type ServiceTimeouts } from '../../../src/hub/http/listen.js'
import { serveWebSockets } from '../../../src/hub/http/websocket.js'
import { KEY } from '../bench.js'
import { ADDRESS, answerOn, everything, tls } from './wire.js'

let authority: Authority
beforeAll(async () => { authority = await loadAuthority() })

const ends: (() => Promise<void>)[] = []
afterEach(async () => { for (const end of ends.splice(0)) { await end() } })

async function served(timeouts: Partial<ServiceTimeouts> = {}) {
  const hub = createHub({ hostName: ADDRESS })
  hub.devices.create({ deviceId: 'd1', primaryKey: KEY })
  const refuse = hub.refuse.bind(hub)
  const amqpBytes: string[] = []
  const listener = await listenService({
    host: ADDRESS, port: 0, certificate: await authority.issueServer({ hosts: [ADDRESS] }), refuse, timeouts,
    mqtt: (duplex, options) => hub.accept(duplex, options),
    amqp: (duplex) => ({
      receive(bytes) {
        amqpBytes.push(Buffer.from(bytes).toString('latin1'))
        duplex.write(Buffer.from('AMQP!'))
        duplex.close()
      },
      ended() {}
    }),
    http: (request, response) => { response.end(request.url) },
    upgrade: serveWebSockets({ mqtt: (duplex, options) => hub.accept(duplex, options), refuse })
  })
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
  return { port: listener.port, next, amqpBytes, open: () => tls(listener.port, authority.caPem) }
}

const connectBytes = (): Buffer => generate({
  cmd: 'connect', clientId: 'd1', username: `${ADDRESS}/d1/?api-version=2021-04-12`, protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60,
  password: Buffer.from(signSas({ resource: `${ADDRESS}/devices/d1`, key: KEY, expiry: Math.floor(Date.now() / 1000) + 60 }))
})

const firstBytes = (socket: { once(event: 'data', heard: (bytes: Buffer) => void): unknown }): Promise<Buffer> =>
  new Promise((resolve) => { socket.once('data', resolve) })

test('a first byte 0x10 is MQTT', async () => {
  const { next, open } = await served()
  const connected = next('connected')
  const socket = await open()
  socket.write(connectBytes())
  expect((await firstBytes(socket)).toString('hex')).toBe('20020000')
  expect(await connected).toMatchObject({ deviceId: 'd1', tls: 'TLSv1.3' })
  socket.destroy()
})

test('MQTT that comes byte by byte is MQTT too', async () => {
  const { open } = await served()
  const socket = await open()
  for (const byte of connectBytes()) { socket.write(Buffer.of(byte)) }
  expect((await firstBytes(socket)).toString('hex')).toBe('20020000')
  socket.destroy()
})

test('a first byte A is AMQP, and it gets all bytes', async () => {
  const { open, amqpBytes } = await served()
  const socket = await open()
  socket.write('AMQP\x00\x01\x00\x00')
  expect(await everything(socket)).toBe('AMQP!')
  expect(amqpBytes).toEqual(['AMQP\x00\x01\x00\x00'])
})

test('a method is HTTP, and the connection is kept for the next request', async () => {
  const { open } = await served()
  const socket = await open()
  socket.write('GET /one HTTP/1.1\r\nHost: x\r\n\r\n')
  expect(await answerOn(socket)).toMatchObject({ status: 200, body: '/one' })
  socket.write('GET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect(await everything(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*Connection: close\r\n[^]*\/two$/)
})

test('HTTP that comes byte by byte is HTTP too', async () => {
  const { open } = await served()
  const socket = await open()
  for (const byte of Buffer.from('GET /one HTTP/1.1\r\nHost: x\r\n\r\n')) { socket.write(Buffer.of(byte)) }
  expect(await answerOn(socket)).toMatchObject({ status: 200, body: '/one' })
  socket.destroy()
})

test.each([['00'], ['16030100'], ['ff'], ['61']])('the bytes %s are of no protocol and end the connection', async (hex) => {
  const { next, open } = await served()
  const refused = next('refused')
  const socket = await open()
  socket.write(Buffer.from(hex, 'hex'))
  expect(await everything(socket)).toBe('')
  expect(await refused).toMatchObject({ reason: 'unknown-protocol' })
})

test('who says nothing after the handshake is disconnected', async () => {
  const { next, open } = await served({ firstByteMs: 50 })
  const refused = next('refused')
  const socket = await open()
  expect(await everything(socket)).toBe('')
  expect(await refused).toMatchObject({ reason: 'connect-timeout' })
})

test('who sends headers drop by drop is answered 408 and disconnected', async () => {
  const { next, open } = await served({ headersMs: 100 })
  const refused = next('refused')
  const socket = await open()
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-A')
  expect(await everything(socket)).toMatch(/^HTTP\/1\.1 408 /)
  expect(await refused).toMatchObject({ reason: 'malformed-http', message: expect.stringContaining('ERR_HTTP_REQUEST_TIMEOUT') })
})

test('headers beyond 32 KiB are answered 431', async () => {
  const { open } = await served()
  const socket = await open()
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-A: ${'a'.repeat(33 * 1024)}\r\n\r\n`)
  expect(await everything(socket)).toMatch(/^HTTP\/1\.1 431 /)
})

test.each([
  ['a line that is no request', 'GET\r\n\r\n'],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  ['a length and chunks', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a header with a line break in it', 'GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n'],
  ['a request without Host', 'GET / HTTP/1.1\r\n\r\n']
])('%s is answered 400', async (_name, bytes) => {
  const { open } = await served()
  const socket = await open()
  socket.write(bytes)
  expect(await everything(socket)).toMatch(/^HTTP\/1\.1 400 /)
})

test('a peer without TLS is a failed handshake', async () => {
  const { port, next } = await served()
  const refused = next('refused')
  const socket = connectTcp(port, ADDRESS)
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\n\r\n')
  expect(await refused).toMatchObject({ reason: 'tls-handshake' })
  socket.destroy()
})

const webSocket = (port: number, path: string, protocols: string[]): WebSocket => new WebSocket(`wss://${ADDRESS}:${port}${path}`, protocols, { ca: authority.caPem })

test('MQTT comes through a WebSocket with the subprotocol mqtt', async () => {
  const { port } = await served()
  const client = webSocket(port, '/$iothub/websocket?iothub-no-client-cert=true', ['mqtt'])
  await new Promise((resolve) => { client.once('open', resolve) })
  client.send(connectBytes())
  const connack = await new Promise<Buffer>((resolve) => { client.once('message', resolve) })
  expect(connack.toString('hex')).toBe('20020000')
  const closed = new Promise((resolve) => { client.once('close', resolve) })
  client.send(generate({ cmd: 'disconnect' }))
  expect(await closed).toBe(1000)
})

test.each([
  ['another path', '/other', ['mqtt'], 404],
  ['a subprotocol that is not served', '/$iothub/websocket', ['AMQPWSB10'], 400],
  ['no subprotocol', '/$iothub/websocket', [], 400],
  ['a path that is no percent-encoding', '/$iothub/%zz', ['mqtt'], 404]
] as const)('a WebSocket with %s is refused', async (_name, path, protocols, status) => {
  const { port, next } = await served()
  const refused = next('refused')
  const client = webSocket(port, path, [...protocols])
  client.on('error', () => {})
  const answered = await new Promise<number | undefined>((resolve) => { client.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode)) })
  expect(answered).toBe(status)
  expect(await refused).toMatchObject({ reason: 'malformed-http' })
  client.terminate()
})

test('text in a WebSocket ends it', async () => {
  const { port } = await served()
  const client = webSocket(port, '/$iothub/websocket', ['mqtt'])
  await new Promise((resolve) => { client.once('open', resolve) })
  const closed = new Promise((resolve) => { client.once('close', resolve) })
  client.send('hello')
  expect(await closed).toBe(1003)
})

test('a frame beyond 1 MiB ends the WebSocket before it is taken in', async () => {
  const { port } = await served()
  const client = webSocket(port, '/$iothub/websocket', ['mqtt'])
  await new Promise((resolve) => { client.once('open', resolve) })
  client.on('error', () => {})
  const closed = new Promise((resolve) => { client.once('close', resolve) })
  client.send(Buffer.alloc(1024 * 1024 + 1))
  expect([1009, 1006]).toContain(await closed)
})
