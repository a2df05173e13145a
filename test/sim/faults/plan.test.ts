// How faults are written, and what a seed makes of them.

import { expect, test } from 'vitest'
import { faultKinds, faultNames, formatFault, parseFault, randomFaults, simulate } from '../../../src/sim/index.js'

const hourMs = 3_600_000

test.each([
  ['net.down@1h+72h', { kind: 'net.down', atMs: hourMs, forMs: 72 * hourMs }],
  ['net.down@3605s+72h', { kind: 'net.down', atMs: 3_605_000, forMs: 72 * hourMs }],
  ['power.cut@1h30m', { kind: 'power.cut', atMs: 5_400_000, forMs: 0 }],
  ['power.cut@0s+250ms', { kind: 'power.cut', atMs: 0, forMs: 250 }],
  ['clock.jump=-2h@1m+5m', { kind: 'clock.jump', atMs: 60_000, forMs: 300_000, value: '-2h' }],
  ['adc.stuck=1450@1m+5m', { kind: 'adc.stuck', atMs: 60_000, forMs: 300_000, value: '1450' }],
])('%s is understood, and written so that it is understood again', (text, fault) => {
  expect(parseFault(text)).toEqual(fault)
  expect(parseFault(formatFault(parseFault(text)))).toEqual(fault)
})

test.each([
  ['net.dwn@1h+1h', `there is no fault 'net.dwn' (faults: ${faultNames.join(', ')}). Did you mean 'net.down'?`],
  ['', `there is no fault ''`],
  ['net.down', `'net.down' does not say when: net.down@1h+10m`],
  ['net.down@1h', `'net.down@1h' does not say for how long: net.down@1h+10m`],
  ['net.down@1h+', `'' is not a span of time`],
  ['net.down@+1h', `'' is not a span of time`],
  ['net.down@soon+1h', `'soon' is not a span of time`],
  ['net.down@1h+forever', `'forever' is not a span of time`],
  ['crash@1h+1h', 'crash is a moment and lasts no time: crash@1h'],
  ['net.down=3@1h+1h', 'net.down takes no value: net.down@1h+10m'],
  ['net.lossy=100@1h+1h', `the value of net.lossy is of the segments, 1 to 99: '100' is not a whole number from 1 to 99`],
  ['net.slow=@1h+1h', 'the value of net.slow is a span: it is empty'],
])(`'%s' is refused with what is wrong`, (text, problem) => {
  expect(() => parseFault(text)).toThrow(problem)
})

test('a duration for a moment and a value out of range are refused by inject as well', async () => {
  await using device = await simulate('blink', { board: 'blink-nano' })
  expect(() => device.faults.inject('crash', { for: '1h' })).toThrow('crash is a moment and lasts no time')
  expect(() => device.faults.inject('net.lossy', { value: 0 })).toThrow(RangeError)
  expect(device.faults.counts).toEqual({})
})

test('there are at least 15 kinds, each with its own words', () => {
  expect(faultNames.length).toBeGreaterThanOrEqual(15)
  expect(new Set(Object.values(faultKinds).map(({ doc }) => doc)).size).toBe(faultNames.length)
})

test.each([1, 2, 3, 4, 5])('random faults of seed %i have every kind, one in six hours, outages of up to a day, and time to recover at the end', (seed) => {
  const faults = randomFaults(seed, 500 * hourMs)
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(faultNames))
  expect(faults.length).toBeGreaterThanOrEqual(500 / 6)
  expect(Math.max(...faults.map(({ forMs }) => forMs))).toBeLessThanOrEqual(24 * hourMs)
  expect(Math.max(...faults.map(({ forMs }) => forMs))).toBeGreaterThan(6 * hourMs)
  expect(Math.max(...faults.map(({ atMs, forMs }) => atMs + forMs))).toBeLessThanOrEqual(475 * hourMs)
  for (const fault of faults) expect(parseFault(formatFault(fault))).toEqual(fault)
})

test('random faults repeat with their seed, differ with another, and have every kind in a short run too', () => {
  expect(randomFaults(7, hourMs)).toEqual(randomFaults(7, hourMs))
  expect(randomFaults(7, hourMs)).not.toEqual(randomFaults(8, hourMs))
  expect(new Set(randomFaults(7, 60_000).map(({ kind }) => kind))).toEqual(new Set(faultNames))
})

test('a fault before it began can be taken back', async () => {
  await using device = await simulate('blink', { board: 'blink-nano' })
  device.faults.inject('net.down', { after: '10s' }).end()
  await device.advance('1m')
  expect(device.connected).toBe(true)
  expect(device.faults.counts).toEqual({})
})
