/** Telemetry by HTTPS in place of MQTT, in virtual time: as it should be, and against every way a hub or a network can fail it. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { simulate, type Device } from '../../src/sim/index.js'

const postcards = 'test/sim/assembly/postcards'
const parting = 'test/sim/assembly/parting'

type Answer = 'as it is' | 'cut' | 'cut after' | string | { readonly status: number, readonly headers?: Record<string, string> }

/** Answers in turn, then as the hub does. What was asked, and when, is the result. */
function answering(device: Device, ...answers: readonly Answer[]): { requests: IncomingMessage[], timesS: number[] } {
  const seen: { requests: IncomingMessage[], timesS: number[] } = { requests: [], timesS: [] }
  device.world.http.intercept = (request, response) => {
    const answer = answers[seen.requests.length] ?? 'as it is'
    seen.requests.push(request)
    seen.timesS.push(Math.floor(device.world.nowMs / 1000))
    return served(answer, request, response)
  }
  return seen
}

function served(answer: Answer, request: IncomingMessage, response: ServerResponse): boolean {
  if (answer === 'as it is') return false
  if (answer === 'cut') request.socket.destroy()
  else if (answer === 'cut after') {
    response.end = () => {
      request.socket.destroy()
      return response
    }
    return false
  } else if (typeof answer === 'string') request.socket.write(answer, () => { request.socket.destroy() })
  else response.writeHead(answer.status, { 'content-length': 0, ...answer.headers }).end()
  return true
}

const whole = { lost: 0, dropped: 0, duplicates: 0, reordered: 0, refused: 0 }
const numbers = (device: Device): number[] => device.telemetry().map(({ body }) => (body as { n: number }).n)
const warnings = (device: Device): string => device.log().map(({ text }) => text).join('\n')

test.each(['host', 'coffee-rev-a'])('messages arrive by HTTPS, in order, and MQTT is never connected (%s)', async (board) => {
  await using device = await simulate(postcards, { board })
  const { requests } = answering(device)
  await device.advance('1h')
  expect(device.telemetry().account).toMatchObject({ ...whole, queued: 360, arrived: 360, pending: 0 })
  expect(requests.length).toBe(360)
  expect(requests[0]!.url).toBe('/devices/postcards/messages/events?api-version=2021-04-12')
  expect(device.summary().connections).toBe(0)
  expect(device.connected).toBe(false)
})

test('a message has its id, what its body is, its expiry and its properties, encoded where no header holds them', async () => {
  await using device = await simulate(postcards, { board: 'host' })
  await device.advance('11s')
  const [{ system, properties }] = device.messages as [Device['messages'][number]]
  expect(system).toEqual({
    messageId: expect.stringMatching(/^\d+-1$/), contentType: 'application/json', contentEncoding: 'utf-8', expiry: '2026-01-02T00:00:10Z',
  })
  expect({ ...properties }).toEqual({ 'place': 'caf%C3%A9%201', 'a%3Ab': 'x%0D%0Ay%3A%20z', 'unit': 'mm & %' })
})

test('what is gathered goes once each interval, over one connection that is closed behind it', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  const { requests } = answering(device)
  expect((await device.invoke('https', { s: 600, messages: 149 })).payload).toEqual({ result: 0 })
  await device.advance('24m')
  expect(device.connected).toBe(false)
  const sockets = new Set(requests.map(({ socket }) => socket))
  expect(sockets.size).toBe(3)
  expect([...sockets].every(({ destroyed, readableEnded }) => destroyed || readableEnded)).toBe(true)
  expect(device.telemetry().account).toMatchObject(whole)
  expect(requests.length).toBeGreaterThan(110)
})

test('an app that goes back to MQTT is connected again', async () => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  await device.invoke('https', { messages: 3 })
  await device.advance('20s')
  expect(device.connected).toBe(false)
  await device.advance('20s')
  expect(device.connected).toBe(true)
  expect(device.telemetry().account).toMatchObject({ ...whole, arrived: 3 })
  expect((await device.invoke('batch', { count: 1 })).status).toBe(200)
})

test.each([-1, 59, 2_592_001])('an interval of %i seconds is refused', async (s) => {
  await using device = await simulate(parting, { board: 'host' })
  await device.advance('5s')
  expect((await device.invoke('https', { s })).payload).toEqual({ result: -1 })
})

test('a board without HTTP says so and stays connected', async () => {
  await using device = await simulate(parting, { board: 'esp32-c3-devkitm' })
  await device.advance('5s')
  expect((await device.invoke('https')).payload).toEqual({ result: -6 })
  await device.advance('1m')
  expect(device.connected).toBe(true)
})

