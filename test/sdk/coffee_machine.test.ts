/** The flagship app over a host with a clock of its own: what it does with its boiler, and what it remembers of two hours. */

import { beforeEach, expect, test } from 'vitest'
import { compile, eventSource, jsonHost, run, type Guest } from './guest.ts'

const wasm = compile('assembly/apps/coffee-machine/index.ts')
const utf8 = new TextEncoder()
const outputs = ['boiler', 'pump', 'led']

let guest: Guest
let nowMs: number
let millivolts: number
let levels: Record<string, number>
let sent: { atMs: number, body: unknown }[]
let replies: [number, unknown][]
let reports: [string, unknown][]
let restartMs: number | undefined
let timers: { id: number, dueMs: number, periodMs: number }[]
let source: ReturnType<typeof eventSource>

beforeEach(async () => {
  nowMs = 0; millivolts = 700; levels = {}; sent = []; replies = []; reports = []; restartMs = undefined; timers = []
  source = eventSource(() => guest.memory)
  let nextTimer = 0
  const names: string[] = []
  const written = jsonHost(() => guest.memory, () => source.payload)
  const value = () => JSON.parse(written.take()!) as unknown
  guest = await run(await wasm, {
    event: source.imports,
    device: { uptime: () => BigInt(nowMs), restart: (delayMs: number) => { restartMs = delayMs; return 0 } },
    adc: { millivolts: () => millivolts },
    gpio: {
      output: () => names.push(outputs[names.length]!) - 1,
      write: (pin: number, level: number) => { levels[outputs[pin]!] = level; return 0 },
      input: () => 9,
    },
    timer: {
      start: (delayMs: number, periodMs: number) => { timers.push({ id: nextTimer, dueMs: nowMs + delayMs, periodMs }); return nextTimer++ },
      cancel: (id: number) => { timers = timers.filter((timer) => timer.id !== id); return 0 },
    },
    json: written.imports,
    hub: {
      send_written: () => { sent.push({ atMs: nowMs, body: value() }); return sent.length },
      reply_written: (_: number, status: number) => { replies.push([status, value()]); return 0 },
    },
    twin: {
      report: (name: number, nameLength: number) => {
        reports.push([new TextDecoder('utf-16le').decode(guest.bytes(name, 2 * nameLength)), value()])
        return 0
      },
    },
  })
})

function event(kind: number, id: number, payload = '', name = ''): void {
  source.payload = utf8.encode(payload)
  source.name = utf8.encode(name)
  guest.call['on_event']!(kind, id)
}

function advance(seconds: number): void {
  const untilMs = nowMs + seconds * 1000
  for (;;) {
    const due = timers.filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs || a.id - b.id)[0]
    if (due === undefined) break
    nowMs = due.dueMs
    due.dueMs += due.periodMs
    if (due.periodMs === 0) timers = timers.filter((timer) => timer !== due)
    event(1, due.id)
  }
  nowMs = untilMs
}

function invoke(name: string, payload = ''): [number, unknown] {
  event(3, 1, payload, name)
  return replies.at(-1)!
}

test('sends telemetry at 10 s and every 10 s from then on', () => {
  advance(35)
  expect(sent).toEqual([10, 20, 30].map((second) => ({ atMs: second * 1000, body: { celsius: 20, heating: true, brewing: false } })))
})

test('heats to the target, then not again before it is a degree too cold', () => {
  const seen = [1400, 1429, 1430, 1421, 1420, 1419, 1429].map((now) => {
    millivolts = now
    advance(1)
    return levels['boiler']
  })
  expect(seen).toEqual([1, 1, 0, 0, 0, 1, 1])
})

test('does not heat with a broken probe, and says that it knows no temperature', () => {
  advance(5)
  expect(levels['boiler']).toBe(1)
  millivolts = 0
  advance(5)
  expect(levels['boiler']).toBe(0)
  expect(sent.at(-1)?.body).toEqual({ celsius: null, heating: false, brewing: false })
  expect(invoke('brew')).toEqual([409, { error: 'cold' }])
})

test('brews for 25 seconds when it is warm, once at a time', () => {
  expect(invoke('brew')).toEqual([409, { error: 'cold' }])
  millivolts = 1400
  expect(invoke('brew')).toEqual([200, { seconds: 25 }])
  expect(invoke('brew')).toEqual([409, { error: 'brewing' }])
  advance(24)
  expect(levels['pump']).toBe(1)
  advance(1)
  expect(levels['pump']).toBe(0)
})

test('follows telemetryInterval from 1 to 3600 seconds and rejects the rest with a reason', () => {
  event(5, 1, '{"telemetryInterval":60,"$version":2}')
  advance(120)
  expect(sent.map(({ atMs }) => atMs)).toEqual([60_000, 120_000])
  for (const [version, value] of [[3, 0], [4, 3601], [5, 1.5]] as const) event(5, 1, JSON.stringify({ telemetryInterval: value, $version: version }))
  advance(60)
  expect(sent).toHaveLength(3)
  expect(reports).toEqual([
    ['telemetryInterval', { value: 60, ac: 200, av: 2, ad: null }],
    ['telemetryInterval', { value: 0, ac: 400, av: 3, ad: 'telemetryInterval must be 1 to 3600 seconds' }],
    ['telemetryInterval', { value: 3601, ac: 400, av: 4, ad: 'telemetryInterval must be 1 to 3600 seconds' }],
    ['telemetryInterval', { value: 1.5, ac: 400, av: 5, ad: 'not a 32-bit integer' }],
  ])
})

test('getMaxMin tells of the last two hours and forgets what is older', () => {
  expect(invoke('getMaxMin')[0]).toBe(503)
  millivolts = 1462
  advance(1)
  millivolts = 688
  advance(1)
  millivolts = 1430
  advance(7195)
  expect(invoke('getMaxMin')).toEqual([200, { max: 96.2, min: 18.8 }])
  advance(40)
  expect(invoke('getMaxMin')).toEqual([200, { max: 93, min: 93 }])
  millivolts = 0
  advance(8 * 3600)
  expect(invoke('getMaxMin')[0]).toBe(503)
})

test.each([
  ['{"delay":5}', 200, { delay: 5 }, 5000], ['null', 200, { delay: 0 }, 1000], ['', 200, { delay: 0 }, 1000],
  ['{"delay":-1}', 400, { error: 'delay must be an integer, 0 to 3600 seconds' }, undefined],
  ['{"delay":"5"}', 400, { error: 'delay must be an integer, 0 to 3600 seconds' }, undefined],
  ['{"delay":5', 400, { error: 'delay must be an integer, 0 to 3600 seconds' }, undefined],
])('reboot with %j answers %i', (payload, status, body, expected) => {
  expect(invoke('reboot', payload)).toEqual([status, body])
  expect(restartMs).toBe(expected)
})

test('a day of its work makes no garbage', () => {
  advance(10)
  const before = guest.heapBytes()
  advance(86_400)
  expect(guest.heapBytes()).toBe(before)
})
