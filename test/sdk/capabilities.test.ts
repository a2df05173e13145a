/** The SDK's capabilities over a host that writes down every call: what an app's words become, and what becomes of bad input. */

import { beforeEach, describe, expect, test } from 'vitest'
import { compile, eventSource, jsonHost, run, type Guest } from './guest.ts'

const Kind = { timer: 1, pin: 2, method: 3, message: 4, desired: 5, connection: 6, stored: 7 } as const

const wasm = compile('test/sdk/fixtures/capabilities.ts', '--lowMemoryLimit', '32768')
const utf8 = new TextEncoder()

let guest: Guest
let calls: unknown[][]
let source: ReturnType<typeof eventSource>
let stored: Map<string, Uint8Array>
let i2cAnswer: Uint8Array | number

const text = (at: number, length: number) => new TextDecoder().decode(guest.bytes(at, length))
const units = (at: number, length: number) => new TextDecoder('utf-16le').decode(guest.bytes(at, 2 * length))

beforeEach(async () => {
  calls = []
  stored = new Map()
  source = eventSource(() => guest.memory)
  const json = jsonHost(() => guest.memory, () => source.payload)
  const tooLong = 'too long'
  let timers = 0
  const unread = { call: {}, memory: new WebAssembly.Memory({ initial: 1 }) } as Guest
  guest = unread
  guest = await run(await wasm, {
    event: source.imports,
    json: json.imports,
    timer: {
      start: (delayMs: number, periodMs: number) => { calls.push(['timer.start', delayMs, periodMs]); return timers++ },
      cancel: (timer: number) => { calls.push(['timer.cancel', timer]); return 0 },
    },
    gpio: { input: () => 5, watch: (pin: number, edges: number) => { calls.push(['gpio.watch', pin, edges]); return 0 } },
    i2c: {
      open: () => 0,
      transfer: (bus: number, address: number, send: number, sendLength: number, receive: number, receiveLength: number) => {
        calls.push(['i2c', bus, address, [...guest.bytes(send, sendLength)], receiveLength])
        if (typeof i2cAnswer === 'number') return i2cAnswer
        new Uint8Array(guest.memory.buffer, receive, receiveLength).set(i2cAnswer.subarray(0, receiveLength))
        return receiveLength
      },
    },
    log: { write: (level: number, at: number, length: number) => { calls.push(['log', level, units(at, length)]) } },
    hub: {
      reply: (request: number, status: number, at: number, length: number) => { calls.push(['reply', request, status, text(at, length)]); return 0 },
      send: (at: number, length: number, bagAt: number, bagLength: number) => { calls.push(['send', text(at, length), text(bagAt, bagLength)]); return 7 },
      send_written: (bagAt: number, bagLength: number) => { calls.push(['send', json.take() ?? tooLong, text(bagAt, bagLength)]); return 7 },
      reply_written: (request: number, status: number) => { calls.push(['reply', request, status, json.take() ?? tooLong]); return 0 },
    },
    twin: { report: (name: number, nameLength: number) => { calls.push(['report', units(name, nameLength), json.take() ?? tooLong]); return json.take() === undefined ? -3 : 0 } },
    store: {
      get: (key: number, length: number, into: number, capacity: number) => {
        const value = stored.get(units(key, length))
        if (value === undefined) return -2
        new Uint8Array(guest.memory.buffer, into, capacity).set(value.subarray(0, capacity))
        return value.length
      },
      set: (key: number, length: number, at: number, size: number) => { stored.set(units(key, length), guest.bytes(at, size)); return 0 },
    },
  })
})

/** What the guest did during one event. */
function event(kind: number, id: number, payload: string | Uint8Array = '', name = ''): unknown[][] {
  source.payload = typeof payload === 'string' ? utf8.encode(payload) : payload
  source.name = utf8.encode(name)
  calls = []
  guest.call['on_event']!(kind, id)
  return calls
}

function during(name: string): unknown[][] {
  calls = []
  guest.call[name]!()
  return calls
}

