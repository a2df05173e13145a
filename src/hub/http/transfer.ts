// Import and export of the whole registry as lines of JSON in blobs (reference E1), one job at a time. It knows no request.

import { applyItem } from '../domain/bulk.js'
import type { Device, HubContext } from '../domain/device.js'
import { identityDocument } from '../domain/identity-document.js'
import { isObject, parseJson, type JsonObject } from '../domain/json.js'
import { twinDocument } from '../domain/twins.js'
import type { BlobAccess } from './engines.js'
import { HttpError } from './error.js'
import { stored } from './stored.js'

const MAX_IMPORT_BYTES = 256 * 1024 * 1024
const MAX_JOBS_KEPT = 100
/** Between two of these others have their turn. */
const AT_ONCE = 100

type Status = 'running' | 'completed' | 'failed' | 'cancelled'

interface Job {
  readonly jobId: string
  readonly type: 'import' | 'export'
  readonly startTimeUtc: string
  readonly shown: JsonObject
  endTimeUtc: string | undefined
  status: Status
  progress: number
  failureReason: string | undefined
}

export class Transfers {
  readonly #hub: HubContext
  readonly #blobs: BlobAccess
  readonly #jobs = new Map<string, Job>()

  constructor(hub: HubContext, blobs: BlobAccess) {
    this.#hub = hub
    this.#blobs = blobs
  }

