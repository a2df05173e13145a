// The store of a local hub: records and event log in one LevelDB below a data folder.

import { join } from 'node:path'
import { systemClock, type Clock } from '../clock.js'
import { DEFAULT_PARTITIONS, type EventLog, type Retention } from '../event-log.js'
import { damaged, openEngine, sealed, unsealed, type Engine, type EngineStatus, type Range } from './engine.js'
import { openEventLog } from './folder-log.js'
import type { CloudMessageRecord, HubRecords, HubStore, RecordKind } from './store.js'

export interface FolderStoreOptions {
  readonly clock?: Clock
  /** Of a folder that is made now; a folder that is there keeps its own. */
  readonly partitions?: number
  readonly retention?: Retention
  /** What no caller can be told: a sentence on what could not be read. */
  readonly log?: (message: string) => void
}

export interface FolderStore extends HubStore {
  /** To be given to the hub with the store; it closes both. */
  readonly events: EventLog
  status(): EngineStatus
}

/** Raised when what is written here cannot be read by what was released before. */
const SCHEMA = 1

interface Header {
  readonly schema: number
  readonly createdAt: number
  readonly partitions: number
}

const HEADER_KEY = Buffer.from('\0schema')
const RECORDS = 1
const recordKey = (kind: string, key: string): Buffer => Buffer.from(`\x01${kind}\0${key}`)
const RECORD_RANGE: Range = { gte: Buffer.from([RECORDS]), lt: Buffer.from([RECORDS + 1]) }

/** Bodies are bytes: base64 in JSON. */
type CloudJson = Omit<CloudMessageRecord, 'message'> & { message: Omit<CloudMessageRecord['message'], 'body'> & { body: string } }

function encode<K extends RecordKind>(kind: K, record: HubRecords[K]): Buffer {
  if (kind !== 'c2d') { return sealed(Buffer.from(JSON.stringify(record))) }
  const { message, ...rest } = record as CloudMessageRecord
  return sealed(Buffer.from(JSON.stringify({ ...rest, message: { ...message, body: Buffer.from(message.body).toString('base64') } } satisfies CloudJson)))
}

function decode<K extends RecordKind>(kind: K, value: Buffer): HubRecords[K] {
  const record = JSON.parse(unsealed(value).toString()) as unknown
  if (kind !== 'c2d') { return record as HubRecords[K] }
  const { message, ...rest } = record as CloudJson
  return { ...rest, message: { ...message, body: new Uint8Array(Buffer.from(message.body, 'base64')) } } as HubRecords[K]
}

type Loaded = Map<RecordKind, (readonly [string, HubRecords[RecordKind]])[]>

async function loadRecords(engine: Engine): Promise<Loaded> {
  const loaded: Loaded = new Map()
  for await (const rows of engine.rows(RECORD_RANGE)) {
    for (const [name, value] of rows) {
      const end = name.indexOf(0, 1)
      const kind = name.toString('latin1', 1, end) as RecordKind
      let records = loaded.get(kind)
      if (records === undefined) { loaded.set(kind, records = []) }
      records.push([name.toString('utf8', end + 1), decode(kind, value)])
    }
  }
  return loaded
}

async function headerOf(engine: Engine, folder: string, fresh: Header): Promise<Header> {
  const [row] = await engine.read({ gte: HEADER_KEY, lt: Buffer.concat([HEADER_KEY, Buffer.from([0])]) }, { limit: 1 })
  if (row === undefined) {
    await new Promise<void>((resolve, reject) => {
      engine.write(HEADER_KEY, sealed(Buffer.from(JSON.stringify(fresh))), (error) => error === undefined ? resolve() : reject(error))
    })
    return fresh
  }
  const header = JSON.parse(unsealed(row[1]).toString()) as Header
  if (header.schema > SCHEMA) { throw new UnknownSchema(`the folder '${folder}' was written by a newer version (schema ${header.schema}, this one knows ${SCHEMA}). Use that one`) }
  return header
}

class UnknownSchema extends Error {}

/** Opens or makes the folder; rejects with a sentence to show when it is in use, damaged, of a newer version or cannot be written. */
export async function folderStore(folder: string, { clock = systemClock, partitions = DEFAULT_PARTITIONS, retention = {}, log = () => {} }: FolderStoreOptions = {}): Promise<FolderStore> {
  const path = join(folder, 'db')
  const engine = await openEngine(path)
  try {
    const header = await headerOf(engine, path, { schema: SCHEMA, createdAt: clock.now(), partitions })
    const loaded = await loadRecords(engine)
    const events = await openEventLog(engine, { clock, log, retention, partitions: header.partitions, createdAt: header.createdAt })
    return { ...recordsIn(engine, loaded), events, status: () => engine.status }
  } catch (error) {
    await engine.close()
    throw error instanceof UnknownSchema ? error : damaged(path, error)
  }
}

/** One or more for each identity: the hub has them from the turn in which it is made, and they are not kept twice. */
const manyKinds: ReadonlySet<RecordKind> = new Set(['identity', 'twin', 'session', 'presence', 'c2d'])

function recordsIn(engine: Engine, loaded: Loaded): HubStore {
  return {
    load<K extends RecordKind>(kind: K) {
      const records = loaded.get(kind) ?? []
      if (manyKinds.has(kind)) { setImmediate(() => loaded.delete(kind)) }
      return records as (readonly [string, HubRecords[K]])[]
    },
    put: (kind, key, record, kept) => engine.write(recordKey(kind, key), encode(kind, record), kept),
    remove: (kind, key, kept) => engine.write(recordKey(kind, key), undefined, kept),
    close: () => engine.close()
  }
}
