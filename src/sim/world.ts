/** A world in virtual time: one hub, any number of devices, and the one loop that decides who is next. Same seed, same run. */

import type { DeviceMessage, Hub } from '../hub/index.js'
import { VirtualClock } from './clock.js'
import { Cloud, type CloudOptions } from './cloud.js'
import { parseSpan, type Span } from './duration.js'
import type { Machine, Timeline } from './machine.js'
import { MemoryHttp } from './http.js'
import { seededRandom } from './random.js'
import { Storage } from './storage.js'

export interface WorldOptions {
  readonly seed?: number
  /** Time of day at the beginning. */
  readonly start?: string
  /** Of its hub: name, store, log, throttles. Clock and randomness are the world's. */
  readonly hub?: Partial<CloudOptions>
}

export const worldStart = '2026-01-01T00:00:00Z'
const hubHost = 'hub.tinytwin.test'

/** Longest the loop runs before timers and sockets of this process get their turn. */
const sliceMs = 25
const turnsPerLook = 64
/** Turns at one instant that cannot be honest work any more. */
const turnsPerInstant = 100_000

export class World implements Timeline {
  readonly seed: number
  readonly cloud: Cloud
  readonly clock: VirtualClock
  /** Where devices' files go. */
  readonly storage: Storage
  /** What answers on port 443: the hub, and the storage. */
  readonly http: MemoryHttp
  /** Wall time spent in the loop, and virtual time passed. */
  wallMs = 0
  readonly #machines: Machine[] = []
  readonly #telemetry = new Map<string, (message: DeviceMessage) => void>()
  #seeds = 0
  #turnsNow = 0

  constructor({ seed = 1, start = worldStart, hub = {} }: WorldOptions = {}) {
    const epochMs = Date.parse(start)
    if (Number.isNaN(epochMs)) throw new RangeError(`'${start}' is not a date such as ${worldStart}`)
    if (!Number.isSafeInteger(seed)) throw new RangeError(`the seed ${seed} is not a whole number`)
    this.seed = seed
    this.clock = new VirtualClock(epochMs)
    this.storage = new Storage(this.clock)
    this.http = new MemoryHttp((host) => (host === this.storage.hostName ? Promise.resolve(this.storage.serve) : this.cloud.serveHttp()))
    const received = (message: DeviceMessage): void => this.#telemetry.get(message.deviceId)?.(message)
    this.cloud = new Cloud({ hostName: hubHost, blobs: this.storage, ...hub }, this.clock, seededRandom(seed), received)
  }

  /** The one there is now: after a restart another, with all that the last one kept. */
  get hub(): Hub {
    return this.cloud.hub
  }

  get nowMs(): number {
    return this.clock.nowMs
  }

  get epochMs(): number {
    return this.clock.epochMs
  }

  soon(): void {
    // The loop looks at every deadline anyway.
  }

  /** A seed for one more device, different from those before. */
  nextSeed(): number {
    return this.seed + ++this.#seeds
  }

  add(machine: Machine): void {
    this.#machines.push(machine)
  }

  remove(machine: Machine): void {
    const at = this.#machines.indexOf(machine)
    if (at >= 0) this.#machines.splice(at, 1)
  }

  /** `undefined` ends the listening. */
  listen(deviceId: string, listener: ((message: DeviceMessage) => void) | undefined): void {
    if (listener === undefined) this.#telemetry.delete(deviceId)
    else this.#telemetry.set(deviceId, listener)
  }

  /** Lets virtual time pass; what is due in the last millisecond is run. */
  async advance(span: Span): Promise<void> {
    const endMs = this.nowMs + parseSpan(span)
    while (!this.#run(endMs)) await eventLoop()
    this.clock.nowMs = endMs
    await eventLoop()
  }

  /** Lets virtual time pass until `promise` is settled, or `limit` is over: then it rejects. */
  async until<T>(promise: Promise<T>, limit: Span = '10m'): Promise<T> {
    let settled = false
    const watch = async (): Promise<void> => {
      await promise.catch(() => {})
      settled = true
    }
    void watch()
    const endMs = this.nowMs + parseSpan(limit)
    for (;;) {
      while (!this.#run(this.nowMs)) await eventLoop()
      await eventLoop()
      if (settled) return promise
      const next = this.#nextMs()
      if (next > endMs) throw new Error(`nothing came of it in ${limit} of virtual time`)
      this.clock.nowMs = next
    }
  }

  /** Lets virtual time pass until `done` says so or `limit` is over; false then. */
  async drain(done: () => boolean, limit: Span): Promise<boolean> {
    const endMs = this.nowMs + parseSpan(limit)
    while (!this.#run(this.nowMs)) await eventLoop()
    while (!done()) {
      const next = this.#nextMs()
      if (next > endMs) return false
      this.clock.nowMs = next
      while (!this.#run(next)) await eventLoop()
    }
    return true
  }

  async close(): Promise<void> {
    for (const machine of this.#machines.splice(0)) machine.dispose()
    await this.cloud.close()
  }

  #nextMs(): number {
    let next = this.clock.nextMs
    for (const machine of this.#machines) next = Math.min(next, machine.deadlineMs)
    return next
  }

  /** Runs what is due until endMs; false when the slice is over before. */
  #run(endMs: number): boolean {
    const began = performance.now()
    try {
      for (let turn = 1; ; turn++) {
        const next = this.#nextMs()
        if (next > this.nowMs && this.http.pending) return false
        if (next > endMs) return true
        if (next > this.nowMs) {
          this.clock.nowMs = next
          this.#turnsNow = 0
        } else if (this.#turnsNow++ > turnsPerInstant) {
          throw new Error(`the devices keep each other busy without time passing at ${this.nowMs} ms`)
        }
        this.clock.fireDue()
        for (const machine of this.#machines) {
          if (machine.deadlineMs <= this.nowMs) machine.step()
        }
        if (turn % turnsPerLook === 0 && performance.now() - began > sliceMs) return false
      }
    } finally {
      this.wallMs += performance.now() - began
    }
  }
}

function eventLoop(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve) })
}
