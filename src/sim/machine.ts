/** One simulated device under power: native runtime, pins, parts, flash, log and trace. Knows a network, but no hub and no clock of its own. */

import { createHash, type Hash } from 'node:crypto'
import { errors } from '../abi/abi.js'
import { boardTable, type Board } from '../board/index.js'
import { decodeNews, type DeviceNews, type LogLevel, type NoticeKind } from './events.js'
import { createNative, resetReason, status, type LinkOptions, type NativeDevice, type NativeState } from './native.js'
import type { Network, Wire } from './network.js'
import { PinBank, type PinCall } from './pins.js'
import { attachPart, type PartReadings } from './parts/part.js'
import { v8Hooks } from './v8.js'

/** An app as the build leaves it. */
export interface AppImage {
  readonly name: string
  readonly wasm: Uint8Array
  readonly buildId: string
  /** By index; the module itself carries none. */
  readonly functionNames: ReadonlyMap<number, string>
  /** Source map, JSON. */
  readonly map: string
}

export type Engine = 'wasm3' | 'v8'

/** Who owns the time: virtual or real. All in milliseconds. */
export interface Timeline {
  /** Since the world began. */
  readonly nowMs: number
  /** Epoch at the world's beginning. */
  readonly epochMs: number
  /** The machine's deadline became now, outside its own step. */
  soon(): void
}

export interface MachineNews {
  log?(level: LogLevel, text: string): void
  notice?(kind: NoticeKind, code: number, text: string): void
  /** RAM is gone, with the power or by a reset. */
  stopped?(why: 'power' | 'reset'): void
  /** Before it is done. */
  called?(call: MachineCall): void
}

/** What is done to a machine from outside, but for what comes over its wires. */
export type MachineCall =
  | PinCall
  | readonly ['start']
  | readonly ['cut']
  | readonly ['reset', why: string]
  | readonly ['hang']
  | readonly ['trap']
  | readonly ['clock', offsetMs: number | null]
  | readonly ['flash', write: number, count: number, tornBytes: number, cuts: boolean]
  | readonly ['up']
  /** What an I2C transfer was answered with, base64; null: with nothing. */
  | readonly ['i2c', answer: string | null]

export interface MachineOptions {
  readonly app: AppImage
  readonly board: Board
  readonly engine: Engine
  /** Absent: this computer's strong randomness. */
  readonly seed?: number
  readonly link: LinkOptions
  readonly network: Network
  readonly timeline: Timeline
  /** Whether the runtime reports condition and last crash; it does if not given. */
  readonly health?: boolean | undefined
  readonly keepTrace: boolean
  /** What an earlier machine of this board left behind; erased if not given. */
  readonly flash?: Uint8Array | undefined
  readonly news: MachineNews
  /** What answers on the I2C buses, whatever is there. */
  readonly i2c?: () => Uint8Array | undefined
}

/** Trace lines wait on the native side up to this many bytes. */
const traceChunk = 48 * 1024
const never = 2 ** 31 - 1

/** Of the part of a board's flash that its runtime uses: the store's, then the outbox's. */
export function flashBytes(board: Board): number {
  return partitionBytes(board, 'store') + partitionBytes(board, 'outbox')
}

function partitionBytes(board: Board, use: 'store' | 'outbox' | 'files'): number {
  return 1024 * (board.flash.partitions.find((partition) => partition.use === use)?.kib ?? 0)
}

