/** Injects faults into one device and its hub at moments of virtual time, and keeps count of them and of how soon the connection is back. */

import { parseSpan, type Span } from '../duration.js'
import { faultKinds, type FaultKind, type FaultSite } from './kinds.js'
import { valueOf, type PlannedFault } from './plan.js'
import type { Recovery } from './recovery.js'

export interface InjectOptions {
  /** From now; at once if not given. */
  readonly after?: Span
  /** Until ended by hand if not given. For a moment there is none. */
  readonly for?: Span
  /** What the kind takes, as in KIND=VALUE. */
  readonly value?: string | number
}

export interface Fault extends Disposable {
  readonly kind: FaultKind
  /** It has begun and not ended. */
  readonly active: boolean
  /** Ends it now, or before it began. */
  end(): void
}

export interface FaultClock {
  setTimer(fired: () => void, ms: number): () => void
}

export class Faults {
  readonly #recovery: Recovery
  readonly #site: FaultSite
  readonly #clock: FaultClock
  readonly #counts = new Map<FaultKind, number>()
  readonly #open = new Set<Fault>()

  constructor(site: FaultSite, clock: FaultClock, recovery: Recovery) {
    this.#site = site
    this.#clock = clock
    this.#recovery = recovery
  }

  /** Those that have begun, by kind. */
  get counts(): Readonly<Partial<Record<FaultKind, number>>> {
    return Object.fromEntries(this.#counts)
  }

  /** Throws a RangeError for a value or a duration the kind does not take. With `using` it ends with its block. */
  inject(kind: FaultKind, { after = 0, for: lasting, value }: InjectOptions = {}): Fault {
    const { lasts } = faultKinds[kind]
    if (lasts === 'moment' && lasting !== undefined) throw new RangeError(`${kind} is a moment and lasts no time`)
    const number = valueOf(kind, value === undefined ? undefined : String(value))
    const forMs = lasts === 'moment' ? 0 : lasting === undefined ? undefined : parseSpan(lasting)
    return this.#schedule(kind, number, parseSpan(after), forMs)
  }

  /** Times are from now. */
  plan(planned: readonly PlannedFault[]): void {
    for (const { kind, atMs, forMs, value } of planned) this.#schedule(kind, valueOf(kind, value), atMs, forMs)
  }

  /** Ends all that goes on and forgets what is to come. */
  endAll(): void {
    for (const fault of this.#open) fault.end()
  }

  #schedule(kind: FaultKind, value: number, afterMs: number, forMs: number | undefined): Fault {
    let cancel: (() => void) | undefined
    let undo: (() => void) | undefined
    const end = (): void => {
      cancel?.()
      this.#open.delete(fault)
      if (undo === undefined) return
      const ending = undo
      undo = undefined
      ending()
      if (faultKinds[kind].parts) this.#recovery.ended(kind === 'net.half-open')
    }
    const begin = (): void => {
      this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
      if (faultKinds[kind].parts) this.#recovery.began()
      undo = faultKinds[kind].begin(this.#site, value)
      if (forMs === 0) end()
      else if (forMs !== undefined) cancel = this.#clock.setTimer(end, forMs)
    }
    const fault: Fault = { kind, get active() { return undo !== undefined }, end, [Symbol.dispose]: end }
    this.#open.add(fault)
    if (afterMs === 0) begin()
    else cancel = this.#clock.setTimer(begin, afterMs)
    return fault
  }
}
