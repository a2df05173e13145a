/** Plays a recording to the same app on the same board: no hub, no network, the same trace. */

import { createHash } from 'node:crypto'
import { boardTable, type Board } from '../board/index.js'
import type { CrashReport, LogLine } from './device.js'
import { Machine, type AppImage, type Engine } from './machine.js'
import type { Network, WireEvents } from './network.js'
import { RecordingError, Sent, type OutsideCall, type Recording, type RecordedCall } from './recording.js'
import { parseCrash, sourceLine } from './source.js'

export interface ReplayOptions {
  readonly app: AppImage
  readonly board: Board
  /** Another than the recording's gives the same trace. */
  readonly engine?: Engine | undefined
  readonly keepTrace?: boolean
  /** Play it also to another app or board than it was recorded with. */
  readonly anyway?: boolean
  /** Virtual milliseconds that were played. */
  readonly progress?: (atMs: number) => void
}

export interface Replayed {
  readonly virtualMs: number
  readonly wallMs: number
  /** SHA-256 of the canonical trace. */
  readonly trace: string
  /** Trace and bytes sent are those of the recording. */
  readonly same: boolean
  /** Where the device first did other than in the recording, as far as it shows there; in words. */
  readonly difference: string | undefined
  /** The canonical trace; empty unless it was to be kept. */
  readonly lines: string
  readonly log: readonly LogLine[]
  readonly crashes: readonly CrashReport[]
}

/** Longest the loop runs before others of this process get their turn. */
const sliceMs = 50

export function boardHash(board: Board): string {
  return createHash('sha256').update(JSON.stringify(boardTable(board))).digest('hex')
}

/** Rejects with RecordingError when the recording is of another app or board. */
export async function replay({ head, calls, end }: Recording, options: ReplayOptions): Promise<Replayed> {
  const { app, board, anyway = false } = options
  if (!anyway && head.buildId !== app.buildId) {
    throw new RecordingError(`it was recorded with build ${head.buildId} of '${head.app}', and '${app.name}' is build ${app.buildId} now`, { foreign: true })
  }
  if (!anyway && (head.board !== board.name || head.boardHash !== boardHash(board))) {
    throw new RecordingError(head.board === board.name ? `board '${board.name}' has changed since it was recorded` : `it was recorded on board '${head.board}', not on '${board.name}'`, { foreign: true })
  }
  return new Replay({ head, calls, end }, options).run()
}

class Replay {
  readonly #recording: Recording
  readonly #machine: Machine
  readonly #options: ReplayOptions
  readonly #wires: WireEvents[] = []
  readonly #sent = new Sent()
  readonly #answers: Iterator<Uint8Array | undefined>
  readonly #calls: readonly RecordedCall[]
  readonly #log: LogLine[] = []
  readonly #crashes: CrashReport[] = []
  #nowMs = 0

  constructor({ head, calls, end }: Recording, options: ReplayOptions) {
    const { app, board, engine = head.engine, keepTrace = false } = options
    const now = (): number => this.#nowMs
    this.#recording = { head, calls, end }
    this.#options = options
    this.#calls = calls.filter(({ call }) => call[0] !== 'i2c')
    this.#answers = calls.flatMap(({ call }) => call[0] === 'i2c' ? [call[1] === null ? undefined : Buffer.from(call[1], 'base64')] : []).values()
    this.#machine = new Machine({
      app, board, engine, keepTrace,
      seed: head.seed,
      link: { connection: head.connection, tls: false, ...(head.tokenTtlS === undefined ? {} : { tokenTtlS: head.tokenTtlS }) },
      network: this.#network(),
      timeline: { epochMs: head.epochMs, soon() {}, get nowMs() { return now() } },
      i2c: () => this.#answers.next().value,
      news: {
        log: (level, text) => { this.#log.push({ atMs: this.#nowMs, level, text }) },
        notice: (kind, _code, text) => {
          const crash = kind === 'crashed' ? parseCrash(text) : undefined
          if (crash === undefined) return
          const at = sourceLine(crash, app)
          this.#crashes.push({ ...crash, atMs: this.#nowMs, ...(at === undefined ? {} : { at }) })
        },
      },
    })
  }

  async run(): Promise<Replayed> {
    const { end } = this.#recording
    const beganMs = performance.now()
    try {
      const parting = await this.#play()
      const { traceHash: trace, trace: lines } = this.#machine
      const difference = parting ?? (trace !== end.trace ? 'the canonical trace is another' : this.#sent.digest() !== end.sent ? 'the device sent other bytes' : undefined)
      return {
        virtualMs: this.#nowMs, wallMs: Math.round(performance.now() - beganMs), trace, lines,
        same: difference === undefined, difference, log: this.#log, crashes: this.#crashes,
      }
    } finally {
      this.#machine.dispose()
    }
  }

  /** The result says where the device did not do what it did then. */
  async #play(): Promise<string | undefined> {
    const { end } = this.#recording
    const machine = this.#machine
    let sliceBegan = performance.now()
    for (let next = 0; ;) {
      const { atMs, steps, call } = this.#calls[next] ?? { ...end, call: undefined }
      if (machine.steps > steps || this.#nowMs > atMs) return this.#parting()
      if (machine.steps === steps) {
        // What is done at the very moment of a turn is done before it.
        if (machine.deadlineMs < atMs) return this.#parting()
        this.#nowMs = atMs
        if (call === undefined) return undefined
        if (!this.#do(call)) return this.#parting()
        next++
      } else {
        if (machine.deadlineMs > atMs) return this.#parting()
        this.#nowMs = Math.max(this.#nowMs, machine.deadlineMs)
        machine.step()
      }
      if (performance.now() - sliceBegan > sliceMs) {
        this.#options.progress?.(this.#nowMs)
        await new Promise((resolve) => { setImmediate(resolve) })
        sliceBegan = performance.now()
      }
    }
  }

  #parting(): string {
    return `the device did something else at ${this.#nowMs} ms, in turn ${this.#machine.steps} of its loops`
  }

  /** False for a connection that was never made. */
  #do(call: OutsideCall): boolean {
    if (call[0] !== 'opened' && call[0] !== 'received' && call[0] !== 'ended') {
      this.#machine.call(call)
      return true
    }
    const wire = this.#wires[call[1] - 1]
    if (wire === undefined) return false
    switch (call[0]) {
      case 'opened': wire.opened(); break
      case 'received': wire.received(Buffer.from(call[2], 'base64')); break
      case 'ended': wire.ended(call[2]); break
      default: call satisfies never
    }
    return true
  }

  #network(): Network {
    return {
      connect: (_host, _port, events) => {
        const number = this.#wires.push(events)
        return { write: (bytes) => this.#sent.add(number, bytes), close: () => {} }
      },
    }
  }
}
