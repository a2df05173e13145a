/** Every shape of schema in every place a device has for one, through a stub on both engines. */

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { simulate, type Device, type Engine } from '../../src/sim/index.js'

const app = join(import.meta.dirname, 'assembly', 'shapes')

describe.each<Engine>(['wasm3', 'v8'])('on %s', (engine) => {
  let device: Device
  beforeAll(async () => {
    device = await simulate(app, { engine, seed: 3 })
    await device.advance('1s')
  })
  afterAll(() => device[Symbol.asyncDispose]())

  const desired = async (value: Parameters<Device['desired']>[0]): Promise<unknown> => {
    await device.desired(value)
    await device.advance('1s')
    return device.reported[Object.keys(value)[0]!]
  }

  test('what the hub does not desire is reported as the device has it, an empty array and a map too', async () => {
    await using fresh = await simulate(app, { engine, seed: 4 })
    await fresh.advance('1s')
    expect(fresh.reported).toMatchObject({ numbers: { value: [], ac: 203, av: 0 }, wanted: { value: { warmest: 0, coldest: -2.5 }, ac: 203, av: 0 } })
  })

  test('an array is read whole, and a longer one is refused by the app', async () => {
    expect(await desired({ numbers: [3, -1, 2] })).toMatchObject({ value: [3, -1, 2], ac: 200 })
    expect(await desired({ numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9] })).toMatchObject({ ac: 400, ad: 'more than 8' })
    expect(await desired({ numbers: [] })).toMatchObject({ value: [], ac: 200 })
  })

  test.each([[[1, 'x']], [[1.5]], [[2_147_483_648]], [{ a: 1 }], ['[]']])('%j is no array of integers', async (value) => {
    expect(await desired({ numbers: value })).toMatchObject({ ac: 400, ad: 'not an array as the model has it' })
  })

  test('a map is read by its keys and told what it lacks', async () => {
    expect(await desired({ wanted: { coldest: 1, warmest: 30.25 } })).toMatchObject({ ac: 200 })
    await desired({ wanted: null })
    expect(await desired({ wanted: { first: 1, last: 2 } })).toMatchObject({ ac: 202, ad: 'last' })
    await desired({ wanted: null })
    expect(await desired({ wanted: { warmest: 'hot' } })).toMatchObject({ ac: 400, ad: 'not an object as the model has it' })
  })

  test('an object with all it can hold goes in and out again', async () => {
    const spot = { x: 5, far: 4503599627370496, real: -2.25, on: true, label: 'grün', grade: 100, inner: { depth: 1, list: [1, 2, 3] } }
    expect(await device.invoke('mirror', { ...spot, more: { ignored: [{}] } })).toEqual({
      status: 200, payload: { x: -5, far: -4503599627370496, real: 2.25, on: false, label: 'grün!', grade: -1, inner: { depth: 2, list: [3, 2, 1] } },
    })
  })

  test('fields that are not there read as nothing', async () => {
    expect(await device.invoke('mirror', {})).toEqual({ status: 200, payload: { x: 0, far: 0, real: 0, on: true, label: '!', grade: -1 } })
    expect(await device.invoke('mirror', { inner: {} })).toMatchObject({ payload: { inner: { depth: 1, list: [] } } })
  })

  test.each<[string, unknown]>([
    ['mirror', { x: 'five' }], ['mirror', { on: 1 }], ['mirror', { grade: 7 }], ['mirror', { inner: { list: [true] } }], ['mirror', { inner: [] }], ['mirror', [{}]], ['mirror', null],
    ['sort', [1, null]], ['sort', {}], ['turn', 0], ['turn', 'low'], ['half', '1'], ['double', 1.5], ['not', 'true'], ['shout', 5],
  ])('%s with %j is answered with 400', async (method, payload) => {
    expect(await device.invoke(method, payload)).toEqual({ status: 400, payload: { error: 'the request is not what the model says' } })
  })

  test.each<[string, unknown, unknown]>([
    ['sort', [3, -5, 2_147_483_646, 0, 3], [-5, 0, 3, 3, 2_147_483_646]], ['sort', [], []], ['turn', -1, 100], ['turn', 100, -1], ['half', 5, 2.5], ['half', 1e-3, 5e-4],
    ['double', 2 ** 40, 2 ** 41], ['not', true, false], ['shout', 'aé"\\', 'AÉ"\\'],
  ])('%s with %j is answered with %j', async (method, payload, expected) => {
    expect(await device.invoke(method, payload)).toEqual({ status: 200, payload: expected })
  })

  test('all of it is written, too: telemetry, reported arrays, an acknowledgement of the device\'s own', async () => {
    expect(await device.invoke('tell')).toEqual({ status: 200, payload: null })
    await device.advance('1s')
    expect(device.telemetry().at(-1)?.body).toEqual({
      spot: { x: 1, real: 2.5, inner: { depth: 3, list: [4, 5] } }, spots: [{ x: 6 }, { label: 'seven' }], limits: { a: 8.5, b: 9.5 }, grade: 100, place: { type: 'Point', coordinates: [1, 2] },
    })
    const { $version } = device.twin.properties.desired
    expect(device.reported).toMatchObject({ level: 10, history: [11, 12], numbers: { value: [13], ac: 200, av: $version, ad: 'by the device' } })
  })

  test('nothing of it crashed the app', () => {
    expect(device.crashes).toEqual([])
    expect(device.safeMode).toBe(false)
  })
})
