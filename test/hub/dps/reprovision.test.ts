// What a second registration does (reference B5): stay, move with the twin, move without it; and what a restart and a failing store leave.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/hub/domain/json.js'
import { createDps } from '../../../src/hub/dps/index.js'
import { folderStore, memoryStore, type HubStore } from '../../../src/hub/index.js'
import { KEY } from '../bench.js'
import { DPS_HOST, dpsBench, FAR, NEAR, registered, SCOPE, settled, toNear, type DpsBench } from './bench.js'

const MIGRATE = { updateHubAssignment: true, migrateDeviceData: true }
const RESET = { updateHubAssignment: true, migrateDeviceData: false }
const NEVER = { updateHubAssignment: false, migrateDeviceData: false }
const initialTwin = { tags: { line: 7 }, properties: { desired: { intervalS: 10 } } }

const stateOf = (one: DpsBench): JsonObject => registered(one.dps, 'dev-1').body.registrationState!

/** Registered with the near hub, used there, and enrolled anew for `hub`. */
function used(reprovisionPolicy: JsonObject, hub = FAR): DpsBench {
  const one = dpsBench()
  one.dps.enroll('dev-1', toNear({ initialTwin }))
  stateOf(one)
  one.near.twin('dev-1').patchDesired({ intervalS: 99 })
  one.clock.advance(1000)
  one.dps.enroll('dev-1', toNear({ initialTwin, reprovisionPolicy, iotHubs: [hub] }))
  return one
}

test('migrate moves the device with its twin and leaves nothing behind', () => {
  const one = used(MIGRATE)
  expect(stateOf(one)).toMatchObject({ assignedHub: FAR, substatus: 'deviceDataMigrated', createdDateTimeUtc: '2026-01-01T00:00:00.000Z', lastUpdatedDateTimeUtc: '2026-01-01T00:00:01.000Z' })
  expect(one.far.twin('dev-1').document()).toMatchObject({ tags: { line: 7 }, properties: { desired: { intervalS: 99, $version: 3 } } })
  expect(one.near.devices.get('dev-1')).toBeUndefined()
})

test('reset moves the device with the initial twin', () => {
  const one = used(RESET)
  expect(stateOf(one)).toMatchObject({ assignedHub: FAR, substatus: 'deviceDataReset' })
  expect(one.far.twin('dev-1').document()).toMatchObject({ tags: { line: 7 }, properties: { desired: { intervalS: 10 } } })
  expect(one.near.devices.get('dev-1')).toBeUndefined()
})

test('never leaves it where it is and as it is', () => {
  const one = used(NEVER)
  const before = one.near.devices.get('dev-1')
  expect(stateOf(one)).toMatchObject({ assignedHub: NEAR, substatus: 'initialAssignment' })
  expect(one.near.devices.get('dev-1')).toEqual(before)
  expect(one.far.devices.get('dev-1')).toBeUndefined()
})

test('migrate to the same hub keeps the twin, reset begins it anew', () => {
  const kept = used(MIGRATE, NEAR)
  expect(stateOf(kept)).toMatchObject({ substatus: 'reprovisionedToInitialAssignment' })
  expect(kept.near.twin('dev-1').document().properties.desired).toMatchObject({ intervalS: 99 })
  const reset = used(RESET, NEAR)
  expect(stateOf(reset)).toMatchObject({ substatus: 'deviceDataReset' })
  expect(reset.near.twin('dev-1').document().properties.desired).toMatchObject({ intervalS: 10 })
})

test('a device that was in the hub before keeps its twin and gets its keys', () => {
  const one = dpsBench()
  one.near.devices.create({ deviceId: 'dev-1' })
  one.near.twin('dev-1').patchDesired({ mine: true })
  one.dps.enroll('dev-1', toNear({ initialTwin }))
  expect(stateOf(one)).toMatchObject({ substatus: 'initialAssignment' })
  expect(one.near.twin('dev-1').document().properties.desired).toMatchObject({ mine: true })
  expect(one.near.devices.get('dev-1')!.authentication).toMatchObject({ primaryKey: KEY })
})

