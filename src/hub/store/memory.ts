// The store of a simulation or a test: answers at once and forgets with the process.

import type { HubRecords, HubStore, RecordKind } from './store.js'

export function memoryStore(): HubStore {
  const records: { [K in RecordKind]?: Map<string, HubRecords[K]> } = {}
  const of = <K extends RecordKind>(kind: K): Map<string, HubRecords[K]> =>
    (records[kind] ??= new Map() as NonNullable<(typeof records)[K]>) as Map<string, HubRecords[K]>
  return {
    load: (kind) => [...of(kind)],
    put(kind, key, record, kept) {
      of(kind).set(key, record)
      kept()
    },
    remove(kind, key, kept) {
      of(kind).delete(key)
      kept()
    },
    close: () => Promise.resolve()
  }
}