export class Machine {
  readonly board: Board
  readonly pins: PinBank
  /** The flash of store and outbox. It may be looked into, changed or cut at any time the device is off. */
  readonly flash: Uint8Array
  /** The files partition, likewise. */
  readonly files: Uint8Array
  /** How often each block of the outbox was erased by this machine. */
  readonly outboxErases: Int32Array
  /** By the part's name in the board file. */
  readonly parts: ReadonlyMap<string, PartReadings>
  /** When it wants to be stepped again, on its timeline. */
  deadlineMs = Infinity
  readonly #native: NativeDevice
  readonly #status = new Int32Array(status.words)
  readonly #options: MachineOptions
  readonly #wires = new Map<number, Wire>()
  /** Bytes a stream's ring had no room for, oldest first. */
  readonly #waiting = new Map<number, Uint8Array[]>()
  readonly #hash: Hash = createHash('sha256')
  readonly #lines: Buffer[] = []
  /** Taken over by each drain; grows to the largest. */
  #frames = Buffer.alloc(4096)
  #bootMs = 0
  #steps = 0
  #restarting: 'power' | 'reset' | undefined
  /** When it wakes from a deep sleep; undefined: it does not sleep. */
  #asleepUntilMs: number | undefined
  #disposed = false
  #powered = false
  /** The loops do not run, as with a task that waits for ever. */
  #hung = false
  /** What the device's clock is ahead of the timeline's; undefined: it is not set. */
  #clockOffsetMs: number | undefined = 0

