// Guests that misbehave, through the simulator's public door.

import { expect, test } from 'vitest'
import { simulate, World, type AppImage, type Engine } from '../../src/sim/index.js'

/** A module in which there is nothing. */
const nothing: AppImage = { name: 'bad', wasm: new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]), buildId: '', map: '', functionNames: new Map() }
const engines: Engine[] = ['wasm3', 'v8']

test.each(engines)('an endless loop is stopped, its line is named, outputs go safe and the app starts again (%s)', async (engine) => {
  await using device = await simulate('runaway', { board: 'host', engine })
  await device.advance('1s')
  expect(device.pin('led').level).toBe(1)
  device.pin('button').set(0)
  device.pin('button').set(1)
  await device.advance('1s')
  expect(device.crashes).toHaveLength(1)
  expect(device.crashes[0]).toMatchObject({ build: device.app.buildId, reason: 'ran too long' })
  expect(device.crashes[0]!.at).toMatch(/^assembly\/apps\/runaway\/index\.ts:9:\d+ in /)
  expect(device.log().filter(({ level }) => level === 'error').map(({ text }) => text).join()).toContain(device.app.buildId)
  expect(device.telemetry()[0]!.body).toMatchObject({ crash: { build: device.app.buildId, offset: device.crashes[0]!.offset } })
  expect(device.pin('led').level).toBe(1)
})

test.each(engines)('three crashes within ten minutes, counted over resets, lead to a safe mode that answers (%s)', async (engine) => {
  await using device = await simulate('runaway', { board: 'host', engine })
  for (const reset of [false, true, false]) {
    if (reset) await device.reset()
    await device.advance('10s')
    await expect(device.invoke('run', null, { timeout: '5s' })).resolves.toMatchObject({ status: 500 })
  }
  expect(device.safeMode).toBe(true)
  expect(device.pin('led').level).toBe(0)
  expect(await device.invoke('anything')).toMatchObject({ status: 503 })
  await device.advance('1s')
  expect(JSON.stringify(device.reported['safeMode'])).toContain('ran too long')
  await device.reset()
  expect(device.safeMode).toBe(true)
  expect((await device.invoke('leaveSafeMode')).status).toBe(200)
  await device.advance('1s')
  expect(device.safeMode).toBe(false)
  expect(device.pin('led').level).toBe(1)
})

test('crashes farther apart than ten minutes never lead to safe mode', async () => {
  await using device = await simulate('runaway', { board: 'host' })
  for (let crash = 1; crash <= 4; crash++) {
    await device.advance('11m')
    await device.invoke('run', null, { timeout: '5s' }).catch(() => {})
    expect(device.crashes).toHaveLength(crash)
  }
  expect(device.safeMode).toBe(false)
})

test('an app that was refused leaves nothing behind in its world', async () => {
  const world = new World()
  await expect(simulate({ ...nothing, wasm: new Uint8Array(8) }, { board: 'host', world })).rejects.toThrow(/cannot run 'bad'/)
  expect(world.hub.devices.list()).toEqual([])
  await world.advance('1h')
  await world.close()
})

test('bytes that are no module are refused in words, and nothing runs', async () => {
  await expect(simulate(nothing, { board: 'host' })).rejects.toThrow(/^the device cannot run 'bad': ./)
})

test.each(engines)('an app that throws is found at its own line, not at the SDK\'s (%s)', async (engine) => {
  await using device = await simulate('test/sim/assembly/mistakes', { board: 'host', engine })
  await device.advance('1s')
  await device.invoke('throw')
  expect(device.crashes[0]!.at).toMatch(/^test\/sim\/assembly\/mistakes\/index\.ts:6:\d+/)
})

test('a timer with a period of 0 is refused instead of firing once', async () => {
  await using device = await simulate('test/sim/assembly/mistakes', { board: 'host' })
  await device.advance('1s')
  await device.invoke('everyZero')
  expect(device.crashes[0]?.reason).toBe('abort: No timer: \'delay or period\'')
})

test('a method that replies with a negative status is answered with 500, and the connection goes on', async () => {
  await using device = await simulate('test/sim/assembly/mistakes', { board: 'host' })
  await device.advance('1s')
  expect(await device.invoke('negative')).toMatchObject({ status: 500 })
  expect(await device.invoke('negative')).toMatchObject({ status: 500 })
  expect(device.summary()).toMatchObject({ connections: 1, crashes: 0 })
})
