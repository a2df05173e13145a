// The LevelDB of one data folder: one process at a time, writes gathered into groups, one sync a group. It knows no record.

import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type * as classicLevel from 'classic-level'

/** Told once the group is on the disk, or why not. */
export type Done = (error?: Error) => void

export interface EngineStatus {
  /** Why nothing is written any more. */
  readonly failed?: string
  /** Groups written since the start, each with one sync. */
  readonly commits: number
  /** Seconds those took together, and the slowest. */
  readonly commitSeconds: number
  readonly slowestCommitSeconds: number
  /** Of the groups that are not on the disk yet. */
  readonly waitingBytes: number
}

type Database = classicLevel.ClassicLevel<Buffer, Buffer>
export type Range = { readonly gte: Buffer; readonly lt: Buffer }

/** A record no one may lose reaches the disk late when the disk is slow; beyond this it is refused instead of kept in memory. */
const MAX_WAITING_BYTES = 128 * 1024 * 1024
/** What one read holds. */
const READ_BYTES = 64 * 1024
const CHECKSUM_BYTES = 4

/** Damage is found when it is read, whatever the disk did. */
export function sealed(value: Buffer): Buffer {
  const checksum = Buffer.allocUnsafe(CHECKSUM_BYTES)
  checksum.writeUInt32LE(crc32(value))
  return Buffer.concat([checksum, value])
}

export function unsealed(value: Buffer): Buffer {
  const content = value.subarray(CHECKSUM_BYTES)
  if (value.length < CHECKSUM_BYTES || value.readUInt32LE() !== crc32(content)) { throw new Error('a checksum is wrong') }
  return content
}

export class Engine {
  readonly #database: Database
  #batch: ReturnType<Database['batch']> | undefined
  #fills: (() => Done)[] = []
  #done: Done[] = []
  #gatheredBytes = 0
  #writtenBytes = 0
  #isWriting = false
  #failed: Error | undefined
  #whenIdle: (() => void)[] = []
  #commits = 0
  #commitSeconds = 0
  #slowestCommitSeconds = 0

  constructor(database: Database) {
    this.#database = database
  }

