// One configuration as a record: checked when it comes, written when it is asked for. It applies nothing.

import { checkMatch, isDeviceId, newEtag } from '../domain/identity.js'
import { isObject, type JsonObject } from '../domain/json.js'
import type { Clock, Random } from '../clock.js'
import { HubError } from '../error.js'
import { conditionOf, understood } from '../jobs/queries.js'
import { parseQuery } from '../query/parser.js'
import type { Condition } from '../query/syntax.js'
import { quoted } from '../reason.js'
import { contentOf } from './content.js'

/** Times are milliseconds since 1970. */
export interface ConfigurationRecord {
  readonly id: string
  readonly schemaVersion: string
  readonly labels: JsonObject
  readonly content: JsonObject
  /** Without one it targets nothing. */
  readonly targetCondition: string
  readonly priority: number
  /** Queries by the names of their metrics. */
  readonly metrics: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly updatedAt: number
  readonly etag: string
}

const MAX_METRICS = 10
const MAX_PRIORITY = 0x7fffffff

const fault = (what: string): HubError => new HubError('ArgumentInvalid', what)

/** What may change without the configuration's doing has the twin as its only source; so it ends, whatever the configurations set. */
const SOURCES = ['deviceid', 'moduleid', 'tags']

/** Undefined targets nothing. Throws ArgumentInvalid. */
export function targetOf(text: string): Condition | undefined {
  if (text.trim() === '') { return undefined }
  const condition = conditionOf(text)
  for (const { steps } of condition.paths) {
    const [first, second] = steps.map((step) => String(step).toLowerCase())
    if (!SOURCES.includes(first!) && !(first === 'properties' && second === 'reported')) {
      throw fault(`a target condition asks for ${quoted(steps.join('.'))}; it can ask for deviceId, moduleId, tags and properties.reported`)
    }
  }
  return condition
}

function textsIn(json: JsonObject, name: string): Record<string, string> {
  const value = json[name] ?? {}
  if (!isObject(value)) { throw fault(`${name} must be an object`) }
  const entries = Object.entries(value)
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) { throw fault(`each of ${name} must be text`) }
  return Object.fromEntries(entries)
}

function metricsOf(json: JsonObject): Record<string, string> {
  const { metrics } = json
  if (metrics === undefined || metrics === null) { return {} }
  if (!isObject(metrics)) { throw fault('metrics must be an object') }
  const queries = textsIn(metrics, 'queries')
  if (Object.keys(queries).length > MAX_METRICS) { throw fault(`there are at most ${MAX_METRICS} metrics`) }
  for (const text of Object.values(queries)) { understood(() => parseQuery(text)) }
  return queries
}

/** The configuration that a client describes, new or over an earlier one. Throws ArgumentInvalid, ConfigurationAlreadyExists, ConfigurationNotFound or PreconditionFailed. */
export function changedConfiguration(id: string, json: JsonObject, { before, ifMatch, clock, random }: { before: ConfigurationRecord | undefined; ifMatch: string | undefined; clock: Clock; random: Random }): ConfigurationRecord {
  if (before === undefined && ifMatch !== undefined) { throw new HubError('ConfigurationNotFound', `there is no configuration '${id}'`) }
  if (before !== undefined) {
    if (ifMatch === undefined) { throw new HubError('ConfigurationAlreadyExists', `configuration '${id}' exists already`) }
    checkMatch(ifMatch, before.etag, `configuration '${id}'`)
  }
  if (!isDeviceId(id)) { throw fault('a configuration id is made of the characters of device ids') }
  if (json['id'] !== undefined && json['id'] !== id) { throw fault('the body names another id than the address') }
  const { schemaVersion = '1.0', content = before?.content ?? {}, targetCondition, priority } = json
  if (typeof schemaVersion !== 'string') { throw fault('schemaVersion must be text') }
  if (!isObject(content)) { throw fault('content must be an object') }
  contentOf(content)
  if (before !== undefined && JSON.stringify(content) !== JSON.stringify(before.content)) { throw fault('the content of a configuration cannot be changed. Make another one') }
  if (targetCondition !== undefined && targetCondition !== null && typeof targetCondition !== 'string') { throw fault('targetCondition must be text') }
  targetOf(targetCondition ?? '')
  if (priority !== undefined && priority !== null && !(Number.isInteger(priority) && Math.abs(priority as number) <= MAX_PRIORITY)) { throw fault('priority must be an integer') }
  const now = clock.now()
  return {
    id, schemaVersion, content,
    labels: textsIn(json, 'labels'),
    targetCondition: targetCondition ?? '',
    priority: (priority as number | null | undefined) ?? 0,
    metrics: metricsOf(json),
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    etag: newEtag(random)
  }
}

export interface MetricResults {
  readonly targetedCount: number
  readonly appliedCount: number
  /** How many rows a query has. */
  count(query: string): number
}

/** Of gateways: what their agents report. */
const agentQuery = (id: string, comparison: string): string =>
  `SELECT deviceId FROM devices.modules WHERE moduleId = '$edgeAgent' AND configurations.[[${id}]].status = 'Applied' AND properties.desired.$version = properties.reported.lastDesiredVersion AND properties.reported.lastDesiredStatus.code ${comparison} 200`

function targetQuery({ targetCondition }: ConfigurationRecord): string {
  const condition = targetCondition.trim()
  if (condition === '*' || condition === '') { return 'SELECT deviceId FROM devices' }
  return /^from\s/i.test(condition) ? `SELECT deviceId ${condition}` : `SELECT deviceId FROM devices WHERE ${condition}`
}

/** As the service's clients read it [E1]. */
export function configurationDocument(record: ConfigurationRecord, { targetedCount, appliedCount, count }: MetricResults): JsonObject {
  const { id, schemaVersion, labels, content, targetCondition, priority, metrics, createdAt, updatedAt, etag } = record
  const isDeployment = isObject(content['modulesContent'])
  const collection = /^from\s+devices\.modules/i.test(targetCondition.trim()) ? 'devices.modules' : 'devices'
  const agents: Record<string, string> = isDeployment ? { reportedSuccessfulCount: agentQuery(id, '='), reportedFailedCount: agentQuery(id, '!=') } : {}
  const results = (queries: Readonly<Record<string, string>>): JsonObject =>
    Object.fromEntries(Object.entries(queries).map(([name, query]) => [name, count(query)]))
  const document: JsonObject = {
    id, schemaVersion, labels, content, targetCondition, priority,
    createdTimeUtc: new Date(createdAt).toISOString(),
    lastUpdatedTimeUtc: new Date(updatedAt).toISOString(),
    etag,
    systemMetrics: {
      results: { targetedCount, appliedCount, ...results(agents) },
      queries: { targetedCount: targetQuery(record), appliedCount: `SELECT deviceId FROM ${collection} WHERE configurations.[[${id}]].status = 'Applied'`, ...agents }
    },
    metrics: { results: results(metrics), queries: { ...metrics } }
  }
  return JSON.parse(JSON.stringify(document)) as JsonObject
}
