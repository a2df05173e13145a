/**
 * An ESP32 in its download mode, for tests: the loader in ROM and Espressif's stub behind one TCP port, with a flash that erases and programs
 * like one. From Espressif's "Serial Protocol" page; knows no board and no partition.
 */

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createInflate, type Inflate } from 'node:zlib'

export type Target = 'esp32' | 'esp32s3' | 'esp32c3' | 'esp32c6'

export interface FakeRomOptions {
  readonly target: Target
  /** A power of two, in MiB. */
  readonly flashMib?: number
  /** Does not answer, as a chip that runs its program does. */
  readonly silent?: boolean
  /** The line is cut when this many bytes were programmed. */
  readonly cutAfter?: number
  /** Told after each program of the flash. */
  readonly wrote?: () => void
  /** A bit of this offset cannot be programmed. */
  readonly wornAt?: number
  /** Answers to no SPI command: no flash is connected. */
  readonly noFlash?: boolean
}

interface Chip {
  /** Of GET_SECURITY_INFO; the ESP32 does not know that command. */
  readonly id?: number
  /** At 0x40001000. */
  readonly magic: number
  readonly spi: number
  readonly w0: number
  readonly command: number
}

const chips: Readonly<Record<Target, Chip>> = {
  esp32: { magic: 0x00f01d83, spi: 0x3ff42000, w0: 0x80, command: 0x24 },
  esp32s3: { id: 9, magic: 0x09, spi: 0x60002000, w0: 0x58, command: 0x20 },
  esp32c3: { id: 5, magic: 0x1b31506f, spi: 0x60002000, w0: 0x58, command: 0x20 },
  esp32c6: { id: 13, magic: 0x2ce0806f, spi: 0x60003000, w0: 0x58, command: 0x20 },
}

const op = {
  flashBegin: 0x02, flashData: 0x03, flashEnd: 0x04, memBegin: 0x05, memEnd: 0x06, memData: 0x07, sync: 0x08, writeReg: 0x09, readReg: 0x0a,
  spiSetParams: 0x0b, spiAttach: 0x0d, changeBaud: 0x0f, deflBegin: 0x10, deflData: 0x11, deflEnd: 0x12, md5: 0x13, securityInfo: 0x14, readFlash: 0xd2,
} as const

const sector = 4096
const badMessage = 0x05
const badChecksum = 0x07

export class FakeRom implements AsyncDisposable {
  readonly flash: Buffer
  /** Each program of the flash: where and how many bytes. */
  readonly programmed: { readonly offset: number, readonly bytes: number }[] = []
  /** Opcodes in the order they came. */
  readonly heard: number[] = []
  readonly bauds: number[] = []
  readonly #options: FakeRomOptions
  readonly #registers = new Map<number, number>()
  #stub = false
  #loaded = 0
  #write: { offset: number, end: number, inflate?: Inflate } | undefined
  #read: { at: number, end: number, block: number, acked: number, start: number } | undefined
  #cutAfter: number
  #programmedBytes = 0
  #server: Server | undefined
  readonly #sockets = new Set<Socket>()

  constructor(options: FakeRomOptions) {
    this.#options = options
    this.#cutAfter = options.cutAfter ?? Number.POSITIVE_INFINITY
    this.flash = Buffer.alloc((options.flashMib ?? 4) * 1024 * 1024, 0xff)
  }

