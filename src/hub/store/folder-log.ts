// The durable event log: partitions as chunks of messages in the store, bounded by age and size. It knows no protocol.

import type { Clock } from '../clock.js'
import { HubError } from '../error.js'
import { DEFAULT_RETENTION_MS, startOf, type Appended, type EventLog, type EventPosition, type PartitionInfo, type Retention } from '../event-log.js'
import type { DeviceMessage, StampedMessage } from '../message.js'
import { ChunkWriter, readHeader, readMessages, type ChunkHeader } from './chunk.js'
import { sealed, unsealed, type Engine, type Range } from './engine.js'
import { FolderReader } from './folder-reader.js'

const EVENTS = 2
/** Of each partition, on the disk. */
const DEFAULT_BYTES = 256 * 1024 * 1024
/** A chunk that is this large is closed within its group: readers take whole chunks. */
const CHUNK_BYTES = 64 * 1024
/** What is too old or too much is removed in steps of a part of the whole, and not for every message. */
const STEP = 1 / 16
const LONGEST_STEP_MS = 60_000

interface Options {
  readonly clock: Clock
  readonly retention: Retention
  readonly log: (message: string) => void
}

interface Appending {
  readonly message: DeviceMessage
  readonly appended: Appended
}

export class Partition {
  readonly readers = new Set<FolderReader>()
  readonly #engine: Engine
  readonly #options: Options
  readonly #writer: ChunkWriter
  /** Of the next message, of the next that is not on the disk yet, and of the first that is there. */
  #nextSequence: number
  #keptSequence: number
  #firstSequence: number
  #lastEnqueuedTime: number
  #endBytes: number
  #oldest: ChunkHeader | undefined
  #appending: Appending[] = []
  #chunks: ChunkHeader[] = []
  #isTrimming = false

  constructor(readonly number: number, engine: Engine, options: Options, oldest: ChunkHeader | undefined, newest: ChunkHeader | undefined) {
    this.#engine = engine
    this.#options = options
    this.#oldest = oldest
    this.#firstSequence = oldest?.first ?? 0
    this.#nextSequence = this.#keptSequence = newest === undefined ? 0 : newest.first + newest.count
    this.#lastEnqueuedTime = newest?.lastTime ?? 0
    this.#endBytes = newest?.endBytes ?? 0
    this.#writer = new ChunkWriter(this.#endBytes)
  }

  static async open(number: number, engine: Engine, options: Options): Promise<Partition> {
    const range = { gte: chunkKey(number, 0), lt: partitionEnd(number) }
    const [[oldest], [newest]] = await Promise.all([engine.read(range, { limit: 1 }), engine.read(range, { limit: 1, reverse: true })])
    return new Partition(number, engine, options, headerIn(oldest), headerIn(newest))
  }

  get firstSequence(): number {
    return this.#firstSequence
  }

  /** Of the next message that is not on the disk yet. */
  get nextSequence(): number {
    return this.#keptSequence
  }

