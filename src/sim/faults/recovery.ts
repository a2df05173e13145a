/** How long a device takes to be connected again once nothing stands in its way. Knows no fault by its name. */

export class Recovery {
  readonly #now: () => number
  /** Things that stand in the way. */
  #obstacles = 0
  /** Since when the connection is due, Infinity: it is there, or is not due. */
  #dueMs = Infinity
  #connected = false
  /** What is due may be a connection that its peer knows nothing of: the device has to find that out first. */
  #unnoticed = false
  #longestMs = 0
  #longestUnnoticedMs = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** From the network's (or hub's, or clock's) return to the accepted connection; half-open ones apart. */
  get longestMs(): number {
    return Math.max(this.#longestMs, this.#unnoticed ? 0 : this.#waited())
  }

  /** The same, where the device had a half-open connection, which only its own time-outs end. */
  get longestHalfOpenMs(): number {
    return Math.max(this.#longestUnnoticedMs, this.#unnoticed ? this.#waited() : 0)
  }

  began(): void {
    this.#obstacles++
    this.#dueMs = Infinity
  }

  ended(halfOpen: boolean): void {
    this.#obstacles--
    this.#unnoticed ||= halfOpen
    if (this.#obstacles === 0 && (!this.#connected || this.#unnoticed)) this.#dueMs = this.#now()
  }

  connected(): void {
    const waitedMs = this.#waited()
    if (this.#unnoticed) this.#longestUnnoticedMs = Math.max(this.#longestUnnoticedMs, waitedMs)
    else this.#longestMs = Math.max(this.#longestMs, waitedMs)
    this.#connected = true
    this.#unnoticed = false
    this.#dueMs = Infinity
  }

  disconnected(): void {
    this.#connected = false
    if (this.#obstacles === 0 && this.#dueMs === Infinity) this.#dueMs = this.#now()
  }

  #waited(): number {
    return this.#dueMs === Infinity ? 0 : this.#now() - this.#dueMs
  }
}
