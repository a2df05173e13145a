import { expect, test } from 'vitest'
import { VirtualClock } from '../../src/sim/clock.js'
import { parseSpan } from '../../src/sim/duration.js'

test('timers fire in the order of their time, then of their start, and not when cancelled', () => {
  const clock = new VirtualClock(0)
  const fired: string[] = []
  clock.setTimer(() => fired.push('b'), 20)
  clock.setTimer(() => fired.push('c'), 20)
  clock.setTimer(() => fired.push('a'), 10)
  clock.setTimer(() => fired.push('never'), 5)()
  expect(clock.nextMs).toBe(10)
  clock.nowMs = 20
  clock.fireDue()
  expect(fired).toEqual(['a', 'b', 'c'])
  expect(clock.nextMs).toBe(Infinity)
})

test('a thousand timers come out sorted', () => {
  const clock = new VirtualClock(0)
  const fired: number[] = []
  for (let i = 0; i < 1000; i++) {
    const due = (i * 7919) % 1009
    clock.setTimer(() => fired.push(due), due)
  }
  clock.nowMs = 2000
  clock.fireDue()
  expect(fired).toHaveLength(1000)
  expect(fired).toEqual(fired.toSorted((a, b) => a - b))
})

test('spans are written as people write them', () => {
  expect(['250ms', '20s', '5m', '72h', '7d', '1h30m', '1.5s', 40].map(parseSpan)).toEqual([250, 20_000, 300_000, 259_200_000, 604_800_000, 5_400_000, 1500, 40])
})

test.each(['', '5', 'm', '5 m', '-5s', '1.0005s', '5y'])('%j is refused as a span with examples of good ones', (text) => {
  expect(() => parseSpan(text)).toThrow(/is not a span of time \(250ms, 20s/)
})
