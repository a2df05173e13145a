// Jobs v2 (reference E1): who waits, who runs, what became of each device; kept in the store and gone on with after a restart.

import type { HubContext } from '../domain/device.js'
import type { JsonObject } from '../domain/json.js'
import type { ThrottleOptions } from '../domain/throttles.js'
import { HubError } from '../error.js'
import type { Row } from '../query/select.js'
import { deviceJobDocument, hasEnded, jobDocument, newJob, type DeviceJobRecord, type JobRecord } from './job.js'
import { conditionOf, type QueryPaging } from './queries.js'
import { targetsOf, type ConfigurationsOf } from './rows.js'
import { JobRun, type RunLimits } from './run.js'

export interface JobLimits extends RunLimits {
  readonly jobsAtOnce: number
}

/** Reference A12; without a tier no rate. */
export function jobLimits(throttle: ThrottleOptions | undefined): JobLimits {
  const units = throttle?.units ?? 1
  switch (throttle?.tier) {
    case undefined: return { jobsAtOnce: 10, devicesPerSecond: Infinity, devicesAtOnce: 100 }
    case 'S3': return { jobsAtOnce: 10, devicesPerSecond: 50 * units, devicesAtOnce: 100 }
    case 'S2': return { jobsAtOnce: 2, devicesPerSecond: Math.max(10, units), devicesAtOnce: 100 }
    default: return { jobsAtOnce: 1, devicesPerSecond: 10, devicesAtOnce: 100 }
  }
}

/** After that an ended job is forgotten. */
const KEPT_MS = 30 * 24 * 3_600_000

const TYPES: readonly string[] = ['scheduleUpdateTwin', 'scheduleDeviceMethod']
const STATUSES: readonly string[] = ['scheduled', 'enqueued', 'running', 'completed', 'failed', 'cancelled']

interface Job {
  record: JobRecord
  /** By identity key. */
  readonly devices: Map<string, DeviceJobRecord>
  run: JobRun | undefined
}

export class Jobs {
  readonly #hub: HubContext
  readonly #configurationsOf: ConfigurationsOf
  readonly #limits: JobLimits
  readonly #jobs = new Map<string, Job>()
  #cancelTimer: (() => void) | undefined
  #closed = false

