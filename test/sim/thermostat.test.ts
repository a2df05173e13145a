/** Plug and Play from end to end: the thermostat app in the simulator, and the hub's digital twin over its REST routes. */

import { beforeAll, expect, test } from 'vitest'
import { buildApp, type BuiltApp } from '../../src/build/index.js'
import { digitalTwinRoutes } from '../../src/hub/http/digital-twin-routes.js'
import type { HttpRequest } from '../../src/hub/http/request.js'
import { signSas, type DeviceMessage, type JsonObject, type JsonValue } from '../../src/hub/index.js'
import { simulate, type Device, type Engine } from '../../src/sim/index.js'
import './matcher.js'

const engines: Engine[] = ['wasm3', 'v8']
const modelId = 'dtmi:com:tinytwin:RoomController;1'
const roomAt = (celsius: number): number => 500 + celsius * 10

async function thermostat(engine: Engine = 'wasm3', celsius = 20): Promise<Device> {
  const device = await simulate('thermostat', { engine, seed: 7 })
  device.adc('knob').set(roomAt(celsius))
  await device.advance('1s')
  return device
}

interface Answer { readonly status: number, readonly headers: Readonly<Record<string, string>>, readonly body?: unknown }

/** A request to the digital twin routes of the device's hub, with a service's token. */
function ask(device: Device, method: string, path: string, body?: JsonValue): Promise<Answer> {
  const { hub } = device.world
  const segments = path.split('/').filter((segment) => segment !== '')
  const resource = hub.hostName
  const token = `${signSas({ resource, key: hub.context.policies.get('iothubowner')!.primaryKey, expiry: (device.world.epochMs + device.world.nowMs) / 1000 + 3600 })}&skn=iothubowner`
  for (const route of digitalTwinRoutes(hub.context)) {
    const pattern = route.path.split('/').filter((segment) => segment !== '')
    if (route.method !== method || pattern.length !== segments.length) continue
    const params = Object.fromEntries(pattern.flatMap((part, index) => part.startsWith('{') ? [[part.slice(1, -1), segments[index]!]] : []))
    if (!pattern.every((part, index) => part.startsWith('{') || part === segments[index])) continue
    const request: HttpRequest = {
      method, path: segments, query: new URLSearchParams(), rawHeaders: [], peer: 'test', secure: null,
      header: (name) => name.toLowerCase() === 'authorization' ? token : undefined,
      body: async () => Buffer.from(JSON.stringify(body ?? null)),
      json: async () => body,
      object: async () => body as JsonObject,
    }
    return device.world.until(Promise.resolve(route.handle(request, params)) as Promise<Answer>)
  }
  throw new Error(`no route for ${method} ${path}`)
}

async function digitalTwin(device: Device): Promise<JsonObject> {
  return (await ask(device, 'GET', '/digitaltwins/thermostat')).body as JsonObject
}

let built: BuiltApp
beforeAll(async () => { built = await buildApp({ app: 'thermostat' }) })

test.each(engines)('the hub learns the model from the device that connects (%s)', async (engine) => {
  await using device = await thermostat(engine)
  expect(built.model).toBe(modelId)
  expect((device.twin as unknown as { modelId: string }).modelId).toBe(modelId)
  expect(await digitalTwin(device)).toMatchObject({ $dtId: 'thermostat', $metadata: { $model: modelId } })
})

test('an app without a model announces none', async () => {
  await using device = await simulate('coffee-machine', { seed: 7 })
  await device.advance('1s')
  expect(device.connected).toBe(true)
  expect(device.twin).not.toHaveProperty('modelId')
})

test.each(engines)('components are reported with their mark, each whole, and what the hub does not desire as the device\'s own choice (%s)', async (engine) => {
  await using device = await thermostat(engine)
  await device.advance('1m')
  const chosen = (value: JsonValue) => ({ value, ac: 203, av: 0 })
  const { health: _, ...reported } = device.reported
  expect(reported).toEqual({
    serialNumber: 'thermostat',
    deviceInformation: { __t: 'c', manufacturer: 'TinyTwin', swVersion: '1' },
    thermostat: { __t: 'c', targetTemperature: chosen(21), mode: chosen('heat'), limits: chosen({ lowest: 5, highest: 30 }), maxTempSinceLastReboot: 20 },
  })
})

test.each(engines)('telemetry of a component and of the device say which, and of which model (%s)', async (engine) => {
  await using device = await thermostat(engine)
  const messages: DeviceMessage[] = []
  const { hub } = device.world
  hub.onMessage((message) => messages.push(message))
  await device.advance('20s')
  device.adc('knob').set(roomAt(25))
  await device.advance('3m')
  const told = messages.map((message) => ({ body: JSON.parse(Buffer.from(message.body).toString()) as JsonValue, of: message.system.component, model: message.modelId, type: message.system.contentType }))
  const common = { model: modelId, type: 'application/json' }
  expect(told).toContainEqual({ body: { heating: true }, of: undefined, ...common })
  expect(told).toContainEqual({ body: { temperature: 20 }, of: 'thermostat', ...common })
  expect(told).toContainEqual({ body: { temperature: 25 }, of: 'thermostat', ...common })
})

