/** Keeps account of a device's telemetry: what it queued, stored, gave up, what the hub acknowledged, what arrived, how often and in which order. */

/** Counts of messages. */
export interface Account {
  /** The device gave each a sequence number. */
  readonly queued: number
  /** Never queued, for want of room or too long: the app was told at once. */
  readonly refused: number
  /** First arrivals at the hub. */
  readonly arrived: number
  /** Stored or acknowledged, yet never arrived. */
  readonly lost: number
  /** Queued, not stored, and gone with the power; or given up by the device, as their policy says. */
  readonly dropped: number
  /** Too old to be sent, as their app wanted it. */
  readonly expired: number
  /** Still on their way. */
  readonly pending: number
  readonly duplicates: number
  /** First arrivals that came after a later one. */
  readonly reordered: number
}

/** Message ids are `boot-sequence`, decimal. */
const idShape = /^(\d+)-(\d+)$/

type State = 'queued' | 'stored' | 'acknowledged'

export class Ledger {
  /** Not arrived yet. */
  readonly #waiting = new Map<string, State>()
  readonly #waitingIn: Record<State, number> = { queued: 0, stored: 0, acknowledged: 0 }
  readonly #arrived = new Set<string>()
  readonly #onFlash: () => number
  #peak = 0
  #queued = 0
  #refused = 0
  readonly #dropped = new Set<string>()
  #expired = 0
  #duplicates = 0
  #reordered = 0
  /** The first start's is 0. A start that could not be counted on flash has a random number, so numbers do not tell the order. */
  readonly #starts = new Map<string, number>()
  #last: readonly [boot: number, sequence: number] = [0, 0]

  /** `onFlash` tells how many messages the device has on flash: what was stored and is not there any more is lost. */
  constructor(onFlash: () => number = () => Infinity) {
    this.#onFlash = onFlash
  }

  queued(id: string): void {
    this.#queued++
    this.#startOf(idShape.exec(id)?.[1] ?? '')
    if (!this.#arrived.has(id)) this.#move(id, 'queued')
    this.#peak = Math.max(this.#peak, this.#waiting.size)
  }

  refused(): void {
    this.#refused++
  }

  stored(id: string): void {
    if (this.#waiting.has(id)) this.#move(id, 'stored')
  }

  acknowledged(id: string): void {
    if (this.#waiting.has(id)) this.#move(id, 'acknowledged')
  }

  dropped(id: string): void {
    if (this.#move(id, undefined)) this.#dropped.add(id)
  }

  expired(id: string): void {
    if (this.#move(id, undefined)) this.#expired++
  }

  arrived(id: string | undefined): void {
    const [, boot, sequence] = idShape.exec(id ?? '') ?? []
    if (id === undefined || boot === undefined) return
    if (this.#arrived.has(id)) {
      this.#duplicates++
      return
    }
    this.#arrived.add(id)
    this.#move(id, undefined)
    this.#dropped.delete(id) // it had left before the power went
    const place = [this.#startOf(boot), Number(sequence)] as const
    if (place[0] < this.#last[0] || (place[0] === this.#last[0] && place[1] < this.#last[1])) this.#reordered++
    else this.#last = place
  }

  powerLost(): void {
    for (const [id, state] of this.#waiting) if (state === 'queued') this.dropped(id)
  }

  /** The most messages that waited for the hub at once, in RAM and on flash. */
  get peak(): number {
    return this.#peak
  }

  get account(): Account {
    const { acknowledged, stored } = this.#waitingIn
    const lost = acknowledged + Math.max(0, stored - this.#onFlash())
    return {
      queued: this.#queued,
      refused: this.#refused,
      arrived: this.#arrived.size,
      lost,
      dropped: this.#dropped.size,
      expired: this.#expired,
      pending: this.#waiting.size - lost,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
    }
  }

  /** Whether it was waiting. */
  #move(id: string, state: State | undefined): boolean {
    const before = this.#waiting.get(id)
    if (before !== undefined) this.#waitingIn[before]--
    if (state === undefined) {
      this.#waiting.delete(id)
    } else {
      this.#waiting.set(id, state)
      this.#waitingIn[state]++
    }
    return before !== undefined
  }

  #startOf(boot: string): number {
    const known = this.#starts.get(boot)
    if (known !== undefined) return known
    this.#starts.set(boot, this.#starts.size)
    return this.#starts.size - 1
  }
}
