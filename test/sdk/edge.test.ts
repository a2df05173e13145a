/** The SDK's edge helpers against plain computations of unbounded integers. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { compile, run, type Guest } from './guest.ts'

const least = -(2 ** 31)
const most = 2 ** 31 - 1
const dayMs = 86_400_000

let guest: Guest
beforeAll(async () => { guest = await run(await compile('test/sdk/fixtures/edge.ts')) })

/** Calls an export; booleans come as 0 and 1. */
const call = (name: string, ...args: readonly (number | bigint)[]): number => Number(guest.call[name]!(...args))

/** mulberry32: the same numbers on every run. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Values of every size, and the ends of an i32 among them. */
function values(seed: number, count: number): number[] {
  const next = random(seed)
  return Array.from({ length: count }, () => {
    const ends = [least, most, 0, -1, 1, least + 1, most - 1]
    if (next() < 0.1) return ends[Math.floor(next() * ends.length)]!
    return Math.trunc((next() * 2 - 1) * 2 ** Math.floor(next() * 32)) | 0
  })
}

const absolute = (value: bigint): bigint => value < 0n ? -value : value
/** Rounded to the nearest, halves away from zero. */
function rounded(dividend: bigint, divisor: bigint): bigint {
  const [a, b] = [absolute(dividend), absolute(divisor)]
  const size = (2n * a + b) / (2n * b)
  return (dividend < 0n) !== (divisor < 0n) ? -size : size
}
const saturated = (value: bigint): number => Number(value < BigInt(least) ? BigInt(least) : value > BigInt(most) ? BigInt(most) : value)

describe('a deadband', () => {
  test('lets pass what the definition does, for values of every size', () => {
    for (const width of [0, 1, 5, 1000, most, -3]) {
      call('newDeadband', width)
      let passed: number | undefined
      for (const value of values(width + 11, 2000)) {
        const passes = passed === undefined || Math.abs(value - passed) >= width
        expect(call('deadbandPasses', value)).toBe(Number(passes))
        if (passes) passed = value
      }
    }
  })

  test('tells the two ends of an i32 apart from each other', () => {
    call('newDeadband', most)
    expect([least, most, least, 0].map((value) => call('deadbandPasses', value))).toEqual([1, 1, 1, 1])
    expect([1, most, -1].map((value) => call('deadbandPasses', value))).toEqual([0, 1, 1])
  })

  test('lets the next value pass after a reset', () => {
    call('newDeadband', 10)
    expect([5, 6].map((value) => call('deadbandPasses', value))).toEqual([1, 0])
    call('deadbandReset')
    expect(call('deadbandPasses', 6)).toBe(1)
  })
})

describe('a rate limit', () => {
  test('lets one pass for each period, also after years', () => {
    const years = BigInt(dayMs) * 365n * 30n
    call('newRate', 1000)
    expect([0n, 1n, 999n, 1000n, 1500n, 2000n, years, years + 999n, years + 1000n].map((now) => call('ratePasses', now))).toEqual([1, 0, 0, 1, 0, 1, 1, 0, 1])
  })

  test('lets nothing pass at a time that went back', () => {
    call('newRate', 1000)
    expect([5000n, 0n, 5999n, 6000n].map((now) => call('ratePasses', now))).toEqual([1, 0, 0, 1])
  })

  test('without a period lets all pass', () => {
    call('newRate', 0)
    expect([7n, 7n, 7n].map((now) => call('ratePasses', now))).toEqual([1, 1, 1])
  })
})

/** The aggregates of what is looked at, against those of `expected`. */
function expectAggregates(expected: readonly number[]): void {
  const sorted = expected.toSorted((a, b) => a - b)
  const sum = expected.reduce((total, value) => total + BigInt(value), 0n)
  expect(call('count')).toBe(expected.length)
  if (expected.length === 0) {
    expect(['least', 'most', 'mean'].map((name) => call(name, 42))).toEqual([42, 42, 42])
    expect([call('percentile', 50, 42), call('sum'), call('at', 0)]).toEqual([42, 0, -7])
    return
  }
  expect([call('least', 0), call('most', 0)]).toEqual([sorted[0], sorted.at(-1)])
  expect(call('sum')).toBe(Number(sum))
  expect(call('mean', 0)).toBe(Number(rounded(sum, BigInt(expected.length))))
  for (const percent of [0, 1, 25, 50, 90, 99, 100]) {
    expect(call('percentile', percent, 0)).toBe(sorted[Math.max(1, Math.ceil(percent * expected.length / 100)) - 1])
  }
}

