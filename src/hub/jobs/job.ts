// One job and its part on one device as records: checked when they come, written when they are asked for. It runs nothing.

import { isDeviceId } from '../domain/identity.js'
import { isObject, type JsonObject, type JsonValue } from '../domain/json.js'
import { checked as checkedCall, type MethodCall } from '../domain/methods.js'
import { newTwin, patchTwin } from '../domain/twin.js'
import { HubError } from '../error.js'
import { conditionOf } from './queries.js'

export type JobType = 'scheduleUpdateTwin' | 'scheduleDeviceMethod'
export type JobStatus = 'scheduled' | 'enqueued' | 'running' | 'completed' | 'failed' | 'cancelled'
export type DeviceJobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'canceled'

/** Times are milliseconds since 1970. */
export interface JobRecord {
  readonly jobId: string
  readonly type: JobType
  readonly queryCondition: string
  /** As it came, of the one type or the other. */
  readonly updateTwin?: JsonObject
  readonly cloudToDeviceMethod?: JsonObject
  readonly maxExecutionSeconds: number
  readonly createdAt: number
  readonly startAt: number
  readonly status: JobStatus
  readonly startedAt?: number
  readonly endedAt?: number
  readonly failureReason?: string
  /** Identity keys, from when it runs. */
  readonly targets?: readonly string[]
}

export interface DeviceJobRecord {
  readonly jobId: string
  readonly jobType: JobType
  /** The identity's. */
  readonly key: string
  readonly status: DeviceJobStatus
  readonly createdAt: number
  readonly updatedAt: number
  readonly startedAt?: number
  readonly endedAt?: number
  readonly response?: { readonly status: number; readonly payload: JsonValue }
  readonly error?: { readonly code: string; readonly description: string }
}

const DEFAULT_SECONDS = 3600
/** 30 days, as long as ended jobs are kept. */
const MAX_SECONDS = 30 * 24 * 3600
const RESPONSE_SECONDS = { least: 5, most: 300 }

const fault = (what: string): HubError => new HubError('ArgumentInvalid', what)

function seconds(json: JsonObject, name: string, { least, most }: { least: number; most: number }): number | undefined {
  const value = json[name]
  if (value === undefined || value === null) { return undefined }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) { throw fault(`${name} must be an integer from ${least} to ${most}`) }
  return value
}

function timeOf(json: JsonObject, name: string, now: number): number {
  const value = json[name]
  if (value === undefined || value === null || value === '') { return now }
  const time = typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : NaN
  if (Number.isNaN(time)) { throw fault(`${name} must be a time in the manner of 2026-01-31T12:00:00Z`) }
  return time
}

/** Throws ArgumentInvalid. */
export function methodCallOf(method: JsonObject): MethodCall {
  const { methodName, payload = null } = method
  const response = seconds(method, 'responseTimeoutInSeconds', RESPONSE_SECONDS)
  const connect = seconds(method, 'connectTimeoutInSeconds', { least: 0, most: RESPONSE_SECONDS.most })
  const call: MethodCall = {
    method: methodName as string,
    payload,
    ...(response === undefined ? {} : { responseTimeoutMs: response * 1000 }),
    ...(connect === undefined ? {} : { connectTimeoutMs: connect * 1000 })
  }
  checkedCall(call)
  return call
}

export interface TwinChange {
  readonly parts: { readonly tags?: JsonValue; readonly desired?: JsonValue }
  readonly ifMatch?: string
}

function withoutVersion(value: JsonValue): JsonValue {
  if (!isObject(value)) { return value }
  const { $metadata: _metadata, $version: _version, ...rest } = value
  return rest
}

/** Throws ArgumentInvalid or TwinMalformed. */
export function twinChangeOf({ tags, properties, etag }: JsonObject, now: number): TwinChange {
  if (properties !== undefined && properties !== null && !isObject(properties)) { throw fault('updateTwin.properties must be an object') }
  const desired = isObject(properties) ? properties['desired'] : undefined
  const parts = { ...(tags === undefined || tags === null ? {} : { tags: withoutVersion(tags) }), ...(desired === undefined || desired === null ? {} : { desired: withoutVersion(desired) }) }
  if (Object.keys(parts).length === 0) { throw fault('updateTwin must have tags or properties.desired') }
  let twin = newTwin()
  for (const part of ['tags', 'desired'] as const) { if (parts[part] !== undefined) { twin = patchTwin(twin, part, parts[part], { now }) } }
  return { parts, ...(typeof etag === 'string' && etag !== '' ? { ifMatch: etag } : {}) }
}

