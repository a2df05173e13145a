// What a device does with a clock that is wrong or not set.

import { expect, test } from 'vitest'
import { simulate, type Device } from '../../../src/sim/index.js'
import '../matcher.js'

const coffeeMachine = () => simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })

const reasons = (device: Device): string[] =>
  device.log().filter(({ text }) => text.includes('; next attempt')).map(({ text }) => text.replace(/; next attempt.*/, ''))

test('clock.jump backwards makes tokens that have expired; the device connects when the clock is right again', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('clock.jump', { for: '20m', value: '-2h' })
  coffee.faults.inject('net.reset')
  await coffee.advance('19m')
  expect(reasons(coffee).at(-1)).toBe('auth: the hub does not authorize this device (CONNACK 5)')
  await coffee.advance('2m')
  expect(coffee.connected).toBe(true)
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
})

test('a clock that jumps forward costs neither connection nor timers', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('clock.jump', { for: '20m', value: '3h' })
  await coffee.advance('20m')
  expect(coffee.telemetry().length).toBe(123) // every 10 s of time that passed
  expect(coffee.summary()).toMatchObject({ connections: 1 })
  await coffee.advance('1h') // and the token of before is renewed in time
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
})

test('clock.unset keeps a device from dialling, with its reason, also after a restart, until the clock is set', async () => {
  await using coffee = await coffeeMachine()
  await coffee.advance('35s')
  coffee.faults.inject('clock.unset', { for: '20m' })
  await coffee.advance('1m')
  expect(coffee.connected).toBe(true) // nothing is asked of the clock while the token lasts
  await coffee.reset()
  await coffee.advance('18m')
  expect(coffee.connected).toBe(false)
  expect(new Set(reasons(coffee))).toEqual(new Set(['clock: the clock is not set: no certificate can be checked, no token signed']))
  await coffee.advance('2m')
  expect(coffee.connected).toBe(true)
  expect(coffee.telemetry()).toBeCompleteAndInOrder()
})

test('two faults of the clock add up, and each takes back its own', async () => {
  await using coffee = await coffeeMachine()
  const jump = coffee.faults.inject('clock.jump', { value: '-5h' })
  const unset = coffee.faults.inject('clock.unset')
  unset.end()
  coffee.faults.inject('net.reset')
  await coffee.advance('5m')
  expect(reasons(coffee).at(-1)).toContain('CONNACK 5') // still 5 h behind
  jump.end()
  await coffee.advance('1m')
  expect(coffee.connected).toBe(true)
})

test('an upload that power cut waits for a device whose clock is not set yet', async () => {
  await using device = await simulate('assembly/bench/uploader', { board: 'host', deviceId: 'd1' })
  await device.advance('1s')
  const size = 200_000
  expect((await device.invoke('write', { size })).payload).toEqual({ result: 0 })
  device.world.storage.fault = (_request, at) => {
    if (at === 30) device.network.down()
    return undefined
  }
  await device.invoke('beginFiles', { size })
  await device.advance('5s')
  device.faults.inject('clock.unset', { for: '20m' })
  await device.reset()
  device.network.up()
  await device.advance('19m')
  expect(device.log().some(({ text }) => text.startsWith('upload: the clock is not set'))).toBe(true)
  await device.advance('5m')
  expect(device.world.storage.blobs.get('d1/flash.log')!.bytes.length).toBe(size)
  expect(device.world.hub.context.uploads.size).toBe(0)
})
