// One job that runs: its devices one after another or side by side, at the rate of the tier, until all are done or its time is over.

import type { Device, HubContext } from '../domain/device.js'
import type { MethodCall } from '../domain/methods.js'
import { updateTwin } from '../domain/twins.js'
import { HubError } from '../error.js'
import { methodCallOf, twinChangeOf, type DeviceJobRecord, type JobRecord, type TwinChange } from './job.js'

export interface RunLimits {
  /** Operations on devices that a job begins in a second; Infinity is no limit. */
  readonly devicesPerSecond: number
  /** Operations of a job under way. */
  readonly devicesAtOnce: number
}

export interface RunResults {
  /** What became of one device. */
  changed(device: DeviceJobRecord): void
  /** Without a reason every device is done. */
  ended(failureReason?: string): void
}

/** Between two batches of this size others have their turn. */
const BATCH = 100

type Outcome = Pick<DeviceJobRecord, 'status' | 'response' | 'error'>

const failed = (error: Error): Outcome => ({
  status: 'failed', error: { code: error instanceof HubError ? error.publicName : 'ServerError', description: error.message }
})

export class JobRun {
  readonly #waiting: DeviceJobRecord[]
  readonly #underWay = new Set<string>()
  readonly #change: TwinChange | undefined
  readonly #call: MethodCall | undefined
  readonly #cancelDeadline: () => void
  #cancelStep: (() => void) | undefined
  #nextAt = 0
  #stopped = false

  /** Begins with the next turn of the clock. `devices` are those yet to be done. */
  constructor(readonly hub: HubContext, readonly job: JobRecord, devices: readonly DeviceJobRecord[], readonly limits: RunLimits, readonly results: RunResults) {
    this.#waiting = devices.toReversed()
    this.#change = job.updateTwin === undefined ? undefined : twinChangeOf(job.updateTwin, hub.clock.now())
    this.#call = job.cloudToDeviceMethod === undefined ? undefined : methodCallOf(job.cloudToDeviceMethod)
    const leftMs = job.startedAt! + job.maxExecutionSeconds * 1000 - hub.clock.now()
    this.#cancelDeadline = hub.clock.setTimer(() => this.#end(`the job did not end within ${job.maxExecutionSeconds} s`), Math.max(0, leftMs))
    this.#stepIn(0)
  }

  /** Results that come later are ignored. */
  stop(): void {
    this.#stopped = true
    this.#cancelDeadline()
    this.#cancelStep?.()
    this.#cancelStep = undefined
  }

  #end(failureReason?: string): void {
    this.stop()
    this.results.ended(failureReason)
  }

  #stepIn(ms: number): void {
    if (this.#stopped || this.#cancelStep !== undefined) { return }
    this.#cancelStep = this.hub.clock.setTimer(() => {
      this.#cancelStep = undefined
      this.#step()
    }, ms)
  }

  #step(): void {
    const { devicesAtOnce, devicesPerSecond } = this.limits
    for (let begun = 0; this.#waiting.length > 0 && this.#underWay.size < devicesAtOnce; begun++) {
      const now = this.hub.clock.now()
      const waitMs = begun === BATCH ? 0 : this.#nextAt - now
      if (begun === BATCH || waitMs > 0) {
        this.#stepIn(waitMs)
        return
      }
      this.#nextAt = Math.max(this.#nextAt, now) + 1000 / devicesPerSecond
      const record = this.#waiting.pop()!
      const retryMs = this.#begin(record)
      if (retryMs !== undefined) {
        this.#waiting.push(record)
        this.#stepIn(retryMs)
        return
      }
      if (this.#stopped) { return }
    }
    if (this.#waiting.length === 0 && this.#underWay.size === 0) { this.#end() }
  }

  /** The milliseconds after which to try again if the hub is throttled now. */
  #begin(record: DeviceJobRecord): number | undefined {
    const { hub } = this
    const startedAt = hub.clock.now()
    const running: DeviceJobRecord = { ...record, status: 'running', startedAt, updatedAt: startedAt }
    const done = (outcome: Outcome): void => {
      if (this.#stopped || !this.#underWay.delete(record.key)) { return }
      const endedAt = hub.clock.now()
      this.results.changed({ ...running, ...outcome, endedAt, updatedAt: endedAt })
      this.#stepIn(0)
    }
    this.#underWay.add(record.key)
    const device = hub.devices.get(record.key)
    if (device === undefined) {
      done(failed(new HubError('DeviceNotFound', `'${record.key}' was removed`)))
      return undefined
    }
    try {
      this.#operate(device, running, done)
    } catch (error) {
      if (error instanceof HubError && error.code === 'Throttled') {
        this.#underWay.delete(record.key)
        this.results.changed(record)
        return (error.retryAfterSeconds ?? 1) * 1000
      }
      done(failed(error as Error))
    }
    return undefined
  }

  #operate(device: Device, running: DeviceJobRecord, done: (outcome: Outcome) => void): void {
    const { hub, job } = this
    if (job.type === 'scheduleUpdateTwin') {
      const { parts, ifMatch } = this.#change!
      updateTwin(hub, device, parts, {
        ...(ifMatch === undefined ? {} : { ifMatch }),
        kept: (error) => done(error === undefined ? { status: 'completed' } : failed(error))
      })
      return
    }
    // kept before it is asked: after a restart it is not asked again
    this.results.changed(running)
    hub.methods.invoke(device, this.#call!, (error, result) => done(error === undefined
      ? { status: 'completed', response: { status: result!.status, payload: result!.payload } }
      : failed(error)))
  }
}
