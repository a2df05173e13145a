// Requests that mean harm: what they are answered, what the hub says of them, and what neither may hold.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { KEY } from '../bench.js'
import { asked, deviceToken, errorOf, type Asked } from './asked.js'
import { answerOn, everything } from './wire.js'

let asking: Asked
beforeEach(async () => { asking = await asked() })
afterEach(async () => { await asking[Symbol.asyncDispose]() })

test.each([
  ['/devices/..', 400], ['/devices/%2e%2e', 400], ['/devices/../twins/d1', 400], ['/devices/./d1', 400], ['/devices//d1', 400], ['/devices/%00', 400],
  ['/devices/d1%0d%0aX-Evil:%201', 400], ['/devices/%zz', 400], ['/devices/%c0%af', 400], [`/${'a/'.repeat(2500)}`, 400], ['/devices/d1%2Fmodules%2Fm1', 400],
  ['/devices/%252e%252e', 404], ['/devices/__proto__', 404], ['/devices/constructor', 404], ['/nothing', 404], ['/', 404], ['*', 400]
])('the path %s is refused with %d', async (path, status) => {
  const answer = await asking.ask(`GET ${path}`)
  expect(answer.status).toBe(status)
  expect(answer.headers).not.toHaveProperty('x-evil')
  errorOf(answer)
})

test('an id with a slash that was encoded is no module of another device', async () => {
  const { authentication } = asking.hub.devices.create({ deviceId: 'd1', moduleId: 'm1' })
  const token = deviceToken('d1/modules/m1', authentication.primaryKey)
  expect((await asking.ask('POST /devices/d1%2Fm1/messages/events', { as: token })).status).toBe(400)
  expect(errorOf(await asking.ask('GET /twins/d1%2Fm1'))).toBe('400 ArgumentInvalid')
})

test('a path that exists says with which methods', async () => {
  const answer = await asking.ask('PATCH /devices/d1')
  expect([errorOf(answer), answer.headers['allow']]).toEqual(['405 MethodNotAllowed', 'GET, PUT, DELETE'])
})

test('JSON nested without end is refused before it is parsed', async () => {
  expect(errorOf(await asking.ask('PATCH /twins/d1', { body: '['.repeat(500_000) }))).toBe('400 ArgumentInvalid')
  expect(errorOf(await asking.ask('PATCH /twins/d1', { body: `{"tags":${'{"a":'.repeat(100)}1${'}'.repeat(101)}` }))).toBe('400 ArgumentInvalid')
})

test('a body beyond 1 MiB is refused by its announced length alone', async () => {
  const socket = await asking.open()
  socket.write(`PATCH /twins/d1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${asking.tokenOf('service')}\r\nContent-Length: 1048577\r\n\r\n`)
  const text = await everything(socket)
  expect(text).toMatch(/^HTTP\/1\.1 413 /)
  expect(text.toLowerCase()).toContain('\r\nconnection: close\r\n')
})

test('a body in chunks without end is cut off', async () => {
  const socket = await asking.open()
  socket.on('error', () => {})
  socket.write(`PATCH /twins/d1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${asking.tokenOf('service')}\r\nTransfer-Encoding: chunked\r\n\r\n`)
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 0x20), Buffer.from('\r\n')])
  const gone = new Promise((resolve) => { socket.once('close', resolve) })
  let sent = 0
  const more = (): void => {
    while (!socket.destroyed && sent < 64 * 1024 * 1024) {
      sent += chunk.length
      if (!socket.write(chunk)) { return }
    }
  }
  socket.on('drain', more)
  more()
  await gone
  expect(sent).toBeLessThan(64 * 1024 * 1024)
})

test('who may not ask has nobody read the body', async () => {
  const socket = await asking.open()
  socket.write('PATCH /twins/d1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"tags"')
  const answer = await everything(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 401 /)
})

test('a body that comes drop by drop is given up', async () => {
  await using hasty = await asked({}, { timeouts: { headersMs: 100, requestMs: 200 } })
  const socket = await hasty.open()
  socket.write(`PATCH /twins/d1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${hasty.tokenOf('service')}\r\nContent-Length: 100\r\n\r\n{"tags"`)
  expect(await everything(socket)).toMatch(/^HTTP\/1\.1 408 /)
  expect(hasty.hub.twin('d1').document().tags).toEqual({})
})

