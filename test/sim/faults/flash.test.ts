// What a device does when its flash fails, or is written to while the power goes.

import { expect, test } from 'vitest'
import { simulate } from '../../../src/sim/index.js'

test('flash.torn cuts the power in the next write, and what was kept before is there afterwards', async () => {
  await using device = await simulate('test/sim/assembly/starts', { board: 'host' })
  await device.advance('10s')
  device.faults.inject('flash.torn', { value: 3 }) // the next write is the one that counts the next start
  await device.advance('10s')
  expect(device.summary()).toMatchObject({ powerCuts: 0 })
  await device.reset()
  await device.advance('10s')
  expect(device.summary()).toMatchObject({ powerCuts: 2, faults: { 'flash.torn': 1 } })
  expect((await device.invoke('starts')).payload).toEqual({ starts: 2 })
})

test('flash.fail has the app go on without a memory, and its end gives it one again', async () => {
  await using device = await simulate('test/sim/assembly/starts', { board: 'host' })
  await device.advance('10s')
  const failing = device.faults.inject('flash.fail')
  await device.reset()
  await device.advance('10s')
  expect((await device.invoke('starts')).payload).toEqual({ starts: 2 }) // counted, but not kept
  failing.end()
  await device.reset()
  await device.advance('10s')
  expect((await device.invoke('starts')).payload).toEqual({ starts: 2 })
})

test('a start whose number could not be counted still gives its messages ids of their own, and they are in order', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await coffee.advance('1m')
  coffee.faults.inject('flash.fail', { for: '10m' })
  await coffee.reset()
  await coffee.advance('20m')
  await coffee.reset()
  await coffee.advance('1m')
  const { lost, reordered, duplicates, dropped } = coffee.summary()
  expect({ lost, reordered, duplicates, dropped }).toEqual({ lost: 0, reordered: 0, duplicates: 0, dropped: 0 })
  expect(new Set(coffee.telemetry().map(({ messageId }) => messageId)).size).toBe(coffee.telemetry().length)
})