test.each([
  [401, 'auth: the hub does not accept the token or certificate (401)'],
  [403, 'auth: the hub does not authorize this device (403)'],
  [404, 'auth: the hub does not know this device (404)'],
  [408, 'throttled: the hub is throttling'],
  [429, 'throttled: the hub is throttling'],
  [500, 'throttled: the hub is unavailable'],
  [503, 'throttled: the hub is unavailable'],
  [400, 'throttled: the hub calls a telemetry message malformed (400)'],
  [200, 'protocol: the hub answers telemetry with neither yes nor no'],
  [301, 'protocol: the hub answers telemetry with neither yes nor no'],
])('a message answered with %i is sent again, and why is said', async (status, why) => {
  await using device = await simulate(postcards, { board: 'host' })
  answering(device, { status })
  await device.advance('5m')
  expect(warnings(device)).toContain(why)
  expect(device.telemetry().account).toMatchObject({ ...whole, queued: 30, arrived: 30 })
})

test.each([429, 503])('a wait of two minutes that comes with %i is kept', async (status) => {
  await using device = await simulate(postcards, { board: 'host' })
  const { timesS } = answering(device, { status, headers: { 'retry-after': '120' } })
  await device.advance('5m')
  expect(timesS.slice(0, 2)).toEqual([10, 130])
  expect(device.telemetry().account).toMatchObject({ ...whole, arrived: 30 })
})

test('a message too large for the hub is dropped, and that is told; those behind it arrive', async () => {
  await using device = await simulate(postcards, { board: 'host' })
  answering(device, { status: 413 })
  await device.advance('5m')
  expect(warnings(device)).toContain('larger than the hub takes: dropped')
  expect(device.telemetry().account).toMatchObject({ ...whole, dropped: 1, arrived: 29 })
})

test('a message that is called malformed eight times is dropped; those behind it arrive', async () => {
  await using device = await simulate(postcards, { board: 'host' })
  answering(device, ...Array.from({ length: 8 }, () => ({ status: 400 })))
  await device.advance('20m')
  expect(device.telemetry().account).toMatchObject({ ...whole, dropped: 1, arrived: 119 })
  expect(numbers(device)[0]).toBe(2)
})

test.each<[string, Answer, string]>([
  ['before the answer', 'cut', 'network: the connection was closed before the answer'],
  ['in the status line', 'HTTP/1.1 20', 'network: the connection was closed before the answer'],
  ['in the head', 'HTTP/1.1 204 No Content\r\nx: ', 'network: the connection was closed before the answer'],
  ['in the body', 'HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\nab', 'network: the connection was closed before the answer'],
  ['by garbage', '\x16\x03\x01 no HTTP\r\n\r\n', 'protocol: no status line of HTTP/1'],
])('a connection that ends %s costs nothing but time', async (_phase, answer, why) => {
  await using device = await simulate(postcards, { board: 'host' })
  answering(device, answer)
  await device.advance('5m')
  expect(warnings(device)).toContain(why)
  expect(device.telemetry().account).toMatchObject({ ...whole, arrived: 30 })
})

test('a hub that has the message and whose answer is cut gets it twice, with the same id', async () => {
  await using device = await simulate(postcards, { board: 'host' })
  answering(device, 'cut after', 'as it is', 'cut after')
  await device.advance('5m')
  const { account } = device.telemetry()
  expect(account).toMatchObject({ ...whole, arrived: 30, duplicates: 2 })
  expect(device.summary().cuts).toBe(2)
})

test('without the time nothing is sent and why is said; with it all that waited goes', async () => {
  await using device = await simulate(postcards, { board: 'coffee-rev-a' })
  device.machine.setClock(undefined)
  const { requests } = answering(device)
  await device.advance('10m')
  expect(requests).toEqual([])
  expect(warnings(device)).toContain('clock: the clock is not set')
  device.machine.setClock(0)
  await device.advance('10m')
  expect(device.telemetry().account).toMatchObject({ ...whole, arrived: 120 })
})

test('messages of eight hours without a network wait on flash and arrive in order', async () => {
  await using device = await simulate(postcards, { board: 'coffee-rev-a' })
  await device.advance('1m')
  device.network.down()
  await device.advance('8h')
  device.network.up()
  await device.advance('10m')
  expect(device.telemetry().account).toMatchObject({ ...whole, arrived: 2946, pending: 0 })
})

test('power cuts lose nothing that was stored', async () => {
  await using device = await simulate(postcards, { board: 'coffee-rev-a' })
  await device.advance('1m')
  device.network.down()
  await device.advance('1h')
  await device.reset()
  await device.advance('10m')
  device.network.up()
  await device.advance('1s')
  await device.reset()
  await device.advance('10m')
  expect(device.telemetry().account).toMatchObject({ lost: 0, reordered: 0, pending: 0 })
})

test('no token is in the log', async () => {
  await using device = await simulate(postcards, { board: 'host' })
  const { requests } = answering(device, { status: 401 }, 'cut')
  await device.advance('5m')
  expect(requests[0]!.headers.authorization).toMatch(/^SharedAccessSignature sr=/)
  expect(warnings(device)).not.toMatch(/SharedAccessSignature|sig=/)
})
