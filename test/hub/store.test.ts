// What a hub keeps in its data folder, and what it makes of a folder that a crash left behind.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folderStore, memoryStore, type Hub } from '../../src/hub/index.js'
import { bench, connectPacket, FILTER, KEY, Peer } from './bench.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'hub-')) })
afterEach(() => rmSync(folder, { recursive: true }))

const start = (setAside?: (path: string) => void): Hub => bench({ store: folderStore(folder, setAside === undefined ? {} : { setAside }) }).hub
const fileOf = (kind: string): string => join(folder, kind, readdirSync(join(folder, kind))[0]!)

test('identities, twins, sessions and queues are there after a restart', () => {
  const before = start()
  before.twin('d1').patchTags({ room: 'kitchen' })
  before.twin('d1').patchDesired({ a: { b: [1] } })
  const peer = Peer.connected(before)
  peer.subscribe(FILTER.c2d, FILTER.desired)
  peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"r":true}')
  before.send('d1', { body: Buffer.from('00ff', 'hex'), messageId: 'm', properties: { a: null } })

  const after = start()
  expect(after.devices.get('d1')).toEqual(before.devices.get('d1'))
  expect(after.twin('d1').document()).toEqual(before.twin('d1').document())
  const again = new Peer(after)
  again.bytes(connectPacket())
  after.twin('d1').patchDesired({ c: 1 })
  expect(again.packets).toMatchObject([{ sessionPresent: true }, { payload: Buffer.from('00ff', 'hex') }, { topic: '$iothub/twin/PATCH/properties/desired/?$version=3' }])
})

test('what was removed, completed or ended is not there after a restart', () => {
  const before = start()
  before.devices.create({ deviceId: 'gone', primaryKey: KEY })
  before.devices.remove('gone')
  const peer = Peer.connected(before)
  peer.subscribe(FILTER.c2d)
  before.send('d1', { body: 'x' })
  peer.send({ cmd: 'puback', messageId: 1 })
  Peer.connected(before, { clean: true }).subscribe(FILTER.c2d)

  const after = start()
  const again = new Peer(after)
  again.bytes(connectPacket())
  expect(after.devices.list().map(({ deviceId }) => deviceId)).toEqual(['d1'])
  expect([again.packets, after.queueLength('d1')]).toMatchObject([[{ sessionPresent: false }], 0])
})

test('files that hold keys are for their owner alone', () => {
  start()
  expect(statSync(fileOf('identity')).mode & 0o777).toBe(0o600)
  expect(statSync(join(folder, 'identity')).mode & 0o777).toBe(0o700)
})

test('a torn file is set aside and told, and everything else is there', () => {
  const before = start()
  before.devices.create({ deviceId: 'd2', primaryKey: KEY })
  before.twin('d1').patchTags({ a: 1 })
  const torn = fileOf('twin')
  truncateSync(torn, 10)
  const aside: string[] = []
  const after = start((path) => aside.push(path))
  expect(aside).toEqual([`${torn}.torn`])
  expect(after.devices.list()).toHaveLength(2)
  expect(after.twin('d1').document().tags).toEqual({})
})

test('a file that was being written when the power went is removed', () => {
  start()
  const path = fileOf('identity')
  writeFileSync(`${path}.new`, readFileSync(path).subarray(0, 20))
  const after = start()
  expect(after.devices.list()).toHaveLength(1)
  expect(readdirSync(join(folder, 'identity'))).toHaveLength(1)
})

test('a device id that no file name can hold is kept all the same', () => {
  const names = ['#', '%2F', 'A', 'a', `x${"'".repeat(127)}`]
  const before = start()
  for (const deviceId of names) { before.devices.create({ deviceId }) }
  expect(start().devices.list().map(({ deviceId }) => deviceId).sort()).toEqual([...names, 'd1'].sort())
})

test('a record that cannot be written is logged and told to who waits', () => {
  const one = bench({ store: folderStore(folder) })
  rmSync(join(folder, 'twin'), { recursive: true })
  const errors: (Error | undefined)[] = []
  one.hub.twin('d1').patchTags({ a: 1 }, { kept: (error) => errors.push(error) })
  expect(errors[0]?.message).toContain('ENOENT')
  expect(one.log.at(-1)).toMatchObject({ level: 'error', event: 'store' })
  const peer = Peer.connected(one.hub)
  peer.subscribe(FILTER.responses)
  peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"a":1}')
  expect(peer.published[0]![0]).toBe('$iothub/twin/res/500/?$rid=1')
})

test('a memory store carries a hub over to the next one', () => {
  const store = memoryStore()
  bench({ store }).hub.twin('d1').patchTags({ a: 1 })
  expect(bench({ store }).hub.twin('d1').document().tags).toEqual({ a: 1 })
})
