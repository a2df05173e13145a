// What a hub keeps in its data folder, and what it makes of a folder that is damaged, newer or in use.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { folderStore, memoryStore, type Hub, type HubStore } from '../../src/hub/index.js'
import { bench, connectPacket, FILTER, KEY, Peer } from './bench.js'

let folder: string
let hubs: Hub[] = []
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'hub-')) })
afterEach(async () => {
  for (const hub of hubs.splice(0)) { await hub.close() }
  rmSync(folder, { recursive: true })
})

async function start(): Promise<Hub> {
  const store = await folderStore(folder)
  const { hub } = bench({ store, events: store.events })
  hubs.push(hub)
  return hub
}

async function stop(hub: Hub): Promise<void> {
  hubs = hubs.filter((other) => other !== hub)
  await hub.close()
}

const kept = (storing: (kept: (error?: Error) => void) => void): Promise<Error | undefined> => new Promise((resolve) => storing((error) => resolve(error)))
const database = (name = ''): string => join(folder, 'db', name)
const fileLike = (pattern: RegExp): string => database(readdirSync(database()).find((name) => pattern.test(name))!)
/** Resolves when the store has written what it was given until now. */
const settled = (store: Hub): Promise<unknown> => kept((done) => store.twin('d1').patchTags({ settled: true }, { kept: done }))

test('identities, twins, sessions and queues are there after a restart', async () => {
  const before = await start()
  before.twin('d1').patchTags({ room: 'kitchen', '__proto__': 1 })
  before.twin('d1').patchDesired({ a: { b: [1] } })
  const peer = Peer.connected(before)
  peer.subscribe(FILTER.c2d, FILTER.desired)
  peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"r":true}')
  before.send('d1', { body: Buffer.from('00ff', 'hex'), messageId: 'm', properties: { a: null } })
  const [identity, twin] = [before.devices.get('d1'), before.twin('d1').document()]
  await settled(before)
  await stop(before)

  const after = await start()
  expect(after.devices.get('d1')).toEqual(identity)
  expect(after.twin('d1').document().properties).toEqual(twin.properties)
  const again = new Peer(after)
  again.bytes(connectPacket())
  await kept((done) => after.twin('d1').patchDesired({ c: 1 }, { kept: done }))
  expect(again.packets).toMatchObject([{ sessionPresent: true }, { payload: Buffer.from('00ff', 'hex') }, { topic: '$iothub/twin/PATCH/properties/desired/?$version=3' }])
})

test('what was removed, completed or ended is not there after a restart', async () => {
  const before = await start()
  before.devices.create({ deviceId: 'gone', primaryKey: KEY })
  before.devices.remove('gone')
  const peer = Peer.connected(before)
  peer.subscribe(FILTER.c2d)
  before.send('d1', { body: 'x' })
  await settled(before)
  peer.send({ cmd: 'puback', messageId: 1 })
  Peer.connected(before, { clean: true }).subscribe(FILTER.c2d)
  await stop(before)

  const after = await start()
  const again = new Peer(after)
  again.bytes(connectPacket())
  expect(after.devices.list().map(({ deviceId }) => deviceId)).toEqual(['d1'])
  expect([again.packets, after.queueLength('d1')]).toMatchObject([[{ sessionPresent: false }], 0])
})

test('a folder that holds keys is for its owner alone', async () => {
  await start()
  expect(statSync(database()).mode & 0o777).toBe(0o700)
})

test('a folder is for one hub at a time, and free once that has closed', async () => {
  const first = await start()
  await expect(folderStore(folder)).rejects.toThrow(/in use by another hub\. Stop that one/)
  await stop(first)
  await start()
})

test('a PUBACK comes when the message is kept, not before', async () => {
  const hub = await start()
  const peer = Peer.connected(hub)
  peer.publish('devices/d1/messages/events/', 'x', { qos: 1, messageId: 9 })
  expect(peer.packets).toEqual([])
  await settled(hub)
  expect(peer.packets).toMatchObject([{ cmd: 'puback', messageId: 9 }])
})