/** The job that a client describes; throws ArgumentInvalid or TwinMalformed. */
export function newJob(jobId: string, json: JsonObject, now: number): JobRecord {
  const { type, queryCondition, updateTwin, cloudToDeviceMethod } = json
  if (!isDeviceId(jobId)) { throw fault('a job id is made of the characters of device ids') }
  if (json['jobId'] !== undefined && json['jobId'] !== jobId) { throw fault('the body names another jobId than the address') }
  if (typeof queryCondition !== 'string') { throw fault('queryCondition must be text') }
  conditionOf(queryCondition)
  const startAt = timeOf(json, 'startTime', now)
  const common = {
    jobId, queryCondition, createdAt: now, startAt,
    maxExecutionSeconds: seconds(json, 'maxExecutionTimeInSeconds', { least: 1, most: MAX_SECONDS }) ?? DEFAULT_SECONDS,
    status: startAt > now ? 'scheduled' : 'enqueued'
  } as const
  switch (type) {
    case 'scheduleUpdateTwin':
      if (!isObject(updateTwin)) { throw fault('updateTwin must be an object') }
      twinChangeOf(updateTwin, now)
      return { ...common, type, updateTwin }
    case 'scheduleDeviceMethod':
      if (!isObject(cloudToDeviceMethod)) { throw fault('cloudToDeviceMethod must be an object') }
      methodCallOf(cloudToDeviceMethod)
      return { ...common, type, cloudToDeviceMethod }
    default:
      throw fault(`type must be 'scheduleUpdateTwin' or 'scheduleDeviceMethod'`)
  }
}

export const hasEnded = ({ status }: JobRecord): boolean => status === 'completed' || status === 'failed' || status === 'cancelled'

const iso = (ms: number): string => new Date(ms).toISOString()

/** As the service's clients read it [E1]; `devices` are those of a job that ran. */
export function jobDocument(job: JobRecord, devices: Iterable<DeviceJobRecord>): JsonObject {
  const { jobId, type, status, queryCondition, updateTwin, cloudToDeviceMethod, failureReason, targets } = job
  return {
    jobId, type, status, queryCondition,
    ...(updateTwin === undefined ? {} : { updateTwin }),
    ...(cloudToDeviceMethod === undefined ? {} : { cloudToDeviceMethod }),
    createdTime: iso(job.createdAt),
    startTime: iso(job.startedAt ?? job.startAt),
    ...(job.endedAt === undefined ? {} : { endTime: iso(job.endedAt) }),
    maxExecutionTimeInSeconds: job.maxExecutionSeconds,
    ...(failureReason === undefined ? {} : { failureReason }),
    ...(targets === undefined ? {} : { deviceJobStatistics: statistics(devices) })
  }
}

function statistics(devices: Iterable<DeviceJobRecord>): JsonObject {
  const counts = { deviceCount: 0, failedCount: 0, succeededCount: 0, runningCount: 0, pendingCount: 0 }
  for (const { status } of devices) {
    counts.deviceCount++
    if (status === 'failed') { counts.failedCount++ }
    if (status === 'completed') { counts.succeededCount++ }
    if (status === 'running') { counts.runningCount++ }
    if (status === 'pending') { counts.pendingCount++ }
  }
  return counts
}

/** A row of devices.jobs. */
export function deviceJobDocument({ jobId, jobType, key, status, createdAt, updatedAt, startedAt, endedAt, response, error }: DeviceJobRecord): JsonObject {
  const [deviceId, moduleId] = key.split('/') as [string, string?]
  return {
    deviceId, ...(moduleId === undefined ? {} : { moduleId }), jobId, jobType, status,
    ...(startedAt === undefined ? {} : { startTimeUtc: iso(startedAt) }),
    ...(endedAt === undefined ? {} : { endTimeUtc: iso(endedAt) }),
    createdDateTimeUtc: iso(createdAt),
    lastUpdatedDateTimeUtc: iso(updatedAt),
    ...(status === 'completed' ? { outcome: { deviceMethodResponse: response === undefined ? null : { status: response.status, payload: response.payload } } } : {}),
    ...(error === undefined ? {} : { error: { ...error } })
  }
}
