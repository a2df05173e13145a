/** Keeps account of a device's telemetry: what it queued, what the hub acknowledged, what arrived, how often and in which order. */

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
  /** Queued, not stored, and gone with the power. */
  readonly dropped: number
  /** Still on their way. */
  readonly pending: number
  readonly duplicates: number
  /** First arrivals that came after a later one. */
  readonly reordered: number
}

/** Message ids are `boot-sequence`, decimal. */
const idShape = /^(\d+)-(\d+)$/

export class Ledger {
  readonly #waiting = new Map<string, 'queued' | 'acknowledged'>()
  readonly #arrived = new Set<string>()
  readonly #ids = new Map<number, string>() // of this boot, by sequence number
  #peak = 0
  #queued = 0
  #refused = 0
  readonly #dropped = new Set<string>()
  #duplicates = 0
  #reordered = 0
  /** The first start's is 0. A start that could not be counted on flash has a random number, so numbers do not tell the order. */
  readonly #starts = new Map<string, number>()
  #last: readonly [boot: number, sequence: number] = [0, 0]

  queued(sequence: number, id: string): void {
    this.#queued++
    this.#startOf(idShape.exec(id)?.[1] ?? '')
    this.#ids.set(sequence, id)
    if (!this.#arrived.has(id)) this.#waiting.set(id, 'queued')
    this.#peak = Math.max(this.#peak, this.#ids.size)
  }

  refused(): void {
    this.#refused++
  }

  acknowledged(sequence: number): void {
    const id = this.#ids.get(sequence)
    this.#ids.delete(sequence)
    if (id !== undefined && this.#waiting.has(id)) this.#waiting.set(id, 'acknowledged')
  }

  arrived(id: string | undefined): void {
    const [, boot, sequence] = idShape.exec(id ?? '') ?? []
    if (id === undefined || boot === undefined) return
    if (this.#arrived.has(id)) {
      this.#duplicates++
      return
    }
    this.#arrived.add(id)
    this.#waiting.delete(id)
    this.#dropped.delete(id) // it had left before the power went
    const place = [this.#startOf(boot), Number(sequence)] as const
    if (place[0] < this.#last[0] || (place[0] === this.#last[0] && place[1] < this.#last[1])) this.#reordered++
    else this.#last = place
  }

  #startOf(boot: string): number {
    const known = this.#starts.get(boot)
    if (known !== undefined) return known
    this.#starts.set(boot, this.#starts.size)
    return this.#starts.size - 1
  }

  powerLost(): void {
    for (const [id, state] of this.#waiting) {
      if (state === 'acknowledged') continue
      this.#waiting.delete(id)
      this.#dropped.add(id)
    }
    this.#ids.clear()
  }

  /** The most messages that waited for the hub at once. */
  get peak(): number {
    return this.#peak
  }

  get account(): Account {
    const lost = [...this.#waiting.values()].filter((state) => state === 'acknowledged').length
    return {
      queued: this.#queued,
      refused: this.#refused,
      arrived: this.#arrived.size,
      lost,
      dropped: this.#dropped.size,
      pending: this.#waiting.size - lost,
      duplicates: this.#duplicates,
      reordered: this.#reordered,
    }
  }
}