test.each(engines)('a desired property is written by JSON Patch, judged, and acknowledged with its version (%s)', async (engine) => {
  await using device = await thermostat(engine)
  const answer = await ask(device, 'PATCH', '/digitaltwins/thermostat', [{ op: 'add', path: '/thermostat/targetTemperature', value: 23.5 }])
  expect(answer.status).toBe(202)
  await device.advance('1s')
  const { $version } = device.twin.properties.desired
  expect(device.reported['thermostat']).toMatchObject({ __t: 'c', targetTemperature: { value: 23.5, ac: 200, av: $version } })
  expect(await digitalTwin(device)).toMatchObject({
    thermostat: { targetTemperature: 23.5, $metadata: { targetTemperature: { desiredValue: 23.5, desiredVersion: $version, ackVersion: $version, ackCode: 200 } } },
  })
})

test.each<[string, JsonObject, string, JsonObject]>([
  ['outside of what the app allows', { targetTemperature: 99 }, 'targetTemperature', { value: 99, ac: 400, ad: 'outside of the limits' }],
  ['of another type', { targetTemperature: 'warm' }, 'targetTemperature', { value: 'warm', ac: 400, ad: 'not a number of so few decimals' }],
  ['of more decimals than the app takes', { targetTemperature: 21.55 }, 'targetTemperature', { value: 21.55, ac: 400, ad: 'not a number of so few decimals' }],
  ['that the enum does not have', { mode: 'cool' }, 'mode', { value: 'cool', ac: 400, ad: 'not a value of the enum' }],
  ['whose object has a field of another type', { limits: { lowest: 'x', highest: 20 } }, 'limits', { ac: 400, ad: 'not an object as the model has it' }],
  ['whose object lacks a field the app needs', { limits: { lowest: 10 } }, 'limits', { ac: 400, ad: 'lowest must be below highest' }],
  ['that is no object where there should be one', { limits: 5 }, 'limits', { value: 5, ac: 400, ad: 'not an object as the model has it' }],
])('a desired value %s is refused with its reason, and nothing changes', async (_, desired, name, expected) => {
  await using device = await thermostat()
  await device.desired({ thermostat: { __t: 'c', ...desired } })
  await device.advance('1s')
  const { $version } = device.twin.properties.desired
  expect((device.reported['thermostat'] as JsonObject)[name]).toMatchObject({ ...expected, av: $version! })
  device.adc('knob').set(roomAt(20.8))
  await device.advance('30s')
  expect(device.pin('relay').level).toBe(0)
})

test('an object is read field by field, and fields the model does not have are passed over', async () => {
  await using device = await thermostat()
  await device.desired({ thermostat: { __t: 'c', limits: { note: { a: [1, { b: 2 }] }, highest: 40, lowest: 35 } } })
  await device.desired({ thermostat: { __t: 'c', targetTemperature: 21 } })
  await device.advance('1s')
  expect(device.reported['thermostat']).toMatchObject({ limits: { ac: 200 }, targetTemperature: { ac: 400, ad: 'outside of the limits' } })
  await device.desired({ thermostat: { __t: 'c', targetTemperature: 38 } })
  await device.advance('1s')
  expect(device.reported['thermostat']).toMatchObject({ targetTemperature: { value: 38, ac: 200 } })
})

test.each(engines)('what takes time is acknowledged twice: in progress, then done (%s)', async (engine) => {
  await using device = await thermostat(engine)
  await device.desired({ thermostat: { __t: 'c', mode: 'off' } })
  await device.advance('1s')
  const { $version } = device.twin.properties.desired
  expect(device.reported['thermostat']).toMatchObject({ mode: { value: 'off', ac: 202, av: $version, ad: 'the valve turns' } })
  await device.advance('6s')
  expect((device.reported['thermostat'] as JsonObject)['mode']).toEqual({ value: 'off', ac: 200, av: $version })
})

test('after a power cut the desired values are taken up again and acknowledged, the others chosen by the device', async () => {
  await using device = await thermostat()
  await device.desired({ thermostat: { __t: 'c', targetTemperature: 25, mode: 'off' } })
  await device.advance('2s')
  await device.reset()
  await device.advance('2s')
  const { $version } = device.twin.properties.desired
  expect(device.reported['thermostat']).toMatchObject({
    targetTemperature: { value: 25, ac: 200, av: $version }, mode: { value: 'off', ac: 202, av: $version }, limits: { value: { lowest: 5, highest: 30 }, ac: 203, av: 0 },
  })
  await device.advance('10s')
  expect(device.reported['thermostat']).toMatchObject({ mode: { value: 'off', ac: 200, av: $version } })
})

