// Configurations of the hub's devices (reference E1): who is targeted, what is set on whom, again whenever a twin or a configuration changes.

import type { Device, HubContext } from '../domain/device.js'
import { checkMatch } from '../domain/identity.js'
import { isObject, type JsonObject } from '../domain/json.js'
import { findDevice } from '../domain/registry.js'
import { updateTwin } from '../domain/twins.js'
import { HubError } from '../error.js'
import type { HubEvent } from '../event.js'
import { understood, type Queries } from '../jobs/queries.js'
import { twinFields } from '../jobs/rows.js'
import { parseQuery } from '../query/parser.js'
import { isMatch } from '../query/select.js'
import type { Condition } from '../query/syntax.js'
import type { Kept } from '../store/store.js'
import { changedConfiguration, configurationDocument, targetOf, type ConfigurationRecord } from './configuration.js'
import { contentOf, patchBetween, settled, type Content, type Setting } from './content.js'

/** Reference A12. */
const MAX_CONFIGURATIONS = 100
/** Changes of twins are gathered for so long. */
const GATHER_MS = 1000
/** Between two batches of this size others have their turn. */
const BATCH = 100

interface Configuration {
  readonly record: ConfigurationRecord
  readonly target: Condition | undefined
  readonly content: Content
}

type Status = 'Targeted' | 'Applied'

const compiled = (record: ConfigurationRecord): Configuration => ({ record, target: targetOf(record.targetCondition), content: contentOf(record.content) })

/** The later one wins: by priority, then by age. */
const byPriority = ({ record: a }: Configuration, { record: b }: Configuration): number =>
  a.priority - b.priority || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)

export class Configurations {
  readonly #hub: HubContext
  readonly #queries: Pick<Queries, 'count'>
  /** In the order in which they are applied. */
  #configurations: Configuration[]
  /** By identity key, then by configuration id. */
  readonly #statuses = new Map<string, Map<string, Status>>()
  readonly #changed = new Set<string>()
  #cancelTimer: (() => void) | undefined
  #unsubscribe: (() => void) | undefined
  #closed = false

