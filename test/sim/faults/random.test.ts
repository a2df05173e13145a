// Days of everything that can go wrong, and a thousand renewals. The long version is: npm run bench -- --only faults

import { expect, test } from 'vitest'
import { faultNames, randomFaults, simulate } from '../../../src/sim/index.js'

const spanMs = 60 * 3_600_000

/** Interpreting on a machine that others use too. */
const longMs = 120_000

test.each([1, 2])('60 hours of every fault lose nothing, keep the order, take no memory and end connected (seed %i)', async (seed) => {
  await using coffee = await simulate('coffee-machine', { seed })
  coffee.faults.plan(randomFaults(seed, spanMs))
  await coffee.advance(spanMs)
  await coffee.drain('60s')
  const { lost, reordered, pending, duplicates, cuts, growthBytes, reconnectMs, halfOpenMs, faults, telemetry } = coffee.summary()
  expect({ lost, reordered, pending, growthBytes }).toEqual({ lost: 0, reordered: 0, pending: 0, growthBytes: 0 })
  expect(duplicates).toBeLessThanOrEqual(cuts)
  expect(cuts).toBeGreaterThan(0)
  expect(reconnectMs).toBeLessThanOrEqual(60_000)
  expect(halfOpenMs).toBeLessThanOrEqual(60_000 + 240_000)
  expect(Object.keys(faults).sort()).toEqual([...faultNames].sort())
  expect(telemetry).toBeGreaterThan(10_000)
  expect(coffee.connected).toBe(true)
}, longMs)

test('two runs of one seed have the same faults, the same trace and the same summary', async () => {
  const summaries = []
  for (let run = 0; run < 2; run++) {
    await using coffee = await simulate('coffee-machine', { seed: 11 })
    coffee.faults.plan(randomFaults(11, 3_600_000))
    await coffee.advance('1h')
    await coffee.drain()
    summaries.push({ ...coffee.summary(), wallMs: 0 })
  }
  expect(summaries[1]).toEqual(summaries[0])
})

test('a thousand renewals of the token cost one reconnect each, no message and no memory', async () => {
  let connections = 0
  await using coffee = await simulate('coffee-machine', { seed: 7, tokenTtlS: 60, hub: { log: ({ event }) => { if (event === 'connected') connections++ } } })
  await coffee.advance('1h')
  while (coffee.summary().renewals < 1000) await coffee.advance('10m')
  await coffee.drain()
  const { renewals, growthBytes, lost, dropped, pending, duplicates, reordered, connections: noticed } = coffee.summary()
  expect(connections).toBe(1 + renewals)
  expect({ noticed, growthBytes, lost, dropped, pending, duplicates, reordered }).toEqual({ noticed: 1, growthBytes: 0, lost: 0, dropped: 0, pending: 0, duplicates: 0, reordered: 0 })
}, longMs)
