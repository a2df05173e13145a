// What an app does with sensors that do not answer or do not change.

import { expect, test } from 'vitest'
import { simulate } from '../../../src/sim/index.js'

test('i2c.silent has the app read an error until the bus answers again', async () => {
  await using device = await simulate('i2c-probe', { board: 'host' })
  device.i2c('i2c0').device(0x48, { read: () => [0x19, 0x00] }) // 25 °C
  device.faults.inject('i2c.silent', { after: '2500ms', for: '2s' })
  await device.advance('6s')
  expect(device.telemetry().map(({ body }) => body)).toEqual([
    { celsius: 25 }, { celsius: 25 }, { sensor: 'does not answer' }, { sensor: 'does not answer' }, { celsius: 25 }, { celsius: 25 },
  ])
})

test('adc.stuck keeps the value there is, and gives the input back to its part', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await coffee.advance('20s')
  const before = coffee.adc('probe').millivolts
  coffee.faults.inject('adc.stuck', { for: '20s' })
  await coffee.advance('19s')
  expect(coffee.adc('probe').millivolts).toBe(before)
  await coffee.advance('2s')
  expect(coffee.adc('probe').millivolts).toBeGreaterThan(before) // it was heated all the while
})

test('adc.stuck at a voltage no sensor gives makes the coffee machine stop heating', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await coffee.advance('20s')
  expect(coffee.pin('boiler').level).toBe(1)
  coffee.faults.inject('adc.stuck', { for: '1m', value: 3300 })
  await coffee.advance('2s')
  expect(coffee.pin('boiler').level).toBe(0)
  await coffee.advance('1m')
  expect(coffee.pin('boiler').level).toBe(1)
})

test('two that overlap leave what was there before both', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  coffee.adc('probe').set(900)
  coffee.faults.inject('adc.stuck', { for: '20s', value: 3300 })
  coffee.faults.inject('adc.stuck', { after: '10s', for: '20s', value: 0 })
  await coffee.advance('25s')
  expect(coffee.adc('probe').millivolts).toBe(0)
  await coffee.advance('10s')
  expect(coffee.adc('probe').millivolts).toBe(900)
})
