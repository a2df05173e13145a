// Cuts a stream of bytes into whole MQTT control packets [MQTT-2.2.3] within a size limit; it does not read their contents.

export type FrameFault = 'malformed-packet' | 'packet-too-large'

const NOTHING = Buffer.alloc(0)

/** Holds only what belongs to a packet that is not complete, never more than the limit. */
export class Frames {
  #rest: Buffer = NOTHING
  /** Of one packet, header included; may change at any time. */
  maxBytes: number

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  /** Calls `each` with every packet that is now complete, until it returns false. Frames are borrowed for the call. */
  push(bytes: Uint8Array, each: (frame: Buffer) => boolean): FrameFault | undefined {
    const fresh = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const input = this.#rest.length === 0 ? fresh : Buffer.concat([this.#rest, fresh])
    let start = 0
    for (;;) {
      const bytesOfFrame = this.#frameBytes(input, start)
      if (typeof bytesOfFrame === 'string') { return bytesOfFrame }
      if (bytesOfFrame === 0 || start + bytesOfFrame > input.length) { break }
      if (!each(input.subarray(start, start + bytesOfFrame))) { return undefined }
      start += bytesOfFrame
    }
    this.#rest = start === input.length ? NOTHING : Buffer.from(input.subarray(start))
    return undefined
  }

  /** 0 if the length is not there yet. The length is 1 to 4 bytes of 7 bits, low ones first [MQTT-2.2.3]. */
  #frameBytes(input: Buffer, start: number): number | FrameFault {
    let length = 0
    for (let i = 0; i < 4; i++) {
      const byte = input[start + 1 + i]
      if (byte === undefined) { return 0 }
      length += (byte & 0x7f) * 128 ** i
      if (byte < 0x80) {
        const total = 2 + i + length
        return total > this.maxBytes ? 'packet-too-large' : total
      }
    }
    return 'malformed-packet'
  }
}

/** Frames in turn, also when the peer answers inside the handling of one: those bytes wait for their turn. */
export class Intake {
  readonly frames: Frames
  readonly #arrived: Uint8Array[] = []
  #receiving = false

  constructor(maxBytes: number) {
    this.frames = new Frames(maxBytes)
  }

  /** As Frames.push; once `each` returned false, what waits is forgotten. */
  receive(bytes: Uint8Array, each: (frame: Buffer) => boolean): FrameFault | undefined {
    if (this.#receiving) {
      this.#arrived.push(Uint8Array.from(bytes))
      return undefined
    }
    this.#receiving = true
    try {
      for (let next: Uint8Array | undefined = bytes; next !== undefined; next = this.#arrived.shift()) {
        let goesOn = true
        const fault = this.frames.push(next, (frame) => { goesOn = each(frame); return goesOn })
        if (fault !== undefined || !goesOn) { return fault }
      }
      return undefined
    } finally {
      this.#receiving = false
      this.#arrived.length = 0
    }
  }
}