describe('a direct method', () => {
  test.each([
    ['is answered by its handler', 'echo', '{"n":-5}', [201, '{"n":-5}']],
    ['is rejected by its handler when a member is missing', 'echo', 'null', [400, '{"error":"no n"}']],
    ['is told what was wrong with its payload', 'echo', '{"n":1.5}', [400, '{"error":"expected an integer"}']],
    ['with a malformed payload has no members', 'echo', '{"n":1', [400, '{"error":"no n"}']],
    ['without a handler gets 501', 'other', '', [501, '{"error":"the device has no such method"}']],
    ['whose name begins as another gets 501', 'ech', '', [501, '{"error":"the device has no such method"}']],
    ['may have a name outside ASCII', 'größe', '', [200, '"ok"']],
    ['whose reply gets too long is left to the host to refuse', 'long', '', [200, 'too long']],
  ])('%s', (_, name, payload, [status, body]) => {
    expect(event(Kind.method, 3, payload, name)).toEqual([['reply', 3, status, body]])
  })

  test('may be answered in a later event', () => {
    expect(event(Kind.method, 0, '', 'later')).toEqual([])
    expect(event(Kind.connection, 1)).toEqual([['reply', 0, 202, 'null']])
  })

  test('with a name longer than any is answered with 501', () => {
    expect(event(Kind.method, 1, '', 'x'.repeat(5000))).toEqual([['reply', 1, 501, '{"error":"the device has no such method"}']])
  })
})

describe('desired properties', () => {
  test('reach their handlers, and are acknowledged with value, code, version and words', () => {
    const desired = '{"interval":60,"long":4503599627370496,"fixed":93.25,"number":0.1,"flag":true,"text":"é\\n","json":["a","b"],"other":{"interval":5},"$version":4}'
    expect(event(Kind.desired, 1, desired).map(([, name, value]) => [name, JSON.parse(value as string)])).toEqual([
      ['interval', { value: 60, ac: 200, av: 4, ad: null }],
      ['long', { value: 4503599627370496, ac: 200, av: 4, ad: '4503599627370496' }],
      ['fixed', { value: 93.25, ac: 200, av: 4, ad: '9325' }],
      ['number', { value: 0.1, ac: 200, av: 4, ad: '0.1' }],
      ['flag', { value: true, ac: 200, av: 4, ad: 'yes' }],
      ['text', { value: 'é\n', ac: 200, av: 4, ad: 'é\n' }],
      ['json', { value: ['a', 'b'], ac: 200, av: 4, ad: '3' }],
    ])
  })

  test.each([
    ['out of the handler\'s range', '{"interval":0,"$version":2}', { value: 0, ac: 400, av: 2, ad: 'interval must be 1 to 3600' }],
    ['not an i32', '{"interval":3000000000,"$version":2}', { value: 3000000000, ac: 400, av: 2, ad: 'not a 32-bit integer' }],
    ['of another type', '{"interval":{"a":[1]},"$version":2}', { value: { a: [1] }, ac: 400, av: 2, ad: 'not a 32-bit integer' }],
    ['too long to repeat', `{"text":"${'x'.repeat(2000)}","flag":1,"$version":2}`, undefined],
  ])('are rejected with the reason when they are %s', (_, desired, expected) => {
    const reports = event(Kind.desired, 1, desired)
    if (expected !== undefined) expect(reports.map(([, , value]) => JSON.parse(value as string) as unknown)).toEqual([expected])
    else expect(reports.at(-1)).toEqual(['report', 'flag', '{"value":1,"ac":400,"av":2,"ad":"not true or false"}'])
  })

  test('that were removed take their acknowledgement with them', () => {
    expect(event(Kind.desired, 1, '{"interval":null,"$version":3}')).toEqual([['report', 'interval', 'null']])
  })

  test('are not handled again when the whole twin is read again unchanged', () => {
    expect(event(Kind.desired, 0, '{"interval":5,"$version":9}')).toHaveLength(1)
    expect(event(Kind.desired, 0, '{"interval":5,"$version":9}')).toHaveLength(0)
    expect(event(Kind.desired, 0, '{"interval":6,"$version":10}')).toHaveLength(1)
  })

  test.each(['{"interval":5,"$version":9', '[]', '{"interval":5,"$version":"x"}', '{"interval":05,"$version":9}'])('are ignored with a warning when the payload is %s', (payload) => {
    expect(event(Kind.desired, 1, payload)).toEqual([['log', 2, 'Desired properties ignored: the hub sent malformed JSON.']])
  })
})