test('a device whose new hub will not have it stays where it was', () => {
  const one = used(MIGRATE)
  one.far.devices.create({ deviceId: 'full' })
  const { throttles } = one.far.context
  Object.assign(one.far.context, { throttles: { ...throttles, require: () => { throw new Error('broken') } } })
  expect(registered(one.dps, 'dev-1').body).toMatchObject({ status: 'failed', registrationState: { errorCode: 500001, assignedHub: NEAR } })
  expect(one.near.devices.get('dev-1')).toBeDefined()
})

test('a device that failed is assigned again when it can be, and the error is gone', () => {
  const one = dpsBench()
  one.dps.enroll('dev-1', toNear({ deviceId: 'no such/id' }))
  expect(stateOf(one)).toMatchObject({ status: 'failed' })
  one.dps.enroll('dev-1', toNear())
  const state = stateOf(one)
  expect(state).toMatchObject({ status: 'assigned', substatus: 'initialAssignment' })
  expect(state['errorCode']).toBeUndefined()
})

test('deleting an enrollment deletes its registration, deleting a registration makes the next one a first one', () => {
  const one = dpsBench()
  one.dps.enroll('dev-1', toNear())
  stateOf(one)
  one.dps.registrations.remove('dev-1')
  expect(stateOf(one)).toMatchObject({ substatus: 'initialAssignment' })
  one.dps.enrollments.individuals.remove('dev-1')
  expect(one.dps.registrations.get('dev-1')).toBeUndefined()
  expect(one.near.devices.get('dev-1')).toBeDefined()
})

test('a service made again from its store knows enrollments, registrations and its own keys', () => {
  const store = memoryStore()
  const one = dpsBench({ store })
  one.dps.enroll('dev-1', toNear({ reprovisionPolicy: NEVER }))
  const owner = one.dps.serviceConnectionString()
  stateOf(one)
  const { clock, random, linkedHubs } = one.dps.context
  const again = createDps({ hostName: DPS_HOST, idScope: SCOPE, clock, random, linkedHubs: linkedHubs.toReversed(), store })
  expect(again.serviceConnectionString()).toBe(owner)
  expect(registered(again, 'dev-1').body.registrationState).toMatchObject({ assignedHub: NEAR, substatus: 'initialAssignment' })
})

test('a data folder keeps all of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dps-'))
  const one = dpsBench({ store: await folderStore(folder) })
  one.dps.enroll('dev-1', toNear())
  const owner = one.dps.serviceConnectionString()
  expect(await settled(one.dps)).toMatchObject({ status: 'assigned' })
  await one.dps.close()
  const again = dpsBench({ store: await folderStore(folder) })
  expect(again.dps.serviceConnectionString()).toBe(owner)
  expect(again.dps.enrollments.individuals.find('dev-1')).toEqual(one.dps.enrollments.individuals.find('dev-1'))
  expect(again.dps.registrations.find('dev-1')).toMatchObject({ assignedHub: NEAR, status: 'assigned' })
  await again.dps.close()
  await rm(folder, { recursive: true })
})

test('a registration that cannot be stored is told as failed, never as assigned', () => {
  const store = memoryStore()
  let isBroken = false
  const failing: HubStore = { ...store, put: (kind, key, record, kept) => isBroken && kind === 'registration' ? kept(new Error('disk full')) : store.put(kind, key, record, kept) }
  const one = dpsBench({ store: failing })
  one.dps.enroll('dev-1', toNear())
  isBroken = true
  expect(registered(one.dps, 'dev-1').body).toMatchObject({ status: 'failed', registrationState: { errorCode: 500001 } })
  expect(one.events.map(({ type }) => type)).toContain('fault')
})
