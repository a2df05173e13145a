// A hub that is killed in the midst of a load, as the bench does it fifty times.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import type { KillResult } from '../../src/bench/hub/kill.js'

test('of three hubs that were killed under load, everything acknowledged is there, once in order, and twins are whole', async () => {
  // the processes of the bench run what was built
  const built = join(import.meta.dirname, '../../build/host/bench/hub/kill.js')
  const { killRepeatedly } = await import(pathToFileURL(built).href) as { killRepeatedly(kills: number): Promise<KillResult> }
  const { acknowledged, twinsAcknowledged, lost, outOfOrder, violations } = await killRepeatedly(3)
  expect({ lost, outOfOrder, violations }).toEqual({ lost: 0, outOfOrder: 0, violations: [] })
  expect([acknowledged > 500, twinsAcknowledged > 50]).toEqual([true, true])
})
