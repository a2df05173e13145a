// Several devices, one hub, one clock.

import { expect, test } from 'vitest'
import { simulate, World } from '../../src/sim/index.js'
import './matcher.js'

test('two devices of one world share hub and time, and keep apart in all else', async () => {
  const world = new World({ seed: 3 })
  await using first = await simulate('coffee-machine', { board: 'coffee-rev-a', world, deviceId: 'first' })
  await using second = await simulate('coffee-machine', { board: 'coffee-rev-a', world, deviceId: 'second' })
  await first.desired({ telemetryInterval: 1 })
  second.network.down()
  await world.advance('1m')
  expect(first.telemetry().length).toBe(60)
  expect(second.telemetry().length).toBe(0)
  second.network.up()
  await world.advance('1m')
  expect(second.telemetry()).toBeCompleteAndInOrder()
  expect(world.hub.connections().map(({ deviceId }) => deviceId).sort()).toEqual(['first', 'second'])
  await world.close()
})

test('what an app wrote to the store is there after a power cycle', async () => {
  await using device = await simulate('test/sim/assembly/starts', { board: 'host' })
  expect((await device.invoke('starts')).payload).toEqual({ starts: 1 })
  await device.reset()
  expect((await device.invoke('starts')).payload).toEqual({ starts: 2 })
  expect(device.stored('starts')).toEqual(Buffer.from('0200000000000000', 'hex'))
})

test('a flash that is erased while the power is off has forgotten', async () => {
  await using device = await simulate('test/sim/assembly/starts', { board: 'host' })
  device.machine.cut()
  device.machine.flash.fill(0xff)
  device.machine.start()
  expect((await device.invoke('starts')).payload).toEqual({ starts: 1 })
})

test('a power cut in the middle of a flash write leaves the old value, and nothing is heard of the device after it', async () => {
  await using device = await simulate('test/sim/assembly/starts', { board: 'host' })
  expect((await device.invoke('starts')).payload).toEqual({ starts: 1 })
  device.machine.cutAtFlash({ write: 2, tornBytes: 9 }) // the first is the runtime's count of starts
  await device.reset()
  await device.advance('1m')
  expect((await device.invoke('starts')).payload).toEqual({ starts: 2 })
  expect(device.log().filter(({ text }) => text.startsWith('connected')).length).toBe(2)
})

test('a device whose flash cannot be written goes on, and knows the old value after the next start', async () => {
  await using device = await simulate('test/sim/assembly/starts', { board: 'host' })
  expect((await device.invoke('starts')).payload).toEqual({ starts: 1 })
  const { programs, erases } = device.machine.flashLife
  device.machine.failFlash({ count: 2 }) // the runtime's count of starts, and the app's
  await device.reset()
  expect(device.machine.flashLife).toEqual({ programs: programs + 1, erases: erases + 1 })
  expect((await device.invoke('starts')).payload).toEqual({ starts: 2 })
  await device.reset()
  expect((await device.invoke('starts')).payload).toEqual({ starts: 2 })
})

test('an unknown pin or part is refused with the names there are', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a' })
  expect(() => coffee.pin('grinder')).toThrow(/board 'coffee-rev-a' has no output or input pin 'grinder' \(output or input pins: .*boiler/)
  expect(() => coffee.adc('boiler')).toThrow(/no analog pin 'boiler' \(analog pins: probe\)/)
  expect(() => coffee.part('mill')).toThrow(/no part 'mill' \(parts: boiler\)/)
})

test('an I2C device that answers wrong is told to whoever let time pass', async () => {
  await using device = await simulate('i2c-probe', { board: 'host' })
  device.i2c('i2c0').device(0x48, { read: () => [1, 2, 3, 4, 5] })
  await expect(device.advance('1m')).rejects.toThrow(/the I2C device at 0x48 gave 5 bytes of register/)
})

test('an I2C device that wants to drive its own device is refused, and the device goes on', async () => {
  await using device = await simulate('i2c-probe', { board: 'host' })
  device.i2c('i2c0').device(0x48, { read: () => { device.machine.cut(); return [0, 0] } })
  await expect(device.advance('2s')).rejects.toThrow(/cannot drive the device it is asked by/)
  device.i2c('i2c0').device(0x48, { read: () => [0x19, 0x00] }) // 25 °C
  await device.advance('10s')
  expect(device.telemetry().at(-1)!.body).toEqual({ celsius: 25 })
})

test('the hub of a device\'s own world takes options, such as its name and a log', async () => {
  const events: string[] = []
  await using device = await simulate('blink', { hub: { hostName: 'my.hub.test', log: ({ event }) => { events.push(event) } } })
  await device.advance('5s')
  expect(device.world.hub.hostName).toBe('my.hub.test')
  expect(device.connected).toBe(true)
  expect(events).toContain('connected')
})
