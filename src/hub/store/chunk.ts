// Messages of one partition as bytes: chunks of frames, one chunk a record of the store. It knows no database.

import type { DeviceMessage, StampedMessage } from '../message.js'

export interface ChunkHeader {
  /** Sequence number of its first message. */
  readonly first: number
  readonly count: number
  /** Bytes of all frames of the partition up to and with this chunk, since it began. */
  readonly endBytes: number
  /** Of its last message, milliseconds since 1970. */
  readonly lastTime: number
}

/** count, endBytes, lastTime */
const HEADER_BYTES = 4 + 8 + 8
/** length of the head, length of the body, enqueuedTime */
const FRAME_BYTES = 4 + 4 + 8
const FIRST_CAPACITY = 4096
/** A larger buffer was for one large group: it is not kept. */
const KEPT_CAPACITY = 256 * 1024
/** UTF-8 of one UTF-16 unit. */
const MAX_UNIT_BYTES = 3

type Head = Omit<StampedMessage, 'body' | 'enqueuedTime'>

/** Gathers messages until they are taken as one record. */
export class ChunkWriter {
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY)
  #length = HEADER_BYTES
  #count = 0
  #lastTime = 0

  /** `endBytes` of the last chunk that was written. */
  constructor(private endBytes: number) {}

  get count(): number {
    return this.#count
  }

  get length(): number {
    return this.#length
  }

  add({ body, enqueuedTime, ...head }: StampedMessage): void {
    const text = JSON.stringify(head satisfies Head)
    this.#reserve(FRAME_BYTES + text.length * MAX_UNIT_BYTES + body.length)
    const at = this.#length
    const headBytes = this.#buffer.write(text, at + FRAME_BYTES)
    this.#buffer.writeUInt32LE(headBytes, at)
    this.#buffer.writeUInt32LE(body.length, at + 4)
    this.#buffer.writeDoubleLE(enqueuedTime, at + 8)
    this.#buffer.set(body, at + FRAME_BYTES + headBytes)
    this.#length += FRAME_BYTES + headBytes + body.length
    this.#count++
    this.#lastTime = enqueuedTime
  }

  /** The record, borrowed until the next `add`. */
  take(first: number): { header: ChunkHeader; bytes: Buffer } {
    const bytes = this.#buffer.subarray(0, this.#length)
    this.endBytes += this.#length - HEADER_BYTES
    const header = { first, count: this.#count, endBytes: this.endBytes, lastTime: this.#lastTime }
    bytes.writeUInt32LE(header.count, 0)
    bytes.writeDoubleLE(header.endBytes, 4)
    bytes.writeDoubleLE(header.lastTime, 12)
    this.#length = HEADER_BYTES
    this.#count = 0
    if (this.#buffer.length > KEPT_CAPACITY) { this.#buffer = Buffer.allocUnsafe(FIRST_CAPACITY) }
    return { header, bytes }
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) { return }
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

export function readHeader(first: number, chunk: Buffer): ChunkHeader {
  return { first, count: chunk.readUInt32LE(0), endBytes: chunk.readDoubleLE(4), lastTime: chunk.readDoubleLE(12) }
}

/** The messages from `start` on. */
export function readMessages({ partition, first, chunk, start }: { partition: number; first: number; chunk: Buffer; start: number }): DeviceMessage[] {
  const messages: DeviceMessage[] = []
  const { count } = readHeader(first, chunk)
  let at = HEADER_BYTES
  for (let sequence = first; sequence < first + count; sequence++) {
    const headAt = at + FRAME_BYTES
    const bodyAt = headAt + chunk.readUInt32LE(at)
    const end = bodyAt + chunk.readUInt32LE(at + 4)
    if (sequence >= start) {
      const head = JSON.parse(chunk.toString('utf8', headAt, bodyAt)) as Head
      messages.push({ ...head, body: new Uint8Array(chunk.subarray(bodyAt, end)), enqueuedTime: chunk.readDoubleLE(at + 8), partition, sequence, offset: String(sequence) })
    }
    at = end
  }
  return messages
}