test('a twin is reported as it was when it was stored, though it changed while the disk was busy', async () => {
  const before = await start()
  const results: (Error | undefined)[] = []
  for (let n = 1; n <= 3; n++) { before.twin('d1').patchDesired({ n }, { kept: (error) => results.push(error) }) }
  await settled(before)
  expect(results).toEqual([undefined, undefined, undefined])
  await stop(before)
  expect((await start()).twin('d1').document().properties.desired).toMatchObject({ n: 3, $version: 4 })
})

test('device ids of any kind are kept and told apart', async () => {
  const names = ['#', '%2F', 'A', 'a', `x${"'".repeat(127)}`]
  const before = await start()
  for (const deviceId of names) { before.devices.create({ deviceId }) }
  await stop(before)
  expect((await start()).devices.list().map(({ deviceId }) => deviceId).sort()).toEqual([...names, 'd1'].sort())
})

async function filled(): Promise<void> {
  const store = await folderStore(folder)
  const { hub } = bench({ store, events: store.events })
  for (let i = 0; i < 200; i++) { hub.devices.create({ deviceId: `device-${i}` }) }
  await hub.close()
  // opened once more, what was in LevelDB's log is in a table
  await (await folderStore(folder)).close()
}

test('a damaged record is refused with a sentence that says what to do', async () => {
  await filled()
  const table = fileLike(/\.ldb$/)
  const bytes = readFileSync(table)
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 0xff, bytes.length >> 1)
  writeFileSync(table, bytes)
  await expect(folderStore(folder)).rejects.toThrow(/^the data in '.*' are damaged \(.*\)\. Restore the folder from a copy, or move it away/)
})

test('a folder without its table of contents is damaged, and not taken for an empty one', async () => {
  await filled()
  unlinkSync(database('CURRENT'))
  await expect(folderStore(folder)).rejects.toThrow(/are damaged/)
})

test('files that are no database are refused', async () => {
  await filled()
  writeFileSync(fileLike(/^MANIFEST/), 'hello')
  await expect(folderStore(folder)).rejects.toThrow(/are damaged/)
})

test('a folder of a newer version is refused and stays as it is', async () => {
  const { openEngine, sealed } = await import('../../src/hub/store/engine.js')
  const engine = await openEngine(database())
  await kept((done) => engine.write(Buffer.from('\0schema'), sealed(Buffer.from('{"schema":2}')), done))
  await engine.close()
  await expect(folderStore(folder)).rejects.toThrow(/written by a newer version \(schema 2, this one knows 1\)/)
})

test('when the disk is full nothing more is acknowledged, and what was is there after a restart', async () => {
  const script = join(import.meta.dirname, 'fill-disk.mjs')
  const child = spawn('bash', ['-c', `ulimit -f 512; exec "${process.execPath}" "${script}" "${folder}"`], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => { output += chunk })
  await once(child, 'close')
  const { acknowledged, error, later } = JSON.parse(output) as { acknowledged: string[]; error: string; later: string }
  expect([error, later]).toEqual([expect.stringMatching(/nothing can be written .*Make room/), error])
  const there = new Set(Array.from((await opened()).load('identity'), ([key]) => key))
  expect([acknowledged.length > 10, acknowledged.filter((key) => !there.has(key))]).toEqual([true, []])
})

let last: HubStore | undefined
async function opened(): Promise<HubStore> {
  last = await folderStore(folder)
  return last
}
afterEach(async () => {
  await last?.close()
  last = undefined
})

test('10,000 devices are opened in well under a second of work', async () => {
  const store = await folderStore(folder)
  const { hub } = bench({ store, events: store.events })
  for (let i = 0; i < 10_000; i++) {
    hub.devices.create({ deviceId: `device-${i}` })
    hub.twin(`device-${i}`).patchTags({ place: { building: 43, floor: '1' } })
  }
  await hub.close()
  const began = process.cpuUsage()
  const again = await start()
  const { user, system } = process.cpuUsage(began)
  // of the processor, since other tests run beside this one; three times what it takes
  expect([again.devices.list().length, (user + system) / 1000 < 1500]).toEqual([10_001, true])
})

test('a memory store carries a hub over to the next one', () => {
  const store = memoryStore()
  bench({ store }).hub.twin('d1').patchTags({ a: 1 })
  expect(bench({ store }).hub.twin('d1').document().tags).toEqual({ a: 1 })
})