  append(stamped: StampedMessage, appended: Appended): void {
    const { refusal } = this.#engine
    if (refusal !== undefined) { return appended(refusal) }
    const sequence = this.#nextSequence++
    if (this.#appending.length === 0) { this.#engine.atCommit(() => this.#close()) }
    this.#writer.add(stamped)
    this.#appending.push({ message: { ...stamped, partition: this.number, sequence, offset: String(sequence) }, appended })
    if (this.#writer.length >= CHUNK_BYTES) { this.#put() }
  }

  info(): PartitionInfo {
    this.trim()
    const last = this.#keptSequence - 1
    return {
      firstSequence: this.#firstSequence,
      lastSequence: last,
      lastOffset: String(last),
      lastEnqueuedTime: this.#lastEnqueuedTime,
      isEmpty: this.#firstSequence === this.#keptSequence
    }
  }

  fault(error: unknown): void {
    this.#options.log(`partition ${this.number} cannot be read: ${(error as Error).message}`)
  }

  /** The messages of the chunks from the one with `sequence` on, without those before it; empty if there is none. */
  async messagesFrom(sequence: number, { isFirst }: { isFirst: boolean }): Promise<DeviceMessage[]> {
    const from = isFirst ? sequence : (await this.#chunkWith(sequence))?.first ?? sequence
    const rows = await this.#engine.read({ gte: chunkKey(this.number, from), lt: partitionEnd(this.number) })
    return rows.flatMap(([key, value]) => readMessages({ partition: this.number, first: firstOf(key), chunk: unsealed(value), start: sequence }))
  }

  /** The first that was enqueued at or after the time, or the next that will be. */
  async sequenceAt({ enqueuedTime, inclusive }: EventPosition & { at: 'time' }): Promise<number> {
    const isWanted = (time: number): boolean => inclusive ? time >= enqueuedTime : time > enqueuedTime
    let low = this.#firstSequence
    let high = this.#keptSequence
    while (low < high) {
      const chunk = await this.#chunkWith(Math.floor((low + high) / 2))
      if (chunk === undefined) { break }
      if (!isWanted(chunk.lastTime)) {
        low = chunk.first + chunk.count
      } else if (chunk.first > low) {
        high = chunk.first
        const before = await this.#chunkWith(chunk.first - 1)
        if (before === undefined || !isWanted(before.lastTime)) { low = chunk.first; break }
      } else {
        break
      }
    }
    const messages = await this.messagesFrom(low, { isFirst: false })
    return messages.find((message) => isWanted(message.enqueuedTime))?.sequence ?? Math.max(low, this.#keptSequence)
  }

  /** Removes the oldest chunks if they are too old or too much; the newest stays, and with it the numbers. */
  trim(): void {
    if (this.#isTrimming || this.#oldest === undefined || !this.#isGone(this.#oldest, STEP)) { return }
    this.#isTrimming = true
    void this.#removeOldest(this.#oldest).catch((error: unknown) => {
      // a store that is closed meanwhile keeps what is old
      if (this.#engine.refusal === undefined) { this.fault(error) }
    }).finally(() => { this.#isTrimming = false })
  }

  #isGone({ first, count, lastTime, endBytes }: ChunkHeader, slack: number): boolean {
    if (first + count >= this.#keptSequence) { return false }
    const { clock, retention: { ageMs = DEFAULT_RETENTION_MS, bytes = DEFAULT_BYTES } } = this.#options
    return lastTime <= clock.now() - ageMs - Math.min(ageMs * slack, LONGEST_STEP_MS) || this.#endBytes - endBytes >= bytes * (1 + slack)
  }

  async #removeOldest(oldest: ChunkHeader): Promise<void> {
    let kept = oldest
    while (this.#isGone(kept, 0)) {
      const rows = await this.#engine.read({ gte: chunkKey(this.number, kept.first + kept.count), lt: partitionEnd(this.number) })
      for (const [key, value] of rows) {
        kept = readHeader(firstOf(key), unsealed(value))
        if (!this.#isGone(kept, 0)) { break }
      }
      if (rows.length === 0) { return }
    }
    this.#firstSequence = kept.first
    this.#oldest = kept
    await this.#engine.clear({ gte: chunkKey(this.number, 0), lt: chunkKey(this.number, kept.first) })
  }

  #put(): void {
    const { header, bytes } = this.#writer.take(this.#nextSequence - this.#writer.count)
    this.#engine.put(chunkKey(this.number, header.first), sealed(bytes))
    this.#chunks.push(header)
  }

  /** Ends the group; the result is called when it is on the disk. */
  #close(): (error?: Error) => void {
    if (this.#writer.count > 0) { this.#put() }
    const appending = this.#appending
    const chunks = this.#chunks
    this.#appending = []
    this.#chunks = []
    return (error) => {
      if (error === undefined) { this.#advance(chunks) }
      for (const { message, appended } of appending) { if (error === undefined) { appended(undefined, message) } else { appended(error) } }
      if (error !== undefined) { return }
      if (this.readers.size > 0) {
        const messages = appending.map(({ message }) => message)
        for (const reader of this.readers) { reader.offer(messages) }
      }
      this.trim()
    }
  }

  #advance(chunks: readonly ChunkHeader[]): void {
    const last = chunks.at(-1)!
    this.#oldest ??= chunks[0]
    this.#keptSequence = last.first + last.count
    this.#lastEnqueuedTime = last.lastTime
    this.#endBytes = last.endBytes
  }

  async #chunkWith(sequence: number): Promise<ChunkHeader | undefined> {
    const range: Range = { gte: chunkKey(this.number, 0), lt: chunkKey(this.number, sequence + 1) }
    const [row] = await this.#engine.read(range, { limit: 1, reverse: true })
    return headerIn(row)
  }
}

function headerIn(row: [Buffer, Buffer] | undefined): ChunkHeader | undefined {
  return row === undefined ? undefined : readHeader(firstOf(row[0]), unsealed(row[1]))
}

/** Kind, partition, first sequence number; in the order of the numbers. */
function chunkKey(partition: number, first: number): Buffer {
  const key = Buffer.from([EVENTS, partition, 0, 0, 0, 0, 0, 0])
  key.writeUIntBE(first, 2, 6)
  return key
}

const firstOf = (key: Buffer): number => key.readUIntBE(2, 6)
const partitionEnd = (partition: number): Buffer => Buffer.from([EVENTS, partition, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])

export async function openEventLog(engine: Engine, { partitions: count, createdAt, ...options }: Options & { partitions: number; createdAt: number }): Promise<EventLog> {
  const partitions = await Promise.all(Array.from({ length: count }, (_, number) => Partition.open(number, engine, options)))
  const find = (partition: number): Partition => {
    const found = partitions[partition]
    if (found === undefined) { throw new HubError('PartitionNotFound', `there is no partition ${partition}; there are ${count}`) }
    return found
  }
  return {
    partitionCount: count,
    createdAt,
    append: (partition, message, appended) => find(partition).append(message, appended),
    info: (partition) => find(partition).info(),
    read(number, position, deliver) {
      const partition = find(number)
      partition.trim()
      const start = position.at === 'time' ? () => partition.sequenceAt(position) : startOf(partition, position)
      const reader = new FolderReader(partition, start, deliver)
      partition.readers.add(reader)
      return reader
    },
    async close() {
      for (const { readers } of partitions) { for (const reader of readers) { reader.close() } }
      await engine.settled()
    }
  }
}