test('a connection without requests is closed', async () => {
  await using hasty = await asked({}, { timeouts: { idleMs: 100, headersMs: 100 } })
  const socket = await hasty.open()
  socket.write('GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n')
  await answerOn(socket)
  expect(await everything(socket)).toBe('')
})

test('requests that are smuggled behind another are requests of their own', async () => {
  const socket = await asking.open()
  socket.write('POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /devices/d1 HTTP/1.1\r\nHost: x\r\n\r\n')
  const text = await everything(socket)
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(text).toMatch(/^HTTP\/1\.1 400 /)
})

test('__proto__ in a twin is a key like any other', async () => {
  expect((await asking.ask('PATCH /twins/d1', { body: '{"tags":{"__proto__":{"polluted":"yes"}}}' })).status).toBe(200)
  expect(({} as { polluted?: string }).polluted).toBeUndefined()
  expect(asking.hub.twin('d1').document().tags['polluted']).toBeUndefined()
})

test('neither answers nor log hold keys, tokens or bodies', async () => {
  const wrong = deviceToken('d1', Buffer.alloc(32, 0x33).toString('base64'))
  const bodies = [
    await asking.ask('POST /devices/d1/messages/events', { as: wrong, body: 'hush-body' }),
    await asking.ask('PATCH /twins/d1', { body: '{"tags":{"hush-body":' }),
    await asking.ask('PUT /devices/d1', { body: { deviceId: 'd1', authentication: { symmetricKey: { primaryKey: KEY, secondaryKey: 'hush-key' } } } }),
    await asking.ask('GET /devices/d1', { as: 'SharedAccessSignature sr=x&sig=hush-sig&se=1' })
  ].map(({ body }) => body)
  expect(bodies.every((body) => body.startsWith('{"Message":"ErrorCode:'))).toBe(true)
  const said = JSON.stringify([bodies, asking.log, asking.events])
  expect(said).not.toMatch(/hush|ERERERER|sig=/)
  expect(asking.log.length).toBeGreaterThanOrEqual(4)
})

test('what fails inside is 500 with a tracking id that the log has too, and nothing of what it failed on', async () => {
  await using broken = await asked({}, { query: { run: () => { throw new Error('hush: SELECT secret') } } })
  const answer = await broken.ask('POST /devices/query', { body: { query: 'SELECT secret' } })
  expect(errorOf(answer)).toBe('500 ServerError')
  const id = /Tracking ID:([0-9a-f]{32})/.exec(answer.body)![1]!
  expect(broken.log).toContainEqual(expect.objectContaining({ level: 'error', event: 'http', message: expect.stringContaining(id) }))
  expect(JSON.stringify([answer.body, broken.log])).not.toContain('secret')
})

test('line breaks in an id do not break the log', async () => {
  await asking.ask('POST /devices/a%E2%80%A8b/messages/events', { as: deviceToken() })
  await asking.ask('GET /devices/a%E2%80%A8b')
  expect(JSON.stringify(asking.log)).not.toMatch(/\u2028/)
})

test('20,000 random frames in place of HTTP leave the hub as it was', async () => {
  let seed = 7
  const random = (): number => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) >>> 16
  const valid = Buffer.from(`POST /devices/d1/messages/events?api-version=1 HTTP/1.1\r\nHost: x\r\nAuthorization: ${deviceToken()}\r\nContent-Length: 2\r\n\r\nhi`)
  for (let connection = 0; connection < 20; connection++) {
    const socket = await asking.open()
    socket.on('error', () => {})
    const gone = new Promise((resolve) => { socket.once('close', resolve) })
    socket.resume()
    for (let i = 0; i < 1000 && !socket.destroyed; i++) {
      const frame = Buffer.from(valid)
      for (let n = random() % 4; n >= 0; n--) { frame[random() % frame.length] = random() & 0xff }
      socket.write(frame)
    }
    socket.end()
    await gone
  }
  expect((await asking.ask('GET /devices/d1')).status).toBe(200)
  expect(asking.log.filter(({ level }) => level === 'error')).toEqual([])
})
