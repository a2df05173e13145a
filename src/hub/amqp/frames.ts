// The stream of one AMQP connection cut into protocol headers and frames; it knows what no frame means.

import { AmqpError } from './error.js'

const HEADER_BYTES = 8
const SIZE_BYTES = 4
const MIN_FRAME_BYTES = 8

export class Frames {
  #chunks: Buffer[] = []
  #length = 0
  /** True while a protocol header is due; whoever has taken one says whether another follows. */
  isHeaderDue = true

  /** A larger frame is refused by its size alone. */
  constructor(public maxBytes: number) {}

  /** Calls `taken` for each header and frame, valid during the call, until it returns false. The bytes are copied only if they have to wait. Throws AmqpError. */
  push(bytes: Uint8Array, taken: (frame: Buffer) => boolean): void {
    const fresh = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let input = fresh
    if (this.#length > 0) {
      this.#keep(fresh)
      if (this.#length < this.#needed) { return }
      input = Buffer.concat(this.#chunks)
      this.#chunks = []
      this.#length = 0
    }
    let at = 0
    for (;;) {
      const size = this.#sizeAt(input, at)
      if (size === undefined || at + size > input.length) {
        this.#needed = size ?? SIZE_BYTES
        break
      }
      const frame = input.subarray(at, at + size)
      at += size
      if (!taken(frame)) { return }
    }
    if (at < input.length) { this.#keep(input.subarray(at)) }
  }

  /** Bytes without which looking again is of no use. */
  #needed = 0

  #keep(bytes: Buffer): void {
    // the carrier takes its bytes back after the call
    this.#chunks.push(Buffer.from(bytes))
    this.#length += bytes.length
  }

  #sizeAt(input: Buffer, at: number): number | undefined {
    if (this.isHeaderDue) { return HEADER_BYTES }
    if (input.length - at < SIZE_BYTES) { return undefined }
    const size = input.readUInt32BE(at)
    if (size < MIN_FRAME_BYTES) { throw new AmqpError('amqp:connection:framing-error', 'a frame is shorter than its header') }
    if (size > this.maxBytes) { throw new AmqpError('amqp:connection:framing-error', `a frame of ${size} bytes; the limit is ${this.maxBytes}`) }
    return size
  }
}
