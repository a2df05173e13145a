// The device twin (reference A8) as immutable values: merge, versions, metadata, etag. It knows no device and no topic.

import { HubError } from '../error.js'
import { isObject, type JsonObject, type JsonValue } from './json.js'
import { findLimitBroken, MAX_SECTION_BYTES, sectionBytes } from './twin-limits.js'

export type TwinPart = 'tags' | 'desired' | 'reported'

export interface TwinSection {
  readonly values: JsonObject
  /** Mirrors `values`; every object and leaf has `$lastUpdated`, in desired also `$lastUpdatedVersion`. */
  readonly metadata: JsonObject
  readonly version: number
}

export interface TwinState {
  /** Counts every change. */
  readonly version: number
  /** Counts changes of tags and desired; the etag is its text. */
  readonly etagCount: number
  readonly tags: JsonObject
  readonly desired: TwinSection
  readonly reported: TwinSection
}

type Stamp = { $lastUpdated: string; $lastUpdatedVersion?: number }

const NEVER = '0001-01-01T00:00:00Z'

/** Without a prototype, so that a key like `__proto__` is a key like any other. */
function bare(from?: JsonObject): JsonObject {
  return Object.assign(Object.create(null) as JsonObject, from)
}

export function newTwin(): TwinState {
  return {
    version: 2,
    etagCount: 1,
    tags: bare(),
    desired: { values: bare(), metadata: bare({ $lastUpdated: NEVER, $lastUpdatedVersion: 1 }), version: 1 },
    reported: { values: bare(), metadata: bare({ $lastUpdated: NEVER }), version: 1 }
  }
}

/** RFC 7396, but arrays and scalars only replace and the document itself is always an object. */
function merged(values: JsonObject, patch: JsonObject): JsonObject {
  const result = bare(values)
  for (const key of Object.keys(patch)) {
    const value = patch[key]!
    const before = result[key]
    if (value === null) {
      delete result[key]
    } else {
      result[key] = isObject(value) ? merged(isObject(before) ? before : bare(), value) : value
    }
  }
  return result
}

function mergedMetadata(metadata: JsonObject, patch: JsonObject, stamp: Stamp): JsonObject {
  const result = bare(metadata)
  for (const key of Object.keys(patch)) {
    const value: JsonValue = patch[key]!
    const before = result[key]
    if (value === null) {
      delete result[key]
    } else {
      result[key] = isObject(value) ? mergedMetadata(isObject(before) ? before : bare(), value, stamp) : bare(stamp as JsonObject)
    }
  }
  return Object.assign(result, stamp)
}

function checkPatch(part: TwinPart, patch: JsonValue): asserts patch is JsonObject {
  if (!isObject(patch)) {
    throw new HubError('TwinMalformed', `a patch of ${part} must be a JSON object`)
  }
  const broken = findLimitBroken(patch)
  if (broken !== undefined) {
    throw new HubError('TwinMalformed', `the patch of ${part} is refused: ${broken}`)
  }
}

function checkSize(part: TwinPart, values: JsonObject): void {
  const bytes = sectionBytes(values)
  if (bytes > MAX_SECTION_BYTES[part]) {
    throw new HubError('TwinTooLarge', `${part} would take ${bytes} bytes of at most ${MAX_SECTION_BYTES[part]}`)
  }
}

/**
 * The twin after `patch`, or after replacing the part by it. Throws HubError TwinMalformed or TwinTooLarge.
 * A patch without effect is a change too, as on IoT Hub. `now` is milliseconds since 1970.
 */
export function patchTwin(twin: TwinState, part: TwinPart, patch: JsonValue, { now, replace = false }: { now: number; replace?: boolean }): TwinState {
  checkPatch(part, patch)
  if (part === 'tags') {
    const tags = merged(replace ? bare() : twin.tags, patch)
    checkSize(part, tags)
    return { ...twin, tags, version: twin.version + 1, etagCount: twin.etagCount + 1 }
  }
  const before = twin[part]
  const version = before.version + 1
  const values = merged(replace ? bare() : before.values, patch)
  checkSize(part, values)
  const $lastUpdated = new Date(now).toISOString()
  const stamp: Stamp = part === 'desired' ? { $lastUpdated, $lastUpdatedVersion: version } : { $lastUpdated }
  const metadata = mergedMetadata(replace ? bare() : before.metadata, patch, stamp)
  const etagCount = part === 'desired' ? twin.etagCount + 1 : twin.etagCount
  return { ...twin, [part]: { values, metadata, version }, version: twin.version + 1, etagCount }
}

/** Base64 of the count as 8 bytes: the first is `AAAAAAAAAAE=`. */
export function twinEtag(twin: TwinState): string {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(twin.etagCount))
  return bytes.toString('base64')
}

/** The body of a device's GET: no metadata, no tags. */
export function deviceView(twin: TwinState): string {
  const { desired, reported } = twin
  return JSON.stringify({
    desired: { ...desired.values, $version: desired.version },
    reported: { ...reported.values, $version: reported.version }
  })
}
