/** All that came to a device from outside, in order, so that it can be played to it again; knows how it is written down, not how it is played. */

import { createHash } from 'node:crypto'
import type { Engine, Machine, MachineCall } from './machine.js'
import type { Network, WireEvents } from './network.js'

/** Over its connections, numbered in the order in which they were made. */
export type WireCall =
  | readonly ['opened', wire: number]
  /** Bytes in base64. */
  | readonly ['received', wire: number, bytes: string]
  | readonly ['ended', wire: number, error: number]

export type OutsideCall = MachineCall | WireCall

export interface RecordedCall {
  /** Virtual milliseconds. */
  readonly atMs: number
  /** Turns of the device's loops before it: what is done between two of them is done before the next. */
  readonly steps: number
  readonly call: OutsideCall
}

export interface RecordingHead {
  readonly app: string
  readonly buildId: string
  readonly board: string
  /** SHA-256 of the board's table. */
  readonly boardHash: string
  readonly engine: Engine
  readonly seed: number
  readonly epochMs: number
  /** Of the simulated hub, whose keys come from the seed and open nothing else. */
  readonly connection: string
  readonly tokenTtlS?: number | undefined
}

export interface RecordingEnd {
  readonly atMs: number
  readonly steps: number
  /** SHA-256 of the canonical trace. */
  readonly trace: string
  /** SHA-256 of all that the device sent. */
  readonly sent: string
}

export interface Recording {
  readonly head: RecordingHead
  readonly calls: readonly RecordedCall[]
  readonly end: RecordingEnd
}

const version = 1
const kinds: ReadonlySet<unknown> = new Set<OutsideCall[0]>([
  'start', 'cut', 'reset', 'hang', 'trap', 'clock', 'flash', 'up', 'i2c', 'pin', 'free', 'stick', 'unstick', 'silence', 'unsilence', 'opened', 'received', 'ended',
])

/** What is wrong with a recording, in words a person can act on. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError'
  /** It is sound, but of another app or board: it may be played all the same. */
  readonly foreign: boolean

  constructor(message: string, { foreign = false }: { foreign?: boolean } = {}) {
    super(message)
    this.foreign = foreign
  }
}

/** Digest of what a device sends, the same for the same bytes however they were cut into pieces. */
export class Sent {
  readonly #hash = createHash('sha256')
  #wire = 0

  add(wire: number, bytes: Uint8Array): void {
    if (wire !== this.#wire) this.#hash.update(`wire ${wire}`)
    this.#wire = wire
    this.#hash.update(bytes)
  }

  digest(): string {
    return this.#hash.copy().digest('hex')
  }
}

export class Recorder {
  readonly #head: RecordingHead
  readonly #now: () => number
  readonly #lines: string[] = []
  readonly #sent = new Sent()
  #machine: Machine | undefined
  #wires = 0

  constructor(head: RecordingHead, now: () => number) {
    this.#head = head
    this.#now = now
    this.#lines.push(JSON.stringify({ type: 'recording', version, ...head }))
  }

  get head(): RecordingHead {
    return this.#head
  }

  /** Before it is started. */
  attach(machine: Machine): void {
    this.#machine = machine
  }

  called(call: OutsideCall): void {
    this.#lines.push(JSON.stringify([this.#now(), this.#machine?.steps ?? 0, ...call]))
  }

  network(network: Network): Network {
    return {
      connect: (host, port, events) => {
        const number = ++this.#wires
        const wire = network.connect(host, port, {
          opened: () => {
            this.called(['opened', number])
            events.opened()
          },
          received: (bytes) => {
            this.called(['received', number, Buffer.from(bytes).toString('base64')])
            events.received(bytes)
          },
          ended: (error) => {
            this.called(['ended', number, error])
            events.ended(error)
          },
        } satisfies WireEvents)
        return {
          write: (bytes) => {
            this.#sent.add(number, bytes)
            wire.write(bytes)
          },
          close: () => wire.close(),
        }
      },
    }
  }

  /** The recording as far as it goes; the last line has the SHA-256 of those before. */
  text(): string {
    if (this.#machine === undefined) throw new Error('nothing was recorded')
    const { steps, traceHash: trace } = this.#machine
    const body = `${this.#lines.join('\n')}\n`
    const end: RecordingEnd = { atMs: this.#now(), steps, trace, sent: this.#sent.digest() }
    return `${body}${JSON.stringify({ end, sha256: createHash('sha256').update(body).digest('hex') })}\n`
  }
}

/** Throws RecordingError for what is no recording, is damaged, or was written by another version. */
export function parseRecording(text: string): Recording {
  const lines = text.split('\n')
  const head = objectOf(lines[0])
  if (head?.['type'] !== 'recording') throw new RecordingError('it is no recording of a simulation')
  if (head['version'] !== version) throw new RecordingError(`it is of version ${String(head['version'])}, this TinyTwin reads version ${version}`)
  const last = objectOf(lines.at(-2))
  if (lines.at(-1) !== '' || last?.['end'] === undefined) throw new RecordingError('it is damaged: its end is missing')
  const body = `${lines.slice(0, -2).join('\n')}\n`
  if (createHash('sha256').update(body).digest('hex') !== last['sha256']) throw new RecordingError('it is damaged: its checksum is wrong')
  return {
    head: head as unknown as RecordingHead,
    calls: lines.slice(1, -2).map((line, index) => callOf(line, index + 2)),
    end: last['end'] as RecordingEnd,
  }
}

function callOf(line: string, number: number): RecordedCall {
  const [atMs, steps, ...call] = JSON.parse(line) as [number, number, ...OutsideCall]
  if (!Number.isSafeInteger(atMs) || !Number.isSafeInteger(steps) || !kinds.has(call[0])) {
    throw new RecordingError(`line ${number} says nothing that this TinyTwin knows`)
  }
  return { atMs, steps, call }
}

function objectOf(line: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined
  } catch {
    return undefined
  }
}