describe('a window of the last values', () => {
  test('has the aggregates of its values at each step, for values of every size', () => {
    for (const capacity of [1, 2, 7, 60]) {
      call('newWindow', capacity)
      const all: number[] = []
      expectAggregates([])
      for (const value of values(capacity, 150)) {
        all.push(value)
        call('add', value)
        expectAggregates(all.slice(-capacity))
      }
      expect(call('at', 0)).toBe(all.at(-capacity))
      expect(call('at', capacity - 1)).toBe(all.at(-1))
      expect([call('at', capacity), call('at', -1)]).toEqual([-7, -7])
    }
  })

  test('of nothing but the ends of an i32 overflows nowhere', () => {
    call('newWindow', 500)
    for (let index = 0; index < 500; index++) call('add', least)
    expectAggregates(Array.from({ length: 500 }, () => least))
    for (let index = 0; index < 500; index++) call('add', most)
    expectAggregates(Array.from({ length: 500 }, () => most))
  })

  test.each([[[1, 2], 2], [[-1, -2], -2], [[1, 1, 2], 1], [[-1, 0], -1], [[0, 1], 1], [[least, most], -1]])('rounds the mean of %j to %i', (given, expected) => {
    call('newWindow', 5)
    for (const value of given) call('add', value)
    expect(call('mean', 0)).toBe(expected)
  })

  test('takes a percentage beyond its range for the nearest', () => {
    call('newWindow', 3)
    for (const value of [5, 1, 3]) call('add', value)
    expect([call('percentile', -5, 0), call('percentile', 250, 0), call('percentile', most, 0)]).toEqual([1, 5, 5])
  })

  test('can be emptied, and drops nothing when it is empty', () => {
    call('newWindow', 3)
    for (const value of [5, 1, 3, 4]) call('add', value)
    call('dropOldest')
    expectAggregates([3, 4])
    call('clear')
    call('dropOldest')
    expectAggregates([])
    call('add', 9)
    expectAggregates([9])
  })

  test('of a capacity below one has one value', () => {
    call('newWindow', 0)
    call('add', 1)
    call('add', 2)
    expectAggregates([2])
  })
})

describe('a window of time', () => {
  test('has what came within its span, for days, however irregular', () => {
    const next = random(5)
    for (const [spanMs, capacity] of [[60_000, 20], [dayMs, 30], [1, 5]] as const) {
      call('newTimed', BigInt(spanMs), capacity)
      let now = Math.floor(next() * dayMs)
      let all: { value: number, at: number }[] = []
      for (const value of values(spanMs, 400)) {
        now += Math.floor(next() * next() * spanMs * 0.3)
        call('addTimed', value, BigInt(now))
        all = [...all.filter(({ at }) => now - at < spanMs), { value, at: now }].slice(-capacity)
        if (next() < 0.3) {
          now += Math.floor(next() * spanMs)
          all = all.filter(({ at }) => now - at < spanMs)
          call('lookAt', BigInt(now))
          expectAggregates(all.map((entry) => entry.value))
        }
      }
    }
  })

  test('is empty when time has gone on for a month', () => {
    call('newTimed', 1000n, 5)
    call('addTimed', 7, 0n)
    call('lookAt', 999n)
    expectAggregates([7])
    call('lookAt', BigInt(30 * dayMs))
    expectAggregates([])
  })

  test('takes a time that went back for the newest', () => {
    call('newTimed', 1000n, 5)
    call('addTimed', 1, 5000n)
    call('addTimed', 2, 10n)
    call('lookAt', 5999n)
    expectAggregates([1, 2])
    call('lookAt', 0n)
    expectAggregates([1, 2])
    call('lookAt', 6000n)
    expectAggregates([])
  })

  test('full loses its oldest value', () => {
    call('newTimed', 1_000_000n, 3)
    for (const value of [1, 2, 3, 4, 5]) call('addTimed', value, BigInt(value))
    call('lookAt', 10n)
    expectAggregates([3, 4, 5])
  })
})

