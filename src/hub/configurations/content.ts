// What a configuration sets: paths in desired properties and their values, and the patch that makes a twin so. It knows no device.

import { isObject, type JsonObject, type JsonValue } from '../domain/json.js'
import { newTwin, patchTwin } from '../domain/twin.js'
import { HubError } from '../error.js'
import { quoted } from '../reason.js'

/** One path below desired, which may be empty, and what stands there afterwards; null is nothing. */
export interface Setting {
  readonly steps: readonly string[]
  readonly value: JsonValue
}

export interface Content {
  /** Of devices, or of the modules that the condition names. */
  readonly settings: readonly Setting[]
  /** Of gateways: by module id. */
  readonly modules: ReadonlyMap<string, readonly Setting[]>
}

const KINDS: readonly string[] = ['deviceContent', 'modulesContent', 'moduleContent']
const PREFIX = 'properties.desired'

const fault = (what: string): HubError => new HubError('ArgumentInvalid', what)

function settingsOf(name: string, json: JsonValue): Setting[] {
  if (!isObject(json)) { throw fault(`${name} must be an object`) }
  return Object.entries(json).map(([path, value]) => {
    if (path !== PREFIX && !path.startsWith(`${PREFIX}.`)) { throw fault(`${name} sets ${quoted(path)}; it can set ${PREFIX} and what is below`) }
    const steps = path.slice(PREFIX.length + 1).split('.').filter((_, i, all) => all.length > 1 || all[i] !== '')
    if (steps.length === 0 && !isObject(value)) { throw fault(`${PREFIX} must be an object`) }
    const setting = { steps, value: withoutNulls(value) }
    // what a twin refuses is refused now, not on each device
    patchTwin(newTwin(), 'desired', settled({}, [setting]), { now: 0 })
    return setting
  })
}

/** Throws ArgumentInvalid, TwinMalformed or TwinTooLarge. */
export function contentOf(json: JsonObject): Content {
  const kinds = Object.keys(json).filter((kind) => json[kind] !== null && json[kind] !== undefined)
  const unknown = kinds.find((kind) => !KINDS.includes(kind))
  if (unknown !== undefined) { throw fault(`content has ${quoted(unknown)}; it can have one of ${KINDS.join(', ')}`) }
  if (kinds.includes('deviceContent') && kinds.includes('moduleContent')) { throw fault('content is for devices or for modules, not for both') }
  const { deviceContent, moduleContent, modulesContent } = json
  const own = deviceContent ?? moduleContent
  const modules = modulesContent ?? {}
  if (!isObject(modules)) { throw fault('modulesContent must be an object') }
  return {
    settings: own === undefined || own === null ? [] : settingsOf(isObject(deviceContent) ? 'deviceContent' : 'moduleContent', own),
    modules: new Map(Object.entries(modules).map(([id, settings]) => [id, settingsOf(`modulesContent of ${quoted(id)}`, settings)]))
  }
}

/** In a twin null is what is not there. */
function withoutNulls(value: JsonValue): JsonValue {
  if (!isObject(value)) { return value }
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => inner === null || key === '$version' || key === '$metadata' ? [] : [[key, withoutNulls(inner)]]))
}

/** `desired` with each setting's value at its path, the later ones over the earlier. */
export function settled(desired: JsonObject, settings: readonly Setting[]): JsonObject {
  return settings.reduce((values, { steps, value }) => placed(values, steps, value) as JsonObject, desired)
}

function placed(values: JsonValue | undefined, steps: readonly string[], value: JsonValue): JsonValue {
  const [step, ...rest] = steps
  if (step === undefined) { return value }
  const before = new Map(isObject(values) ? Object.entries(values) : [])
  const inner = placed(before.get(step), rest, value)
  if (inner === null) { before.delete(step) } else { before.set(step, inner) }
  return Object.fromEntries(before)
}

/** The patch that makes `before` into `after`; undefined if they are the same. */
export function patchBetween(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const changes: [string, JsonValue][] = []
  for (const key of Object.keys(before)) { if (!Object.hasOwn(after, key)) { changes.push([key, null]) } }
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined
    if (isObject(old) && isObject(value)) {
      const inner = patchBetween(old, value)
      if (inner !== undefined) { changes.push([key, inner]) }
    } else if (JSON.stringify(old) !== JSON.stringify(value)) {
      changes.push([key, value])
    }
  }
  return changes.length === 0 ? undefined : Object.fromEntries(changes)
}