  constructor(options: MachineOptions) {
    this.#options = options
    this.board = options.board
    const table = boardTable(options.board)
    this.outboxErases = new Int32Array(table.outboxBlocks)
    const storeBytes = partitionBytes(options.board, 'store')
    const bytes = flashBytes(options.board)
    this.flash = options.flash ?? new Uint8Array(bytes).fill(0xff)
    this.files = new Uint8Array(partitionBytes(options.board, 'files')).fill(0xff)
    if (this.flash.length !== bytes) {
      throw new RangeError(`a flash of ${this.flash.length} bytes is not board '${table.name}'s of ${bytes}`)
    }
    this.pins = new PinBank(options.board, (pin, level) => {
      this.#native.pinChanged(pin, level)
      this.#wake()
    }, (call) => this.#called(call))
    const { timeline, health = true } = options
    this.parts = new Map(options.board.parts.map((part) => [part.name, attachPart(options.board, part, this.pins.site(part, timeline))]))
    this.#native = createNative({
      board: table,
      wasm: options.app.wasm,
      link: options.link,
      offline: false,
      health,
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      flash: this.flash.subarray(0, storeBytes),
      outbox: this.flash.subarray(storeBytes),
      outboxErases: this.outboxErases,
      flashProgramBytes: options.board.flash.programBytes,
      files: this.files,
      status: this.#status,
      values: this.pins.values,
      hooks: this.pins.hooks,
      ...(options.engine === 'v8' ? { v8: v8Hooks(() => this.#native) } : {}),
      read: (pin) => this.pins.read(pin),
      traced: () => this.#takeTrace(),
      changed: (pin) => this.pins.changed(pin),
      i2c: (pin, address, tx, length) => this.#transfer(pin, address, tx, length),
    })
  }

  get state(): NativeState {
    return this.#native.state()
  }

  /** Turns of its loops so far. */
  get steps(): number {
    return this.#steps
  }

  /** Milliseconds since power came on. */
  get uptimeMs(): number {
    return this.#options.timeline.nowMs - this.#bootMs
  }

  get powered(): boolean {
    return this.#powered
  }

  /** Power on. Throws when the runtime refuses the app or the board. */
  start(): void {
    if (this.#disposed) return
    this.#called(['start'])
    this.#start('power')
  }

  #start(reason: keyof typeof resetReason): void {
    const { timeline, app } = this.#options
    this.#bootMs = timeline.nowMs
    this.#restarting = undefined
    this.#asleepUntilMs = undefined
    this.#hung = false
    this.#powered = true
    const why = this.#native.start(this.#epochBaseMs, resetReason[reason])
    this.#drain()
    if (why !== undefined) {
      this.#powered = false
      throw new Error(`the device cannot run '${app.name}': ${why}`)
    }
    this.#wake()
  }

  /** Sets the device's clock so far ahead of (or behind) its timeline's; undefined: it does not know the time, also after a start. */
  setClock(offsetMs: number | undefined): void {
    this.#called(['clock', offsetMs ?? null])
    this.#clockOffsetMs = offsetMs
    this.#native.setClock(this.#epochBaseMs)
    if (this.#powered) this.#wake()
  }

  /** Both loops stop and nothing is done any more, until a cut or a start. */
  hang(): void {
    this.#called(['hang'])
    this.#hung = true
    this.deadlineMs = Infinity
  }

  get hung(): boolean {
    return this.#hung
  }

  /** As the watchdog does it: RAM is lost, the power stays. */
  reset(why: string): void {
    this.#called(['reset', why])
    this.#options.news.log?.('error', why)
    this.#stop('reset')
    this.#start('watchdog')
  }

  /** The guest's next event ends in a trap. */
  trap(): void {
    this.#called(['trap'])
    this.#native.starve()
  }

  /** Power goes without a word to anyone: wires die, RAM is lost, the flash stays. */
  cut(): void {
    this.#called(['cut'])
    this.#asleepUntilMs = undefined
    this.#stop('power')
  }

  #stop(why: 'power' | 'reset'): void {
    if (!this.#powered) return
    this.#powered = false
    for (const [stream, wire] of this.#wires) {
      wire.close()
      this.#native.ended(stream, errors.closed.code)
    }
    this.#wires.clear()
    this.#waiting.clear()
    this.#native.stop()
    this.#drain()
    this.deadlineMs = Infinity
    this.#options.news.stopped?.(why)
  }

  /** Runs all that is due now on the timeline. Throws what a part or an I2C device threw. */
  step(): void {
    if (this.#hung) return
    if (this.#asleepUntilMs !== undefined) {
      if (this.#options.timeline.nowMs >= this.#asleepUntilMs) this.#start('sleep')
      return
    }
    this.#steps++
    const { nowMs } = this.#options.timeline
    const wait = this.#native.step(nowMs - this.#bootMs)
    this.deadlineMs = wait >= never ? Infinity : nowMs + wait
    if (this.#status[status.events]! > 0) this.#drain()
    if (this.#waiting.size > 0) this.#feed()
    if (this.#status[status.trace]! >= traceChunk) this.#drainTrace()
    if (this.#restarting !== undefined) {
      const reason = this.#restarting === 'power' ? 'power' : 'software'
      this.#stop(this.#restarting)
      if (this.#asleepUntilMs !== undefined) {
        this.#restarting = undefined
        this.deadlineMs = this.#asleepUntilMs
        this.#options.timeline.soon()
        return
      }
      this.#start(reason)
    }
  }

  /** The `write`-th program or erase of flash from now on (1: the next) fails, torn after `tornBytes`, and so do the next ones, `count` in all. */
  failFlash({ write = 1, count = 1, tornBytes = 0 }: { write?: number, count?: number, tornBytes?: number } = {}): void {
    this.#called(['flash', write, count, tornBytes, false])
    this.#native.flashFault(write, count, tornBytes, false)
  }

  /** The power goes in the `write`-th program or erase of flash from now on, torn after `tornBytes`, and comes back at once. */
  cutAtFlash({ write = 1, tornBytes = 0 }: { write?: number, tornBytes?: number } = {}): void {
    this.#called(['flash', write, 1, tornBytes, true])
    this.#native.flashFault(write, 1, tornBytes, true)
  }

  /** Programs and erases of flash since this machine was made. */
  get flashLife(): { readonly programs: number, readonly erases: number } {
    return this.#native.flashLife()
  }

  linkUp(): void {
    this.#called(['up'])
    this.#native.linkUp()
    if (this.#powered) this.#wake()
  }

  /** What an app keeps in its store under `key` (in the runtime its keys begin with a slash); undefined when nothing, or when the power is off. */
  stored(key: string): Uint8Array | undefined {
    return this.#native.storeGet(`/${key}`)
  }

  /** SHA-256 of the canonical trace so far. */
  get traceHash(): string {
    this.#drainTrace()
    return this.#hash.copy().digest('hex')
  }

  /** The canonical trace so far; empty unless it was to be kept. */
  get trace(): string {
    this.#drainTrace()
    return Buffer.concat(this.#lines).toString('latin1')
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    for (const wire of this.#wires.values()) wire.close()
    this.#wires.clear()
    this.deadlineMs = Infinity
    this.#native.dispose()
  }

  /** Does again what was done from outside; answers of I2C devices are given by the options instead. */
  call(call: MachineCall): void {
    switch (call[0]) {
      case 'start': this.start(); break
      case 'cut': this.cut(); break
      case 'reset': this.reset(call[1]); break
      case 'hang': this.hang(); break
      case 'trap': this.trap(); break
      case 'clock': this.setClock(call[1] ?? undefined); break
      case 'flash': {
        const [, write, count, tornBytes, cuts] = call
        if (cuts) this.cutAtFlash({ write, tornBytes })
        else this.failFlash({ write, count, tornBytes })
        break
      }
      case 'up': this.linkUp(); break
      case 'i2c': break
      default: this.pins.touch(call)
    }
  }

  #called(call: MachineCall): void {
    this.#options.news.called?.(call)
  }

  #transfer(pin: number, address: number, tx: Uint8Array, length: number): Uint8Array | undefined {
    const answer = this.#options.i2c === undefined ? this.pins.transfer(pin, address, tx, length) : this.#options.i2c()
    if (this.#options.news.called !== undefined) this.#called(['i2c', answer === undefined ? null : Buffer.from(answer).toString('base64')])
    return answer
  }

  get #epochBaseMs(): number {
    return this.#clockOffsetMs === undefined ? -1 : this.#options.timeline.epochMs + this.#bootMs + this.#clockOffsetMs
  }

  #wake(): void {
    if (this.#hung) return
    this.deadlineMs = this.#options.timeline.nowMs
    this.#options.timeline.soon()
  }

  #drain(): void {
    const waiting = this.#status[status.events]!
    if (waiting > this.#frames.length) this.#frames = Buffer.alloc(2 * waiting)
    decodeNews(this.#frames, this.#native.drain(this.#frames), this.#heard)
  }

  readonly #heard = (news: DeviceNews): void => {
    switch (news.type) {
      case 'log': this.#options.news.log?.(news.level, news.text); break
      case 'notice': this.#options.news.notice?.(news.kind, news.code, news.text); break
      case 'connect': this.#connect(news.stream, news.host, news.port); break
      case 'write': this.#wires.get(news.stream)?.write(news.bytes); break
      case 'close': {
        const wire = this.#wires.get(news.stream)
        this.#wires.delete(news.stream)
        this.#waiting.delete(news.stream)
        wire?.close()
        break
      }
      case 'restart':
        this.#restarting = news.why
        if (news.afterMs > 0) this.#asleepUntilMs = this.#options.timeline.nowMs + news.afterMs
        break
      default: news satisfies never
    }
  }

  #connect(stream: number, host: string, port: number): void {
    let ended = false
    const wire = this.#options.network.connect(host, port, {
      opened: () => {
        this.#native.opened(stream)
        this.#wake()
      },
      received: (bytes) => this.#received(stream, bytes),
      ended: (error) => {
        ended = true
        this.#wires.delete(stream)
        if (this.#disposed) return
        this.#native.ended(stream, error)
        this.#wake()
      },
    })
    if (!ended) this.#wires.set(stream, wire)
  }

  #received(stream: number, bytes: Uint8Array): void {
    if (this.#disposed) return
    const before = this.#waiting.get(stream)
    const taken = before === undefined ? this.#native.receive(stream, bytes) : 0
    if (taken < bytes.length) this.#waiting.set(stream, [...before ?? [], bytes.slice(taken)])
    this.#wake()
  }

  #feed(): void {
    for (const [stream, chunks] of this.#waiting) {
      const rest = chunks.flatMap((chunk) => {
        const taken = this.#native.receive(stream, chunk)
        return taken < chunk.length ? [chunk.subarray(taken)] : []
      })
      if (rest.length > 0) this.#waiting.set(stream, rest)
      else this.#waiting.delete(stream)
    }
    this.#wake()
  }

  #drainTrace(): void {
    if (!this.#disposed && this.#status[status.trace]! > 0) this.#takeTrace()
  }

  #takeTrace(): void {
    const lines = this.#native.drainTrace()
    this.#hash.update(lines)
    if (this.#options.keepTrace) this.#lines.push(lines)
  }
}