describe('a unit', () => {
  const scales = [1, 10, 1000, 1_000_000]

  test('is converted as its formula says, rounded, and stops at the ends of an i32', () => {
    for (const value of [...values(3, 3000), least, most]) {
      const wide = BigInt(value)
      for (const scale of scales) {
        const one = BigInt(scale)
        expect(call('fahrenheit', value, scale)).toBe(saturated(rounded(wide * 9n + one * 160n, 5n)))
        expect(call('celsius', value, scale)).toBe(saturated(rounded((wide - one * 32n) * 5n, 9n)))
        expect(call('kelvin', value, scale)).toBe(saturated(rounded(wide * 100n + one * 27315n, 100n)))
        expect(call('celsiusOfKelvin', value, scale)).toBe(saturated(rounded(wide * 100n - one * 27315n, 100n)))
      }
      expect(call('psi', value)).toBe(saturated(rounded(wide * 1_000_000n, 6_894_757n)))
      expect(call('kilopascal', value)).toBe(saturated(rounded(wide * 6_894_757n, 1_000_000n)))
      expect(call('kilometresPerHour', value)).toBe(saturated(rounded(wide * 18n, 5n)))
      expect(call('metresPerSecond', value)).toBe(saturated(rounded(wide * 5n, 18n)))
    }
  })

  test.each([[215, 10, 707], [-400, 10, -400], [1000, 10, 2120], [0, 1000, 32_000]])('%i at a scale of %i is %i in Fahrenheit and back', (celsius, scale, fahrenheit) => {
    expect(call('fahrenheit', celsius, scale)).toBe(fahrenheit)
    expect(call('celsius', fahrenheit, scale)).toBe(celsius)
  })

  test('is scaled exactly, whatever the three numbers are', () => {
    const all = values(17, 9000)
    for (let index = 0; index < all.length; index += 3) {
      const [value = 0, multiplier = 0, divisor = 0] = all.slice(index, index + 3)
      const product = BigInt(value) * BigInt(multiplier)
      const expected = divisor === 0 ? product === 0n ? 0 : product < 0n ? least : most : saturated(rounded(product, BigInt(divisor)))
      expect(call('scaled', value, multiplier, divisor)).toBe(expected)
    }
  })

  test('is mapped along a line exactly, whatever the five numbers are', () => {
    const all = values(23, 20_000)
    for (let index = 0; index < all.length; index += 5) {
      const [value = 0, fromLow = 0, fromHigh = 0, toLow = 0, toHigh = 0] = all.slice(index, index + 5)
      const span = BigInt(fromHigh) - BigInt(fromLow)
      const way = (BigInt(value) - BigInt(fromLow)) * (BigInt(toHigh) - BigInt(toLow))
      const expected = span === 0n ? toLow : saturated(BigInt(toLow) + rounded(way, span))
      expect(call('mapped', value, fromLow, fromHigh, toLow, toHigh), `${[value, fromLow, fromHigh, toLow, toHigh]}`).toBe(expected)
    }
  })

  test('of an ADC becomes millivolts', () => {
    expect([0, 1, 2048, 4095].map((raw) => call('mapped', raw, 0, 4095, 0, 3300))).toEqual([0, 1, 1650, 3300])
  })
})

/** The definition in the doc comment, in unbounded integers. */
class Reference {
  mean = 0n
  spread = 0n
  seen = 0
  inRow = 0
  readonly bits: number
  readonly factor: bigint
  readonly floor: bigint

  constructor(bits: number, factor: bigint, floor: bigint) {
    this.bits = bits
    this.factor = factor
    this.floor = floor
  }

