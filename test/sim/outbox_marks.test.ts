// Acknowledgements that flash did not take are made up for as soon as it takes them.

import { expect, test } from 'vitest'
import { simulate } from '../../src/sim/index.js'

test('what was acknowledged while the flash failed is not sent again after a later power cut', async () => {
  await using coffee = await simulate('coffee-machine', { seed: 7 })
  await coffee.advance('1m')
  coffee.faults.inject('net.down', { for: '3h' })
  coffee.faults.inject('flash.fail', { after: '2h30m', for: '1h' })
  await coffee.advance('4h')
  expect(coffee.telemetry().account).toMatchObject({ pending: 0, duplicates: 0 })
  await coffee.reset()
  await coffee.advance('10m')
  const { lost, reordered, duplicates, cuts } = coffee.summary()
  expect({ lost, reordered, duplicates, cuts }).toEqual({ lost: 0, reordered: 0, duplicates: 0, cuts: 0 })
  expect(coffee.log().filter(({ text }) => text.startsWith('acknowledgements cannot be marked'))).toHaveLength(1)
})

test('power that goes while the flash still fails brings messages twice, none lost and none out of order', async () => {
  await using coffee = await simulate('coffee-machine', { seed: 7 })
  await coffee.advance('1m')
  coffee.faults.inject('net.down', { for: '1h' })
  coffee.faults.inject('flash.fail', { after: '59m', for: '1h' })
  await coffee.advance('70m')
  await coffee.reset()
  await coffee.advance('2h')
  expect(coffee.summary()).toMatchObject({ lost: 0, reordered: 0, pending: 0 })
  expect(coffee.summary().duplicates).toBeGreaterThan(300)
})
