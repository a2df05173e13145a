// The store of a simulation or a test: answers at once and forgets with the process; it keeps no telemetry.

import type { HubRecords, HubStore, RecordKind } from './store.js'

export function memoryStore(): HubStore {
  const records: { [K in RecordKind]: Map<string, HubRecords[K]> } = {
    identity: new Map(), twin: new Map(), session: new Map(), queue: new Map()
  }
  let sequence = 0
  return {
    load: (kind) => [...records[kind]],
    put(kind, key, record, kept) {
      records[kind].set(key, record)
      kept()
    },
    remove(kind, key, kept) {
      records[kind].delete(key)
      kept()
    },
    append(_message, appended) {
      appended(undefined, ++sequence)
    },
    close: () => Promise.resolve()
  }
}
