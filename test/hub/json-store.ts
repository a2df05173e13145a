// A store that keeps what a durable one would keep: the JSON of each record as it was at the call.

import { memoryStore, type HubStore } from '../../src/hub/index.js'

const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

export function jsonStore(): HubStore {
  const store = memoryStore()
  return {
    ...store,
    load: (kind) => [...store.load(kind)].map(([key, record]) => [key, copied(record)] as const),
    put: (kind, key, record, kept) => store.put(kind, key, copied(record), kept)
  }
}
