// What routes ask of the parts of the hub that answer queries and run jobs and configurations; it knows none of them.

import type { JsonObject } from '../domain/json.js'

export interface Paging {
  readonly maxItems: number
  /** As an earlier page gave it. */
  readonly continuation?: string
}

export interface Page {
  readonly items: readonly unknown[]
  /** Undefined for the last page. */
  readonly continuation?: string
}

type Soon<T> = T | Promise<T>

export interface QueryEngine {
  /** Throws ArgumentInvalid. */
  run(text: string, paging: Paging): Soon<Page & { readonly itemType: string }>
}

export interface JobEngine {
  put(id: string, job: JsonObject): Soon<unknown>
  get(id: string): Soon<unknown>
  cancel(id: string): Soon<unknown>
  query(filter: { readonly jobType?: string; readonly jobStatus?: string }, paging: Paging): Soon<Page>
}

export interface ConfigurationEngine {
  put(id: string, configuration: JsonObject, ifMatch: string | undefined): Soon<{ readonly document: unknown; readonly created: boolean }>
  get(id: string): Soon<unknown>
  remove(id: string, ifMatch: string | undefined): Soon<void>
  list(top: number): Soon<readonly unknown[]>
  test(queries: JsonObject): Soon<unknown>
  /** Sets what the content says on one device and its modules, now. */
  apply(deviceId: string, content: JsonObject): Soon<void>
}

/** Blobs by URLs that carry their own signatures; only those that are covered are asked for. */
export interface BlobAccess {
  covers(url: URL): boolean
  read(url: URL, maxBytes: number): Promise<Uint8Array>
  write(url: URL, body: Buffer): Promise<void>
}

export interface Engines {
  readonly query: QueryEngine
  readonly jobs: JobEngine
  readonly configurations: ConfigurationEngine
  /** Without it there is no import and no export. */
  readonly blobs?: BlobAccess
}