  isSpike(value: number): boolean {
    const scaled = BigInt(value) * 256n
    const length = 2 ** this.bits
    if (this.seen === 0) this.mean = scaled
    const distance = absolute(scaled - this.mean)
    const bound = this.factor * this.spread > this.floor * 256n ? this.factor * this.spread : this.floor * 256n
    if (this.seen >= length && distance > bound) {
      if (++this.inRow < length) return true
      this.mean = scaled
      this.spread = 0n
      this.inRow = 0
      return false
    }
    this.inRow = 0
    this.seen = Math.min(this.seen + 1, length)
    this.mean += (scaled - this.mean) >> BigInt(this.bits)
    this.spread += (distance - this.spread) >> BigInt(this.bits)
    return false
  }
}

describe('a spike', () => {
  test('is what the definition says, for values of every size', () => {
    for (const [bits, factor, floor] of [[1, 0, 0], [3, 4, 10], [4, 6, 1000], [6, 1000, 0], [16, 3, most]] as const) {
      call('newSpike', bits, factor, floor)
      const reference = new Reference(bits, BigInt(factor), BigInt(floor))
      for (const value of values(bits * 31 + factor, 3000)) expect(call('isSpike', value)).toBe(Number(reference.isSpike(value)))
      expect(call('spikeDeviation')).toBe(Number(reference.spread >> 8n))
      expect(call('spikeLevel')).toBe(Number((reference.mean + 128n) >> 8n))
    }
  })

  test('is found in a quiet signal, and does not move the level', () => {
    call('newSpike', 3, 4, 5)
    const signal = [200, 201, 199, 200, 202, 200, 201, 199, 200, 201]
    expect(signal.map((value) => call('isSpike', value))).toEqual(signal.map(() => 0))
    expect([call('isSpike', 260), call('isSpike', 200), call('isSpike', 140), call('spikeLevel')]).toEqual([1, 0, 1, 200])
  })

  test('that stays is a new level after 2^smoothing values', () => {
    call('newSpike', 2, 4, 5)
    for (let index = 0; index < 10; index++) call('isSpike', 100)
    expect([500, 500, 500, 500, 500].map((value) => call('isSpike', value))).toEqual([1, 1, 1, 0, 0])
    expect(call('spikeLevel')).toBe(500)
  })

  test('is none before the level is known, nor right after a reset', () => {
    call('newSpike', 2, 0, 0)
    expect([0, most, least, 0].map((value) => call('isSpike', value))).toEqual([0, 0, 0, 0])
    call('spikeReset')
    expect(call('isSpike', most)).toBe(0)
    expect(call('spikeLevel')).toBe(most)
  })

  test('settings beyond their range count as the nearest', () => {
    call('newSpike', 0, -5, -5)
    const reference = new Reference(1, 0n, 0n)
    for (const value of values(77, 200)) expect(call('isSpike', value)).toBe(Number(reference.isSpike(value)))
  })
})

test('a week of readings allocates nothing', () => {
  call('newTimed', 3_600_000n, 60)
  call('newSpike', 4, 4, 10)
  const before = guest.heapBytes()
  for (const [index, value] of values(9, 10_080).entries()) {
    call('addTimed', value, BigInt(index) * 60_000n)
    call('isSpike', value)
    call('lookAt', BigInt(index) * 60_000n)
    call('percentile', 95, 0)
    call('mean', 0)
  }
  expect(guest.heapBytes()).toBe(before)
})

test('an app that uses none of them carries none of them', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-edge-'))
  const size = async (imports: string, use = ''): Promise<number> => {
    writeFileSync(join(folder, 'index.ts'), `import { ${imports} } from "tinytwin";\nevery(1000, () => { log.info("tick"); ${use} });\n`)
    return (await compile(join(folder, 'index.ts'))).length
  }
  const without = await size('every, log')
  expect(await size('Deadband, RateLimit, Spike, TimeWindow, Window, every, log, pnp, units')).toBe(without)
  expect(await size('every, log, units', 'log.value("x", units.fahrenheit(7, 1));')).toBeGreaterThan(without)
  rmSync(folder, { recursive: true })
})
