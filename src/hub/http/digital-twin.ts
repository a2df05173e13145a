// A device's twin as Plug and Play sees it (reference C): properties and components, writes as JSON Patch. It knows no request.

import type { Device } from '../domain/device.js'
import { isObject, type JsonObject, type JsonValue } from '../domain/json.js'
import { HttpError } from './error.js'

const isComponent = (value: JsonValue | undefined): value is JsonObject => isObject(value) && value.__t === 'c'

/** What a device says of a property that the service wrote: `{value, ac, av, ad?}`. */
const isAcknowledgement = (value: JsonValue | undefined): value is JsonObject => isObject(value) && 'value' in value && 'ac' in value && 'av' in value

interface Section { readonly values: JsonObject; readonly metadata: JsonObject }

const metadataOf = (metadata: JsonValue | undefined): JsonObject => isObject(metadata) ? metadata : {}

function propertyOf(reported: JsonValue | undefined, reportedAt: JsonValue | undefined, desired: JsonValue | undefined, desiredAt: JsonValue | undefined) {
  const acknowledged = isAcknowledgement(reported) ? reported : undefined
  const stamp = metadataOf(reported === undefined ? desiredAt : reportedAt)
  return {
    value: acknowledged === undefined ? reported : acknowledged.value,
    metadata: {
      ...(desired === undefined ? {} : { desiredValue: desired, desiredVersion: metadataOf(desiredAt).$lastUpdatedVersion ?? 0 }),
      ...(acknowledged === undefined ? {} : {
        ackVersion: acknowledged.av!,
        ackCode: acknowledged.ac!,
        ...(acknowledged.ad === undefined ? {} : { ackDescription: acknowledged.ad })
      }),
      lastUpdateTime: stamp.$lastUpdated ?? null
    } satisfies JsonObject
  }
}

function contentsOf(reported: Section, desired: Section, isRoot: boolean): { values: JsonObject; metadata: JsonObject } {
  const values: JsonObject = {}
  const metadata: JsonObject = {}
  for (const name of new Set([...Object.keys(reported.values), ...Object.keys(desired.values)])) {
    const [is, wanted] = [reported.values[name], desired.values[name]]
    const [isAt, wantedAt] = [reported.metadata[name], desired.metadata[name]]
    if (name === '__t') { continue }
    if (isRoot && (isComponent(is) || isComponent(wanted))) {
      const component = contentsOf(
        { values: isObject(is) ? is : {}, metadata: metadataOf(isAt) }, { values: isObject(wanted) ? wanted : {}, metadata: metadataOf(wantedAt) }, false)
      values[name] = { ...component.values, $metadata: component.metadata }
    } else {
      const property = propertyOf(is, isAt, wanted, wantedAt)
      if (property.value !== undefined) { values[name] = property.value }
      metadata[name] = property.metadata
    }
  }
  return { values, metadata }
}

export function digitalTwinOf({ identity, twin, modelId }: Device): JsonObject {
  const { values, metadata } = contentsOf(twin.reported, twin.desired, true)
  return { $dtId: identity.deviceId, ...values, $metadata: { $model: modelId ?? '', ...metadata } }
}

const malformed = (what: string): HttpError => new HttpError(400, 'ArgumentInvalid', `the JSON Patch is refused: ${what}`)

/** RFC 6901 §3 */
const unescaped = (segment: string): string => segment.replace(/~1/g, '/').replace(/~0/g, '~')

/** A patch of desired properties that does what the JSON Patch says: `/property`, `/component` or `/component/property`. */
export function desiredPatchOf(operations: JsonValue | undefined): JsonObject {
  if (!Array.isArray(operations) || operations.length === 0) { throw malformed('it must be an array of operations') }
  const patch = Object.create(null) as JsonObject
  for (const operation of operations) {
    if (!isObject(operation) || typeof operation.path !== 'string') { throw malformed('an operation is an object with a path') }
    const { op, path, value } = operation
    if (op !== 'add' && op !== 'replace' && op !== 'remove') { throw malformed('op must be add, replace or remove') }
    if (op !== 'remove' && value === undefined) { throw malformed(`${op} needs a value`) }
    const [empty, first, second, ...more] = path.split('/').map(unescaped)
    if (empty !== '' || !first || second === '' || more.length > 0) { throw malformed('a path is /property, /component or /component/property') }
    const written = op === 'remove' ? null : value!
    if (second === undefined) {
      patch[first] = isObject(written) && '$metadata' in written ? componentOf(written) : written
    } else {
      const before = patch[first]
      patch[first] = { ...(isComponent(before) ? before : { __t: 'c' }), [second]: written }
    }
  }
  return patch
}

function componentOf({ $metadata: _metadata, ...values }: JsonObject): JsonObject {
  return { __t: 'c', ...values }
}