  /** The value is copied during the call; `undefined` removes the key. `done` is called in the order of the calls. */
  write(key: Buffer, value: Buffer | undefined, done: Done): void {
    if (this.#isRefused(done)) { return }
    this.#put(key, value)
    this.#done.push(done)
    this.#gather()
  }

  /** `fill` is called once when the group is closed and may put; what it returns is told like `done` of a write. */
  atCommit(fill: () => Done): void {
    this.#fills.push(fill)
    this.#gather()
  }

  /** Only inside `fill` or while a group is gathered that has one. */
  put(key: Buffer, value: Buffer): void {
    this.#put(key, value)
  }

  /** Why a write would be refused now. */
  get refusal(): Error | undefined {
    if (this.#failed !== undefined) { return this.#failed }
    return this.#gatheredBytes + this.#writtenBytes > MAX_WAITING_BYTES ? new Error(`more than ${MAX_WAITING_BYTES} bytes wait for the disk`) : undefined
  }

  /** Rows in order of their keys, of which the first are read: about `READ_BYTES`, at most `limit`, at least one if there is any. */
  async read(range: Range, { limit = Infinity, reverse = false } = {}): Promise<[Buffer, Buffer][]> {
    const iterator = this.#database.iterator({ ...range, reverse, limit, highWaterMarkBytes: READ_BYTES })
    try {
      return await iterator.nextv(Math.min(limit, 1000))
    } finally {
      await iterator.close()
    }
  }

  /** Every row, in order. */
  async * rows(range: Range): AsyncIterable<[Buffer, Buffer][]> {
    const iterator = this.#database.iterator({ ...range, highWaterMarkBytes: 16 * READ_BYTES })
    try {
      for (let rows = await iterator.nextv(1000); rows.length > 0; rows = await iterator.nextv(1000)) { yield rows }
    } finally {
      await iterator.close()
    }
  }

  /** Not ordered with writes. */
  clear(range: Range): Promise<void> {
    return this.#database.clear(range)
  }

  get status(): EngineStatus {
    return {
      ...(this.#failed === undefined ? {} : { failed: this.#failed.message }),
      commits: this.#commits,
      commitSeconds: this.#commitSeconds,
      slowestCommitSeconds: this.#slowestCommitSeconds,
      waitingBytes: this.#gatheredBytes + this.#writtenBytes
    }
  }

  /** Everything that was written before is on the disk, or was told to have failed. */
  async settled(): Promise<void> {
    if (!this.#isWriting && this.#done.length === 0 && this.#fills.length === 0) { return }
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  async close(): Promise<void> {
    await this.settled()
    this.#failed ??= new Error('the store is closed')
    await this.#database.close()
  }

  #isRefused(done: Done): boolean {
    const { refusal } = this
    if (refusal !== undefined) { done(refusal) }
    return refusal !== undefined
  }

  #put(key: Buffer, value: Buffer | undefined): void {
    this.#batch ??= this.#database.batch()
    if (value === undefined) { this.#batch.del(key) } else { this.#batch.put(key, value) }
    this.#gatheredBytes += key.length + (value?.length ?? 0)
  }

  /** What is asked for in one turn of the event loop, and while the disk is busy, makes one group. */
  #gather(): void {
    if (this.#isWriting) { return }
    this.#isWriting = true
    setImmediate(() => void this.#writeGroups())
  }

  async #writeGroups(): Promise<void> {
    while (this.#done.length > 0 || this.#fills.length > 0) {
      const fills = this.#fills
      this.#fills = []
      const filled = fills.map((fill) => fill())
      const done = this.#done
      this.#done = []
      const batch = this.#batch
      this.#batch = undefined
      this.#writtenBytes = this.#gatheredBytes
      this.#gatheredBytes = 0
      const error = await this.#commit(batch)
      this.#writtenBytes = 0
      for (const each of done) { each(error) }
      for (const each of filled) { each(error) }
    }
    this.#isWriting = false
    for (const resolve of this.#whenIdle.splice(0)) { resolve() }
  }

  /** After a write that failed the file's end is unknown: nothing more is written until it was opened anew, which mends it. */
  async #commit(batch: ReturnType<Database['batch']> | undefined): Promise<Error | undefined> {
    if (this.#failed !== undefined || batch === undefined) {
      await batch?.close()
      return this.#failed
    }
    const began = performance.now()
    try {
      await batch.write({ sync: true })
    } catch (error) {
      this.#failed = new Error(`nothing can be written (${(error as Error).message}). Make room, then start again`, { cause: error })
    }
    const seconds = (performance.now() - began) / 1000
    this.#commits++
    this.#commitSeconds += seconds
    this.#slowestCommitSeconds = Math.max(this.#slowestCommitSeconds, seconds)
    return this.#failed
  }
}

/** Without its CURRENT a folder with data looks like a new one to LevelDB. */
function isNew(folder: string): boolean {
  return !existsSync(join(folder, 'CURRENT')) && !readdirSync(folder).some((name) => name.endsWith('.ldb'))
}

const ADVICE = 'Restore the folder from a copy, or move it away to begin with an empty one'

/** What the folder's owner is told when it cannot be used. */
export function damaged(folder: string, cause: unknown): Error {
  return new Error(`the data in '${folder}' are damaged (${(cause as Error).message}). ${ADVICE}`, { cause })
}

/** Rejects with a sentence that says what to do when the folder is in use or damaged. */
export async function openEngine(folder: string): Promise<Engine> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // loaded when asked for: a simulation needs none of it
  const { ClassicLevel } = createRequire(import.meta.url)('classic-level') as typeof classicLevel
  const database = new ClassicLevel<Buffer, Buffer>(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer', compression: false, createIfMissing: isNew(folder) })
  try {
    await database.open()
  } catch (error) {
    const { code, message } = (error as Error).cause as Error & { code?: string }
    if (code === 'LEVEL_LOCKED') {
      throw new Error(`the folder '${folder}' is in use by another hub. Stop that one, or give this one another folder`, { cause: error })
    }
    if (/permission denied|read-only|no space/i.test(message)) { throw new Error(`the folder '${folder}' cannot be written (${message})`, { cause: error }) }
    throw damaged(folder, new Error(message, { cause: error }))
  }
  return new Engine(database)
}