  constructor(hub: HubContext, queries: Pick<Queries, 'count'>) {
    this.#hub = hub
    this.#queries = queries
    this.#configurations = Array.from(hub.store.load('configuration'), ([, record]) => compiled(record)).sort(byPriority)
    if (this.#configurations.length > 0) { this.#evaluateAll() }
  }

  /** `{"<id>": {"status": "Targeted" or "Applied"}}` as queries see it. */
  readonly of = (device: Device): JsonObject | undefined => {
    const statuses = this.#statuses.get(device.key)
    return statuses === undefined ? undefined : Object.fromEntries(Array.from(statuses, ([id, status]) => [id, { status }]))
  }

  /** Resolves once it is stored. Rejects with ArgumentInvalid, ConfigurationAlreadyExists, ConfigurationNotFound, PreconditionFailed, Throttled or StoreFailed. */
  async put(id: string, json: JsonObject, ifMatch: string | undefined): Promise<{ document: JsonObject; created: boolean }> {
    const { clock, random, store, throttles } = this.#hub
    const before = this.#configurations.find(({ record }) => record.id === id)
    const change = changedConfiguration(id, JSON.parse(JSON.stringify(json)) as JsonObject, { before: before?.record, ifMatch, clock, random })
    if (before === undefined && this.#configurations.length >= MAX_CONFIGURATIONS) { throw new HubError('ArgumentInvalid', `there are ${MAX_CONFIGURATIONS} configurations already, which is the limit`) }
    throttles.require('registry')
    const configuration = compiled(change)
    this.#configurations = [...this.#configurations.filter((other) => other !== before), configuration].sort(byPriority)
    await stored((kept) => store.put('configuration', id, change, kept), () => {
      this.#configurations = [...this.#configurations.filter((other) => other !== configuration), ...before === undefined ? [] : [before]].sort(byPriority)
    })
    this.#evaluateAll()
    return { document: this.#document(configuration), created: before === undefined }
  }

  /** Throws ConfigurationNotFound. */
  get(id: string): JsonObject {
    return this.#document(this.#find(id))
  }

  /** In the order of their ids. */
  list(top: number): JsonObject[] {
    return this.#configurations.toSorted((a, b) => a.record.id < b.record.id ? -1 : 1).slice(0, top).map((each) => this.#document(each))
  }

  /** What it set stays. Rejects with ConfigurationNotFound, PreconditionFailed, Throttled or StoreFailed. */
  async remove(id: string, ifMatch: string | undefined): Promise<void> {
    const configuration = this.#find(id)
    checkMatch(ifMatch, configuration.record.etag, `configuration '${id}'`)
    this.#hub.throttles.require('registry')
    this.#configurations = this.#configurations.filter((other) => other !== configuration)
    await stored((kept) => this.#hub.store.remove('configuration', id, kept), () => {
      this.#configurations = [...this.#configurations, configuration].sort(byPriority)
    })
    this.#evaluateAll()
  }

  /** What is wrong with a condition and with queries of metrics; nothing is kept. */
  test(json: JsonObject): { targetConditionError: string; customMetricQueryErrors: Record<string, string> } {
    const { targetCondition = '', customMetricQueries = {} } = json
    const errors = Object.entries(isObject(customMetricQueries) ? customMetricQueries : {}).map(([name, query]): [string, string] =>
      [name, faultIn(() => typeof query === 'string' ? understood(() => parseQuery(query)) : notText(`the query of '${name}'`))])
    return {
      targetConditionError: faultIn(() => typeof targetCondition === 'string' ? targetOf(targetCondition) : notText('targetCondition')),
      customMetricQueryErrors: Object.fromEntries(errors.filter(([, error]) => error !== ''))
    }
  }

  /** Sets what the content says on one device and its modules, now. Rejects with DeviceNotFound, ArgumentInvalid and as twins do. */
  async apply(deviceId: string, json: JsonObject): Promise<void> {
    const device = findDevice(this.#hub, { deviceId })
    const { settings, modules } = contentOf(json)
    await stored((kept) => this.#set(device, settings, kept), () => {})
    for (const [moduleId, each] of modules) { await stored((kept) => this.#set(this.#moduleOf(device, moduleId), each, kept), () => {}) }
  }

  close(): void {
    this.#closed = true
    this.#cancelTimer?.()
    this.#unsubscribe?.()
  }

  #find(id: string): Configuration {
    const configuration = this.#configurations.find(({ record }) => record.id === id)
    if (configuration === undefined) { throw new HubError('ConfigurationNotFound', `there is no configuration '${id}'`) }
    return configuration
  }

  #document({ record }: Configuration): JsonObject {
    let targetedCount = 0
    let appliedCount = 0
    for (const statuses of this.#statuses.values()) {
      const status = statuses.get(record.id)
      if (status !== undefined) { targetedCount++ }
      if (status === 'Applied') { appliedCount++ }
    }
    return configurationDocument(record, { targetedCount, appliedCount, count: (query) => this.#queries.count(query) })
  }

  /** Nothing is listened to while there is no configuration. */
  #evaluateAll(): void {
    if (this.#configurations.length === 0) {
      this.#unsubscribe?.()
      this.#unsubscribe = undefined
      this.#cancelTimer?.()
      this.#cancelTimer = undefined
      this.#statuses.clear()
      this.#changed.clear()
      return
    }
    this.#unsubscribe ??= this.#hub.bus.onEvent((event) => this.#note(event))
    for (const key of this.#hub.devices.keys()) { this.#changed.add(key) }
    this.#evaluateIn(0)
  }

  #note(event: HubEvent): void {
    if (event.type !== 'twin' && event.type !== 'lifecycle') { return }
    const key = event.moduleId === undefined ? event.deviceId : `${event.deviceId}/${event.moduleId}`
    if (event.type === 'lifecycle' && event.change === 'deleted') {
      this.#statuses.delete(key)
      this.#changed.delete(key)
      return
    }
    this.#changed.add(key)
    if (this.#cancelTimer === undefined) { this.#evaluateIn(GATHER_MS) }
  }

  #evaluateIn(ms: number): void {
    if (this.#closed) { return }
    this.#cancelTimer?.()
    this.#cancelTimer = this.#hub.clock.setTimer(() => {
      this.#cancelTimer = undefined
      this.#evaluateChanged()
    }, ms)
  }

  #evaluateChanged(): void {
    let evaluated = 0
    for (const key of this.#changed) {
      if (evaluated++ === BATCH) {
        this.#evaluateIn(0)
        return
      }
      const device = this.#hub.devices.get(key)
      try {
        if (device !== undefined) { this.#evaluate(device) }
      } catch (error) {
        if (!(error instanceof HubError) || error.code !== 'Throttled') { throw error }
        this.#evaluateIn((error.retryAfterSeconds ?? 1) * 1000)
        return
      }
      this.#changed.delete(key)
    }
  }

  /** Throws Throttled. */
  #evaluate(device: Device): void {
    const { moduleId, iotEdge } = device.identity
    const fields = twinFields(device, () => undefined)
    const targeting = this.#configurations.filter(({ target, content }) => target !== undefined
      && (target.from === 'devices.modules') === (moduleId !== undefined)
      && (content.modules.size === 0 || iotEdge)
      && isMatch(target, fields))
    const statuses = new Map<string, Status>(targeting.map(({ record }) => [record.id, 'Targeted']))
    if (statuses.size === 0) { this.#statuses.delete(device.key) } else { this.#statuses.set(device.key, statuses) }
    const settings = targeting.flatMap(({ content }) => content.settings)
    if (this.#attempt(device, settings)) {
      for (const { record, content } of targeting) { if (content.modules.size === 0) { statuses.set(record.id, 'Applied') } }
    }
    // of deployments a gateway has one
    const deployment = targeting.findLast(({ content }) => content.modules.size > 0)
    if (deployment === undefined) { return }
    const applied = Array.from(deployment.content.modules, ([id, each]) => this.#attemptModule(device, id, each))
    if (applied.every(Boolean)) { statuses.set(deployment.record.id, 'Applied') }
  }

  #attemptModule(device: Device, moduleId: string, settings: readonly Setting[]): boolean {
    try {
      return this.#attempt(this.#moduleOf(device, moduleId), settings)
    } catch (error) {
      return this.#failed(`${device.key}/${moduleId}`, error)
    }
  }

  #attempt(device: Device, settings: readonly Setting[]): boolean {
    try {
      this.#set(device, settings, () => {})
      return true
    } catch (error) {
      return this.#failed(device.key, error)
    }
  }

  #failed(key: string, error: unknown): false {
    if (!(error instanceof HubError) || error.code === 'Throttled') { throw error }
    this.#hub.log({ time: this.#hub.clock.now(), level: 'warn', event: 'configuration', message: `'${key}' could not be configured: ${error.message}` })
    return false
  }

  #moduleOf(device: Device, moduleId: string): Device {
    const name = { deviceId: device.identity.deviceId, moduleId }
    if (!this.#hub.devices.has(`${name.deviceId}/${moduleId}`)) { this.#hub.registry.create({ ...name, managedBy: 'iotEdge' }) }
    return findDevice(this.#hub, name)
  }

  #set(device: Device, settings: readonly Setting[], kept: Kept): void {
    const { values } = device.twin.desired
    const desired = patchBetween(values, settled(values, settings))
    if (desired === undefined) { kept() } else { updateTwin(this.#hub, device, { desired }, { kept }) }
  }
}

const notText = (what: string): never => { throw new HubError('ArgumentInvalid', `${what} must be text`) }

function faultIn(check: () => unknown): string {
  try {
    check()
    return ''
  } catch (error) {
    if (error instanceof HubError) { return error.message }
    throw error
  }
}

function stored(store: (kept: Kept) => void, undo: () => void): Promise<void> {
  return new Promise((resolve, reject) => store((error) => {
    if (error === undefined) {
      resolve()
      return
    }
    undo()
    reject(error instanceof HubError ? error : new HubError('StoreFailed', 'the change could not be stored', { cause: error }))
  }))
}