test('reported properties are the JSON that was asked for', () => {
  expect(during('report')).toEqual([
    ['report', 'firmware', '{"build":"7f3a","slots":[1,2]}'],
    ['report', 'interval', '10'],
    ['report', 'fixed', '-1.25'],
    ['report', 'flag', 'true'],
    ['report', 'text', '"a\\"b"'],
    ['report', 'gone', 'null'],
  ])
})

test('telemetry carries its properties and says that it is JSON', () => {
  expect(during('sendTelemetry')).toEqual([['send', '{"celsius":93.5}', 'alert=true&$.ct=application%2Fjson&$.ce=utf-8']])
})

test('bytes are sent as they are', () => {
  expect(during('sendBytes')).toEqual([['send', '\u0001\u0000\ufffd', 'a%20b=%C3%BC&$.ct=application%2Foctet-stream']])
})

test.each([
  ['kind=alarm', 'alarm: hé'], ['%24.to=%2Fdevices%2Fd&kind=a%20%26%20b', 'a & b: hé'], ['kind', 'none: hé'], ['', 'none: hé'],
  ['akind=1&kindb=2', 'none: hé'], ['kind=%zz%4', '%zz%4: hé'], ['&&kind=x&', 'x: hé'], ['k%69nd=%F0%9F%98%80', '😀: hé'],
])('a message with the property bag %j is read', (bag, line) => {
  expect(event(Kind.message, 1, 'hé', bag)).toEqual([['log', 1, line]])
})

test('a message that is not UTF-8 is shown with replacement characters', () => {
  expect(event(Kind.message, 1, Uint8Array.of(0x61, 0xff, 0xc3, 0x62))).toEqual([['log', 1, 'none: a\ufffd\ufffdb']])
})

test('timers fire their handlers, those that repeat each time, the others once', () => {
  expect([event(Kind.timer, 0), event(Kind.timer, 0), event(Kind.timer, 1), event(Kind.timer, 1), event(Kind.timer, 9)])
    .toEqual([[['log', 1, 'tick']], [['log', 1, 'tick']], [['log', 1, 'once']], [], []])
})

test('a cancelled timer is over', () => {
  expect(guest.call['stopTicks']!()).toBe(1)
  expect(calls).toContainEqual(['timer.cancel', 0])
  expect(guest.call['stopTicks']!()).toBe(0)
  expect(event(Kind.timer, 0)).toEqual([])
})

test('pin changes reach the handler of their pin alone', () => {
  expect(calls).toContainEqual(['gpio.watch', 5, 3])
  expect([event(Kind.pin, 11), event(Kind.pin, 10), event(Kind.pin, 13)]).toEqual([[['log', 1, 'level 1']], [['log', 1, 'level 0']], []])
})

test('I2C registers are read and written as sensors have them', () => {
  i2cAnswer = Uint8Array.of(0x12, 0x34)
  expect([guest.call['register8']!(), guest.call['register16']!(), guest.call['register16LowFirst']!()]).toEqual([0x12, 0x1234, 0x3412])
  expect(during('write16')).toEqual([['i2c', 0, 0x48, [3, 0xab, 0xcd], 0]])
  i2cAnswer = -5
  expect([guest.call['register8']!(), guest.call['register16']!(), guest.call['write16']!()]).toEqual([-5, -5, -5])
})

test('stored integers come back', () => {
  expect([guest.call['remember']!(), guest.call['remember']!()]).toEqual([42n, 43n])
  expect(stored.get('starts')).toEqual(Uint8Array.of(43, 0, 0, 0, 0, 0, 0, 0))
})

test('events of no known kind are ignored', () => {
  expect([event(0, 0), event(8, 0), event(-1, 0), event(0x7fffffff, 0)]).toEqual([[], [], [], []])
})
