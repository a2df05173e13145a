// The store of a local hub: one JSON file for a record in a data folder, whole or not there.

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CloudMessageRecord, HubRecords, HubStore, Kept, RecordKind } from './store.js'
import { syncFolder, UNFINISHED_SUFFIX, writeWhole } from './whole-file.js'

const kinds = ['identity', 'twin', 'session', 'presence', 'c2d', 'policy', 'authority', 'feedback', 'service-message', 'upload'] as const satisfies readonly RecordKind[]

/** Bodies are bytes: base64 in the file. */
type CloudFile = Omit<CloudMessageRecord, 'message'> & { message: Omit<CloudMessageRecord['message'], 'body'> & { body: string } }

function toFile<K extends RecordKind>(kind: K, record: HubRecords[K]): unknown {
  if (kind !== 'c2d') { return record }
  const { message, ...rest } = record as CloudMessageRecord
  return { ...rest, message: { ...message, body: Buffer.from(message.body).toString('base64') } } satisfies CloudFile
}

function fromFile<K extends RecordKind>(kind: K, record: unknown): HubRecords[K] {
  if (kind !== 'c2d') { return record as HubRecords[K] }
  const { message, ...rest } = record as CloudFile
  return { ...rest, message: { ...message, body: new Uint8Array(Buffer.from(message.body, 'base64')) } } as HubRecords[K]
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
      attempt(kept, () => writeWhole(join(folder, kind, fileName(key)), JSON.stringify({ key, record: toFile(kind, record) }), 0o600))
    },
    remove(kind, key, kept) {
      attempt(kept, () => {
        rmSync(join(folder, kind, fileName(key)), { force: true })
        syncFolder(join(folder, kind))
      })
    },
    close: () => Promise.resolve()
  }
}