  /** The port spec of a TCP port it listens on. */
  async listen(): Promise<string> {
    this.#server = createServer((socket) => { this.#serve(socket) })
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `socket://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** From now on the line holds. */
  mend(): void {
    this.#cutAfter = Number.POSITIVE_INFINITY
  }

  /** What its program would say on every line. */
  say(text: string): void {
    for (const socket of this.#sockets) socket.write(text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server?.close()
    if (this.#server !== undefined) await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('close', () => { this.#sockets.delete(socket) })
    const take = this.attach((bytes) => { socket.write(bytes) }, () => { socket.destroy() })
    socket.on('data', take)
  }

  /** A line: what is returned takes its bytes. One frame is answered before the next is looked at. */
  attach(send: (bytes: Uint8Array) => void, cut: () => void): (bytes: Uint8Array) => void {
    let work = Promise.resolve()
    const frames = slipReader((frame) => {
      work = work.then(() => this.#answer(frame, (payload) => { send(slip(payload)) }, cut))
    })
    return (bytes) => { if (this.#options.silent !== true) frames(bytes) }
  }

  async #answer(frame: Buffer, send: (payload: Uint8Array) => void, cut: () => void): Promise<void> {
    if (this.#read !== undefined && frame.length === 4) {
      this.#readOn(frame.readUInt32LE(0), send)
      return
    }
    if (frame.length < 8 || frame[0] !== 0) return
    const code = frame.readUInt8(1)
    const data = frame.subarray(8, 8 + frame.readUInt16LE(2))
    this.heard.push(code)
    const status = this.#stub ? 2 : 4
    const reply = (value = 0, extra: Uint8Array = new Uint8Array(), error = 0, as: number = code): void => {
      const head = Buffer.from([1, as, 0, 0, 0, 0, 0, 0])
      const tail = Buffer.alloc(status)
      if (error !== 0) tail.set([1, error])
      head.writeUInt16LE(extra.length + status, 2)
      head.writeUInt32LE(value >>> 0, 4)
      send(Buffer.concat([head, extra, tail]))
    }
    // Said eight times, under another name than the question's.
    const unknown = (): void => { for (let i = 0; i < 8; i++) reply(0, new Uint8Array(), badMessage, 0xff) }
    const { id, magic, spi, w0, command } = chips[this.#options.target]
    const sums = (payload: Buffer): boolean => payload.reduce((sum, byte) => sum ^ byte, 0xef) === (frame.readUInt32LE(4) & 0xff)
    switch (code) {
      case op.sync:
        this.#write = undefined
        this.#read = undefined
        for (let i = 0; i < 8; i++) reply(this.#stub ? 0 : 0x20120707)
        return
      case op.securityInfo: {
        if (id === undefined) return unknown()
        const info = Buffer.alloc(20)
        info.writeUInt32LE(id, 12)
        return reply(0, info)
      }
      case op.readReg: {
        const at = data.readUInt32LE(0)
        if (at === 0x40001000) return reply(magic)
        if (at === spi) return reply(0) // the command is over at once
        if (at === spi + w0 && (this.#registers.get(spi + command) ?? 0) % 256 === 0x9f) return reply(this.#options.noFlash === true ? 0xffffff : this.#flashId())
        return reply(this.#registers.get(at) ?? 0)
      }
      case op.writeReg:
        for (let at = 0; at + 16 <= data.length; at += 16) this.#registers.set(data.readUInt32LE(at), data.readUInt32LE(at + 4))
        return reply()
      case op.memBegin:
        this.#loaded = 0
        return reply()
      case op.memData: {
        const payload = data.subarray(16)
        if (!sums(payload)) return reply(0, new Uint8Array(), badChecksum)
        this.#loaded += payload.length
        return reply()
      }
      case op.memEnd:
        reply()
        if (data.readUInt32LE(0) === 0 && this.#loaded > 0) {
          this.#stub = true
          send(Buffer.from('OHAI'))
        }
        return
      case op.spiAttach: case op.spiSetParams: return reply()
      case op.changeBaud:
        this.bauds.push(data.readUInt32LE(0))
        return reply()
      case op.flashBegin: case op.deflBegin: {
        const bytes = data.readUInt32LE(0)
        const offset = data.readUInt32LE(12)
        if (offset + bytes > this.flash.length) return reply(0, new Uint8Array(), 0x06)
        this.flash.fill(0xff, Math.floor(offset / sector) * sector, Math.ceil((offset + bytes) / sector) * sector)
        this.#write = { offset, end: offset + bytes, ...(code === op.deflBegin ? { inflate: createInflate() } : {}) }
        return reply()
      }
      case op.flashData: case op.deflData: {
        const payload = data.subarray(16)
        if (this.#write === undefined) return reply(0, new Uint8Array(), badMessage)
        if (!sums(payload)) return reply(0, new Uint8Array(), badChecksum)
        const { inflate } = this.#write
        this.#program(inflate === undefined ? payload : await inflated(inflate, payload))
        if (this.#programmedBytes >= this.#cutAfter) return cut()
        return reply()
      }
      case op.flashEnd: case op.deflEnd:
        this.#write = undefined
        return reply()
      case op.md5: {
        const at = data.readUInt32LE(0)
        return reply(0, createHash('md5').update(this.flash.subarray(at, at + data.readUInt32LE(4))).digest())
      }
      case op.readFlash: {
        if (!this.#stub) return unknown()
        const [at, bytes, block] = [data.readUInt32LE(0), data.readUInt32LE(4), data.readUInt32LE(8)]
        this.#read = { at, end: at + bytes, block, acked: 0, start: at }
        reply()
        return this.#readOn(0, send)
      }
      default: return unknown()
    }
  }

  // A block for each acknowledgement, then the MD5 of all.
  #readOn(acked: number, send: (payload: Uint8Array) => void): void {
    const read = this.#read
    if (read === undefined || acked !== read.at - read.start) return
    if (read.at === read.end) {
      send(createHash('md5').update(this.flash.subarray(read.start, read.end)).digest())
      this.#read = undefined
      return
    }
    const next = Math.min(read.at + read.block, read.end)
    send(this.flash.subarray(read.at, next))
    read.at = next
  }

  // Programming clears bits, never beyond what was begun.
  #program(bytes: Uint8Array): void {
    const write = this.#write
    if (write === undefined) return
    const fits = bytes.subarray(0, Math.min(bytes.length, write.end - write.offset))
    for (const [index, byte] of fits.entries()) {
      const at = write.offset + index
      this.flash[at] = (this.flash[at] ?? 0) & byte | (at === this.#options.wornAt ? 0x01 : 0)
    }
    if (fits.length > 0) this.programmed.push({ offset: write.offset, bytes: fits.length })
    write.offset += fits.length
    this.#programmedBytes += fits.length
    this.#options.wrote?.()
  }

  // JEDEC: maker, kind, then the size as a power of two.
  #flashId(): number {
    return (Math.log2(this.flash.length) << 16) | 0x4020
  }
}

function inflated(inflate: Inflate, bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    const take = (piece: Buffer): void => { pieces.push(piece) }
    inflate.on('data', take)
    inflate.once('error', reject)
    inflate.write(bytes, () => {
      inflate.off('data', take)
      inflate.off('error', reject)
      resolve(Buffer.concat(pieces))
    })
  })
}

function slip(payload: Uint8Array): Uint8Array {
  return Uint8Array.from([0xc0, ...[...payload].flatMap((byte) => byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte]), 0xc0])
}

function slipReader(frame: (payload: Buffer) => void): (bytes: Uint8Array) => void {
  let inside: number[] | undefined
  let escaped = false
  return (bytes) => {
    for (const byte of bytes) {
      if (byte === 0xc0) {
        if (inside !== undefined && inside.length > 0) {
          frame(Buffer.from(inside))
          inside = undefined
        } else {
          inside = []
        }
      } else if (inside !== undefined) {
        if (escaped) inside.push(byte === 0xdc ? 0xc0 : 0xdb)
        else if (byte !== 0xdb) inside.push(byte)
        escaped = !escaped && byte === 0xdb
      }
    }
  }
}
