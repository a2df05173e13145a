// The store of a local hub: one JSON file for a record in a data folder, whole or not there; telemetry passes through unkept.

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CloudMessage } from '../message.js'
import type { HubRecords, HubStore, Kept, RecordKind } from './store.js'
import { syncFolder, UNFINISHED_SUFFIX, writeWhole } from './whole-file.js'

const kinds = ['identity', 'twin', 'session', 'queue'] as const satisfies readonly RecordKind[]

/** Bodies are bytes: base64 in the file. */
type QueueFile = (Omit<CloudMessage, 'body'> & { body: string })[]

const toFile: { [K in RecordKind]: (record: HubRecords[K]) => unknown } = {
  identity: (record) => record,
  twin: (record) => record,
  session: (record) => record,
  queue: (messages): QueueFile => messages.map(({ body, ...rest }) => ({ body: Buffer.from(body).toString('base64'), ...rest }))
}

function fromFile<K extends RecordKind>(kind: K, record: unknown): HubRecords[K] {
  return (kind === 'queue'
    ? (record as QueueFile).map((message): CloudMessage => Object.assign(message, { body: new Uint8Array(Buffer.from(message.body, 'base64')) }))
    : record) as HubRecords[K]
}

/** Ids hold characters that file names cannot, and are told apart by their case. */
function fileName(key: string): string {
  return `${createHash('sha256').update(key).digest('hex').slice(0, 40)}.json`
}

function attempt(kept: Kept, write: () => void): void {
  try {
    write()
  } catch (error) {
    kept(error as Error)
    return
  }
  kept()
}

/**
 * Opens or makes the folder. Files that a crash left unfinished are removed; a file that is no record (a torn one, say)
 * is set aside as `*.torn` and told to `setAside`, and everything else is there.
 */
export function folderStore(folder: string, { setAside = () => {} }: { setAside?: (path: string) => void } = {}): HubStore {
  for (const kind of kinds) { mkdirSync(join(folder, kind), { recursive: true, mode: 0o700 }) }
  let sequence = 0

  return {
    * load<K extends RecordKind>(kind: K) {
      for (const name of readdirSync(join(folder, kind))) {
        const path = join(folder, kind, name)
        if (name.endsWith(UNFINISHED_SUFFIX)) {
          rmSync(path)
        } else if (name.endsWith('.json')) {
          try {
            const { key, record } = JSON.parse(readFileSync(path, 'utf8')) as { key: string; record: unknown }
            if (fileName(key) !== name) { throw new Error('not the file of its key') }
            yield [key, fromFile(kind, record)] as const
          } catch {
            renameSync(path, `${path}.torn`)
            setAside(`${path}.torn`)
          }
        }
      }
    },
    put(kind, key, record, kept) {
      attempt(kept, () => writeWhole(join(folder, kind, fileName(key)), JSON.stringify({ key, record: toFile[kind](record) }), 0o600))
    },
    remove(kind, key, kept) {
      attempt(kept, () => {
        rmSync(join(folder, kind, fileName(key)), { force: true })
        syncFolder(join(folder, kind))
      })
    },
    append(_message, appended) {
      appended(undefined, ++sequence)
    },
    close: () => Promise.resolve()
  }
}
