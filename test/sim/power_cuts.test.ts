// A short run of what `npm run bench -- --only 'power cut'` does with 10,000 cuts.

import { expect, test } from 'vitest'
import { everyCut, randomCuts } from '../../src/bench/power_cuts.js'

test('300 power cuts in flash writes at random lose nothing that was stored and change no order', async () => {
  const { powerCuts, cuts, duplicates, ...summary } = await randomCuts(300)
  expect(powerCuts).toBeGreaterThanOrEqual(300)
  expect(summary).toMatchObject({ lost: 0, pending: 0, reordered: 0, refused: 0 })
  expect(duplicates).toBeLessThanOrEqual(cuts)
})

test('a power cut at every single flash write of a script loses nothing that was stored', async () => {
  const summaries = await everyCut(5)
  expect(summaries.length).toBeGreaterThan(50)
  for (const { lost, pending, reordered, duplicates, cuts } of summaries) {
    expect({ lost, pending, reordered, doubled: duplicates > cuts }).toEqual({ lost: 0, pending: 0, reordered: 0, doubled: false })
  }
})