test('what was desired while the device was away is taken up when it comes back, and not twice', async () => {
  await using device = await thermostat()
  device.network.down()
  await device.advance('1m')
  await device.desired({ thermostat: { __t: 'c', targetTemperature: 24 } })
  await device.desired({ thermostat: { __t: 'c', limits: { lowest: 6, highest: 29 } } })
  device.network.up()
  await device.advance('3m')
  const { $version } = device.twin.properties.desired
  expect(device.reported['thermostat']).toMatchObject({ targetTemperature: { value: 24, ac: 200, av: $version }, limits: { value: { lowest: 6, highest: 29 }, ac: 200, av: $version } })
  const { $version: before } = device.twin.properties.reported
  device.network.down()
  await device.advance('1m')
  device.network.up()
  await device.advance('3m')
  expect(device.reported['thermostat']).toMatchObject({ targetTemperature: { value: 24, ac: 200, av: $version } })
  expect(before).toBeDefined()
})

test('a desired value that is removed takes its acknowledgement with it', async () => {
  await using device = await thermostat()
  await device.desired({ thermostat: { __t: 'c', targetTemperature: 24 } })
  await device.advance('1s')
  await device.desired({ thermostat: { __t: 'c', targetTemperature: null } })
  await device.advance('1s')
  expect(device.reported['thermostat']).not.toHaveProperty('targetTemperature')
})

test.each(engines)('commands of component and device are called over the digital twin\'s REST (%s)', async (engine) => {
  await using device = await thermostat(engine)
  await device.advance('15s')
  device.adc('knob').set(roomAt(22))
  await device.advance('15s')
  const report = await ask(device, 'POST', '/digitaltwins/thermostat/components/thermostat/commands/getMaxMinReport', '2026-01-01T00:00:00Z')
  expect(report).toMatchObject({ status: 200, headers: { 'x-ms-command-statuscode': '200' }, body: { maxTemp: 22, minTemp: 20, avgTemp: 21.3, samples: 3 } })
  const reboot = await ask(device, 'POST', '/digitaltwins/thermostat/commands/reboot', 5)
  expect(reboot).toMatchObject({ status: 200, headers: { 'x-ms-command-statuscode': '200' } })
  await device.advance('10s')
  const again = await ask(device, 'POST', '/digitaltwins/thermostat/components/thermostat/commands/getMaxMinReport', '2026-01-01T00:00:00Z')
  expect(again).toMatchObject({ headers: { 'x-ms-command-statuscode': '503' } })
})

test.each<[string, string, JsonValue, string]>([
  ['a request of another type', 'components/thermostat/commands/getMaxMinReport', 7, '400'],
  ['a request that is not there', 'components/thermostat/commands/getMaxMinReport', null, '400'],
  ['a request out of its range', 'commands/reboot', 5000, '400'],
  ['a request that is no integer', 'commands/reboot', 1.5, '400'],
  ['a command the component does not have', 'components/thermostat/commands/reboot', 5, '501'],
  ['a component the model does not have', 'components/thermostat2/commands/getMaxMinReport', 'x', '501'],
  ['a component\'s command on the device', 'commands/getMaxMinReport', 'x', '501'],
])('%s is answered with a status, and nothing happens', async (_, path, payload, status) => {
  await using device = await thermostat()
  await device.advance('15s')
  expect(await ask(device, 'POST', `/digitaltwins/thermostat/${path}`, payload)).toMatchObject({ headers: { 'x-ms-command-statuscode': status } })
  await device.advance('10s')
  expect(device.connected).toBe(true)
  expect(device.crashes).toEqual([])
})

test('readings that do not change are told once in ten minutes, a spike not at all', async () => {
  await using device = await thermostat()
  await device.advance('1h')
  const before = device.telemetry().filter(({ body }) => 'temperature' in (body as object)).length
  expect(before).toBeGreaterThanOrEqual(6)
  expect(before).toBeLessThanOrEqual(8)
  device.adc('knob').set(roomAt(60))
  await device.advance('10s')
  device.adc('knob').set(roomAt(20))
  await device.advance('1m')
  expect(device.telemetry().map(({ body }) => body)).not.toContainEqual({ temperature: 60 })
})

test('two runs with one seed, on both engines, leave equal traces', async () => {
  const traces = []
  for (const engine of engines) {
    await using device = await thermostat(engine)
    await device.desired({ thermostat: { __t: 'c', targetTemperature: 22, mode: 'off' } })
    await device.advance('10m')
    traces.push(device.traceHash)
  }
  expect(traces[0]).toBe(traces[1])
})

test('a month of desired values and commands is followed to the end, and the runtime grows by nothing', async () => {
  await using device = await thermostat()
  const turn = async (index: number): Promise<void> => {
    await device.desired({ thermostat: { __t: 'c', targetTemperature: 20 + index % 5, limits: { lowest: 5, highest: 30 + index % 2 }, mode: index % 2 === 0 ? 'off' : 'heat' } })
    await ask(device, 'POST', '/digitaltwins/thermostat/commands/reboot', -1)
    await device.advance('8h')
  }
  for (let index = 0; index < 5; index++) await turn(index)
  const before = device.machine.state.heapBytes
  for (let index = 0; index < 85; index++) await turn(index)
  expect(device.machine.state.heapBytes).toBe(before)
  expect(device.telemetry().account).toMatchObject({ lost: 0, dropped: 0 })
})
