/** A restart that somebody asked for: what is queued is not the price of it. */

import { expect, test } from 'vitest'
import { simulate } from '../../src/sim/index.js'

test.each([['online', true], ['offline', false]])('telemetry that waits in RAM survives a restart on request (%s)', async (_, online) => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 3 })
  await coffee.advance('1m')
  await coffee.invoke('reboot', { delay: 9 })
  await coffee.desired({ telemetryInterval: 1 })
  await coffee.advance('4s')
  if (!online) coffee.network.down() // for less than the time after which flash is trusted more
  await coffee.advance('10s')
  coffee.network.up()
  await coffee.advance('2m')
  expect(coffee.health).toMatchObject({ health: { boot: 2, reset: 'software' } })
  expect(coffee.telemetry().account).toMatchObject({ lost: 0, dropped: 0, duplicates: 0, pending: 0 })
})