  /** Returns the job, under way. Throws ArgumentInvalid or JobQuotaExceeded. */
  start(wanted: JsonObject): JsonObject {
    const { type, excludeKeysInExport = false } = wanted
    if (type !== 'import' && type !== 'export') { throw invalid(`type must be 'import' or 'export'`) }
    if (typeof excludeKeysInExport !== 'boolean') { throw invalid('excludeKeysInExport must be true or false') }
    const output = this.#container(wanted, 'outputBlobContainerUri')
    const outputName = blobName(wanted, 'outputBlobName', 'devices.txt')
    const input = type === 'import' ? this.#container(wanted, 'inputBlobContainerUri') : undefined
    const inputName = blobName(wanted, 'inputBlobName', 'devices.txt')
    if ([...this.#jobs.values()].some(({ status }) => status === 'running')) {
      throw new HttpError(403, 'JobQuotaExceeded', 'another import or export is running')
    }
    const job: Job = {
      jobId: Buffer.from(this.#hub.random(16)).toString('hex'),
      type, status: 'running', progress: 0, startTimeUtc: this.#time(), endTimeUtc: undefined, failureReason: undefined,
      // without their signatures, which are for the hub alone
      shown: {
        ...(input === undefined ? {} : { inputBlobContainerUri: input.origin + input.pathname }),
        outputBlobContainerUri: output.origin + output.pathname,
        ...(type === 'export' ? { excludeKeysInExport } : {})
      }
    }
    this.#jobs.set(job.jobId, job)
    if (this.#jobs.size > MAX_JOBS_KEPT) { this.#jobs.delete(this.#jobs.keys().next().value!) }
    const work = input === undefined ? this.#export(job, below(output, outputName), excludeKeysInExport) : this.#import(job, below(input, inputName), output)
    void work.then(() => this.#end(job, 'completed'), (error: Error) => {
      job.failureReason = error.message
      this.#end(job, 'failed')
    })
    return documentOf(job)
  }

  list(): JsonObject[] {
    return [...this.#jobs.values()].map(documentOf)
  }

  /** Throws JobNotFound. */
  get(jobId: string): JsonObject {
    return documentOf(this.#find(jobId))
  }

  /** What was done stays. Throws JobNotFound. */
  cancel(jobId: string): void {
    this.#end(this.#find(jobId), 'cancelled')
  }

  #find(jobId: string): Job {
    const job = this.#jobs.get(jobId)
    if (job === undefined) { throw new HttpError(404, 'JobNotFound', 'there is no such job') }
    return job
  }

  #time(): string {
    return new Date(this.#hub.clock.now()).toISOString()
  }

  #end(job: Job, status: Exclude<Status, 'running'>): void {
    if (job.status !== 'running') { return }
    job.status = status
    job.endTimeUtc = this.#time()
    if (status === 'completed') { job.progress = 100 }
  }

  #container(wanted: JsonObject, name: string): URL {
    const text = wanted[name]
    if (typeof text !== 'string' || !URL.canParse(text)) { throw invalid(`${name} must be a URL with its signature`) }
    const url = new URL(text)
    if (!this.#blobs.covers(url)) { throw invalid(`${name} must be at the hub's own blob endpoint`) }
    return url
  }

  async #export(job: Job, target: URL, withoutKeys: boolean): Promise<void> {
    const lines: string[] = []
    const devices = [...this.#hub.devices.values()]
    for (const [i, device] of devices.entries()) {
      if (i % AT_ONCE === 0) { await this.#pause(job, i / devices.length) }
      if (job.status !== 'running') { return }
      lines.push(JSON.stringify(lineOf(device, withoutKeys)))
    }
    await this.#blobs.write(target, Buffer.from(lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`))
  }

  async #import(job: Job, source: URL, output: URL): Promise<void> {
    const lines = splitLines(await this.#blobs.read(source, MAX_IMPORT_BYTES))
    const errors: string[] = []
    for (let i = 0; i < lines.length; i += AT_ONCE) {
      await this.#pause(job, i / lines.length)
      if (job.status !== 'running') { return }
      await Promise.all(lines.slice(i, i + AT_ONCE).map(async (line) => {
        const error = await this.#importLine(line)
        if (error !== undefined) { errors.push(JSON.stringify(error)) }
      }))
    }
    if (errors.length > 0) { await this.#blobs.write(below(output, 'importErrors.log'), Buffer.from(`${errors.join('\r\n')}\r\n`)) }
  }

  async #importLine(line: Uint8Array): Promise<unknown> {
    const parsed = parseJson(line)
    if ('error' in parsed || !isObject(parsed.value)) { return { errorCode: 400004, errorStatus: 'error' in parsed ? parsed.error : 'it is no object' } }
    const item = parsed.value
    return await stored((kept) => {
      const error = applyItem(this.#hub, item, kept)
      if (error !== undefined) { kept() }
      return error
    })
  }

  async #pause(job: Job, part: number): Promise<void> {
    job.progress = Math.floor(part * 100)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}

const invalid = (message: string): HttpError => new HttpError(400, 'ArgumentInvalid', message)

function blobName(wanted: JsonObject, name: string, unless: string): string {
  const value = wanted[name] ?? unless
  if (typeof value !== 'string' || !/^[\w-][\w.-]{0,199}$/.test(value)) { throw invalid(`${name} has 1 to 200 letters, digits, dots, hyphens or underscores`) }
  return value
}

function below(container: URL, name: string): URL {
  const url = new URL(container)
  url.pathname = `${container.pathname.replace(/\/$/, '')}/${name}`
  return url
}

/** A line is what an import takes: `id` instead of `deviceId`, no times, the twin's parts beside it. */
function lineOf(device: Device, withoutKeys: boolean): JsonObject {
  const { authentication, capabilities, deviceScope, status, statusReason, managedBy } = identityDocument(device)
  const { deviceId, moduleId, etag } = device.identity
  const { tags, properties, etag: twinETag } = twinDocument(device)
  const shown = withoutKeys ? { ...authentication as JsonObject, symmetricKey: { primaryKey: null, secondaryKey: null } } : authentication
  return {
    id: deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    eTag: etag,
    ...definedOf({ status, statusReason, managedBy, capabilities, deviceScope, authentication: shown }),
    twinETag, tags,
    properties: properties as unknown as JsonObject
  }
}

function definedOf(object: Record<string, JsonObject[string] | undefined>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null)) as JsonObject
}

function documentOf({ shown, endTimeUtc, failureReason, jobId, type, status, progress, startTimeUtc }: Job): JsonObject {
  return {
    jobId, type, status, progress, startTimeUtc, ...shown,
    ...(endTimeUtc === undefined ? {} : { endTimeUtc }),
    ...(failureReason === undefined ? {} : { failureReason })
  }
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = []
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(0x0a, start)
    const end = found < 0 ? bytes.length : found
    const line = bytes.subarray(start, bytes[end - 1] === 0x0d ? end - 1 : end)
    if (line.length > 0) { lines.push(line) }
    start = end + 1
  }
  return lines
}