  constructor(hub: HubContext, { configurationsOf, limits }: { configurationsOf: ConfigurationsOf; limits: JobLimits }) {
    this.#hub = hub
    this.#configurationsOf = configurationsOf
    this.#limits = limits
    for (const [id, record] of hub.store.load('job')) { this.#jobs.set(id, { record, devices: new Map(), run: undefined }) }
    for (const [, record] of hub.store.load('device-job')) { this.#jobs.get(record.jobId)?.devices.set(record.key, record) }
    for (const job of this.#jobs.values()) { if (job.record.status === 'running') { this.#resume(job) } }
    this.#schedule()
  }

  /** Resolves once it is stored. Rejects with ArgumentInvalid, TwinMalformed, JobAlreadyExists, Throttled or StoreFailed. */
  async put(id: string, json: JsonObject): Promise<JsonObject> {
    const { clock, store, throttles } = this.#hub
    const record = newJob(id, json, clock.now())
    if (this.#jobs.has(id)) { throw new HubError('JobAlreadyExists', `job '${id}' exists already`) }
    throttles.require('job')
    const job: Job = { record: JSON.parse(JSON.stringify(record)) as JobRecord, devices: new Map(), run: undefined }
    this.#jobs.set(id, job)
    await new Promise<void>((resolve, reject) => store.put('job', id, job.record, (error) => {
      if (error === undefined) {
        resolve()
        return
      }
      this.#jobs.delete(id)
      reject(new HubError('StoreFailed', `job '${id}' could not be stored`, { cause: error }))
    }))
    this.#forgetOld()
    this.#schedule()
    return this.#document(job)
  }

  /** Throws JobNotFound or Throttled. */
  get(id: string): JsonObject {
    const job = this.#find(id)
    this.#hub.throttles.require('job')
    return this.#document(job)
  }

  /** Resolves once it is stored. Rejects with JobNotFound, ArgumentInvalid if it has ended, or Throttled. */
  async cancel(id: string): Promise<JsonObject> {
    const job = this.#find(id)
    if (hasEnded(job.record)) { throw new HubError('ArgumentInvalid', `job '${id}' has ended already: it is ${job.record.status}`) }
    this.#hub.throttles.require('job')
    await new Promise<void>((resolve, reject) => this.#end(job, { status: 'cancelled' }, { status: 'canceled' }, (error) => error === undefined ? resolve() : reject(error)))
    return this.#document(job)
  }

  /** In the order of their ids. Throws ArgumentInvalid or Throttled. */
  query({ jobType, jobStatus }: { jobType?: string; jobStatus?: string }, { maxItems, continuation }: QueryPaging): { items: JsonObject[]; continuation?: string } {
    // an older name of the same
    const status = jobStatus === 'queued' ? 'enqueued' : jobStatus
    if (jobType !== undefined && !TYPES.includes(jobType)) { throw new HubError('ArgumentInvalid', `jobType is one of ${TYPES.join(', ')}`) }
    if (status !== undefined && !STATUSES.includes(status)) { throw new HubError('ArgumentInvalid', `jobStatus is one of ${STATUSES.join(', ')}`) }
    this.#hub.throttles.require('job')
    const after = continuation === undefined ? '' : Buffer.from(continuation, 'base64url').toString()
    const ids = [...this.#jobs].filter(([id, job]) => id > after && (jobType === undefined || job.record.type === jobType) && (status === undefined || this.#status(job) === status))
      .map(([id]) => id).sort()
    const items = ids.slice(0, maxItems).map((id) => this.#document(this.#find(id)))
    return ids.length > maxItems ? { items, continuation: Buffer.from(ids[maxItems - 1]!).toString('base64url') } : { items }
  }

  /** The rows of devices.jobs after a key, in the order of their keys. */
  * rows(after = ''): Iterable<Row> {
    const found: [string, DeviceJobRecord][] = []
    for (const [id, { devices }] of this.#jobs) {
      for (const [key, device] of devices) { if (`${id}|${key}` > after) { found.push([`${id}|${key}`, device]) } }
    }
    for (const [key, device] of found.sort(([a], [b]) => a < b ? -1 : 1)) { yield { key, fields: deviceJobDocument(device) } }
  }

  /** Everything stays as it is stored. */
  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
    for (const { run } of this.#jobs.values()) { run?.stop() }
  }

  #find(id: string): Job {
    const job = this.#jobs.get(id)
    if (job === undefined) { throw new HubError('JobNotFound', `there is no job '${id}'`) }
    return job
  }

  #status({ record: { status, startAt } }: Job): string {
    return status === 'scheduled' && startAt <= this.#hub.clock.now() ? 'enqueued' : status
  }

  #document(job: Job): JsonObject {
    const document = jobDocument(job.record, job.devices.values())
    return JSON.parse(JSON.stringify({ ...document, status: this.#status(job) })) as JsonObject
  }

  #waiting(): Job[] {
    return [...this.#jobs.values()].filter(({ record: { status } }) => status === 'scheduled' || status === 'enqueued')
      .sort(({ record: a }, { record: b }) => a.startAt - b.startAt || a.createdAt - b.createdAt)
  }

  /** Starts what is due and may run, and sets the timer for what comes next. */
  #schedule(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const running = [...this.#jobs.values()].filter(({ run }) => run !== undefined).length
    const [first] = this.#waiting()
    // whoever ends calls this again
    if (this.#closed || first === undefined || running >= this.#limits.jobsAtOnce) { return }
    const { clock } = this.#hub
    this.#cancelTimer = clock.setTimer(() => {
      this.#start(first)
      this.#schedule()
    }, Math.max(0, first.record.startAt - clock.now()))
  }

  #start(job: Job): void {
    const { clock, store } = this.#hub
    const startedAt = clock.now()
    const targets = targetsOf(this.#hub, conditionOf(job.record.queryCondition), this.#configurationsOf)
    job.record = { ...job.record, status: 'running', startedAt, targets }
    store.put('job', job.record.jobId, job.record, () => {})
    this.#resume(job)
  }

  /** What is not stored of a device has not been done. A method that was under way may have been: it is not called again. */
  #resume(job: Job): void {
    const { clock } = this.#hub
    const { jobId, type: jobType, targets = [] } = job.record
    const now = clock.now()
    for (const key of targets) {
      const device = job.devices.get(key)
      if (device === undefined) {
        job.devices.set(key, { jobId, jobType, key, status: 'pending', createdAt: now, updatedAt: now })
      } else if (device.status === 'running') {
        this.#keep(job, { ...device, status: 'failed', endedAt: now, updatedAt: now, error: { code: 'ServerError', description: 'the hub was restarted while the device was asked' } })
      }
    }
    const pending = [...job.devices.values()].filter(({ status }) => status === 'pending')
    job.run = new JobRun(this.#hub, job.record, pending, this.#limits, {
      changed: (device) => this.#keep(job, device),
      ended: (failureReason) => this.#end(job,
        failureReason === undefined ? { status: 'completed' } : { status: 'failed', failureReason },
        { status: 'failed', error: { code: 'JobTimeout', description: failureReason ?? '' } })
    })
  }

  #keep(job: Job, device: DeviceJobRecord): void {
    job.devices.set(device.key, device)
    this.#hub.store.put('device-job', `${device.jobId}|${device.key}`, device, () => {})
  }

  /** `left` is what becomes of devices that are not done. */
  #end(job: Job, end: Pick<JobRecord, 'status' | 'failureReason'>, left: Pick<DeviceJobRecord, 'status' | 'error'>, kept: (error?: Error) => void = () => {}): void {
    const { clock, store } = this.#hub
    job.run?.stop()
    job.run = undefined
    const endedAt = clock.now()
    for (const device of job.devices.values()) {
      if (device.status === 'pending' || device.status === 'running') { this.#keep(job, { ...device, ...left, endedAt, updatedAt: endedAt }) }
    }
    job.record = { ...job.record, ...end, endedAt }
    store.put('job', job.record.jobId, job.record, kept)
    this.#schedule()
  }

  #forgetOld(): void {
    const { clock, store } = this.#hub
    for (const [id, { record, devices }] of this.#jobs) {
      if (record.endedAt === undefined || record.endedAt > clock.now() - KEPT_MS) { continue }
      this.#jobs.delete(id)
      for (const key of devices.keys()) { store.remove('device-job', `${id}|${key}`, () => {}) }
      store.remove('job', id, () => {})
    }
  }
}
