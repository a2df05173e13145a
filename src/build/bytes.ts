/** A cursor over hostile bytes: every read is bounded, every refusal says where. Knows the encodings of Wasm, not its sections. */

/** A module that cannot be read, or may not be run. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError'
}

export class Bytes {
  at: number
  readonly end: number
  readonly #data: Uint8Array

  constructor(data: Uint8Array, at = 0, end = data.length) {
    this.#data = data
    this.at = at
    this.end = end
  }

  get left(): number {
    return this.end - this.at
  }

  fail(problem: string): never {
    throw new ModuleError(`the module is malformed: ${problem} at byte ${this.at}`)
  }

  u8(): number {
    const value = this.at < this.end ? this.#data[this.at] : undefined
    if (value === undefined) return this.fail('it ends too early')
    this.at++
    return value
  }

  skip(length: number): void {
    if (length > this.left) this.fail('it ends too early')
    this.at += length
  }

  /** The next `length` bytes as a cursor of their own. */
  part(length: number): Bytes {
    const begin = this.at
    this.skip(length)
    return new Bytes(this.#data, begin, this.at)
  }

  /** Unsigned LEB128 of 32 bits. */
  u32(): number {
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.u8()
      if (shift === 28 && byte > 0x0f) this.fail('a number is larger than 32 bits')
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
    return this.fail('a number is longer than 5 bytes')
  }

  /** Signed LEB128 of at most `bits` bits. */
  signed(bits: 32 | 33 | 64): bigint {
    let value = 0n
    for (let shift = 0; shift < bits + 6; shift += 7) {
      const byte = this.u8()
      value |= BigInt(byte & 0x7f) << BigInt(shift)
      if (byte < 0x80) {
        const signed = BigInt.asIntN(shift + 7, value)
        if (BigInt.asIntN(bits, signed) !== signed) this.fail(`a number is larger than ${bits} bits`)
        return signed
      }
    }
    return this.fail(`a number is longer than ${bits} bits`)
  }

  /** A vector's length; each item takes at least one byte, so more than are left is a lie. */
  count(): number {
    const count = this.u32()
    return count > this.left ? this.fail(`a list of ${count} items does not fit`) : count
  }

  name(): string {
    const part = this.part(this.u32())
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(this.#data.subarray(part.at, part.end))
    } catch {
      return this.fail('a name is not UTF-8')
    }
  }
}
