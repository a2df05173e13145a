// Many changes of the registry in one call, each with its own outcome (reference E1: `POST /devices`, and import). It knows no HTTP.

import { HubError } from '../error.js'
import { whenAll } from '../store/kept.js'
import type { Kept } from '../store/store.js'
import type { HubContext } from './device.js'
import { checkName, identityKey, type IdentityName } from './identity.js'
import { identityRequestOf } from './identity-document.js'
import { isObject, type JsonObject, type JsonValue } from './json.js'
import { findDevice } from './registry.js'
import { twinEtag } from './twin.js'
import { updateTwin } from './twins.js'

export interface BulkError {
  readonly deviceId: string
  readonly moduleId?: string
  readonly errorCode: number
  readonly errorStatus: string
}

export interface BulkResult {
  readonly isSuccessful: boolean
  readonly errors: BulkError[]
  readonly warnings: never[]
}

const MAX_ITEMS = 100

/** `POST /devices`: at most 100 items, else ArgumentInvalid for all; otherwise each is told of alone. `kept` is called when everything that was done is stored. */
export function bulkRegistry(hub: HubContext, items: JsonValue, kept: Kept): BulkResult {
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_ITEMS) {
    throw new HubError('ArgumentInvalid', `a bulk operation is an array of 1 to ${MAX_ITEMS} identities`)
  }
  const names = items.map((item) => isObject(item) ? identityKey(nameOf(item)) : undefined)
  if (new Set(names).size < names.length || names.includes(undefined)) {
    throw new HubError('ArgumentInvalid', 'each item of a bulk operation is an object and names another identity')
  }
  const oneKept = whenAll(items.length, kept)
  const errors = items.flatMap((item): BulkError[] => {
    const error = applyItem(hub, item as JsonObject, oneKept)
    if (error === undefined) { return [] }
    oneKept()
    return [error]
  })
  return { isSuccessful: errors.length === 0, errors, warnings: [] }
}

function nameOf(item: JsonObject): IdentityName {
  const { id, deviceId, moduleId } = item
  return { deviceId: (id ?? deviceId) as string, ...(moduleId === undefined || moduleId === null ? {} : { moduleId: moduleId as string }) }
}

/** One item of a bulk operation or of an import; an error means that nothing was done and `kept` is not called. */
export function applyItem(hub: HubContext, item: JsonObject, kept: Kept): BulkError | undefined {
  const name = nameOf(item)
  try {
    checkName(name)
    applyMode(hub, item, name, kept)
    return undefined
  } catch (error) {
    if (!(error instanceof HubError)) { throw error }
    // the text that stands for an id may be anything
    return { deviceId: String(name.deviceId), ...(name.moduleId === undefined ? {} : { moduleId: String(name.moduleId) }), errorCode: error.number, errorStatus: error.publicName }
  }
}

function applyMode(hub: HubContext, item: JsonObject, name: IdentityName, kept: Kept): void {
  const { registry } = hub
  const mode = String(item['importMode'] ?? 'createOrUpdate').toLowerCase()
  const ifMatch = item['eTag'] ?? item['etag']
  const match = mode.endsWith('ifmatchetag') ? { ifMatch: typeof ifMatch === 'string' ? ifMatch : '' } : {}
  // the item's `id` is the device's, other names in it are not looked at
  const { deviceId: _, ...body } = item
  const isThere = registry.get(name) !== undefined
  switch (mode) {
    case 'create':
      return create(hub, item, name, body, kept)
    case 'createorupdate':
    case 'createorupdateifmatchetag':
      if (!isThere) { return create(hub, item, name, body, kept) }
      registry.update(name, { ...identityRequestOf(body, name), ...match }, kept)
      return
    case 'update':
    case 'updateifmatchetag':
      registry.update(name, { ...identityRequestOf(body, name), ...match }, kept)
      return
    case 'updatetwin':
    case 'updatetwinifmatchetag': {
      const device = findDevice(hub, name)
      const etag = item['twinETag']
      if (mode === 'updatetwinifmatchetag' && etag !== '*' && etag !== twinEtag(device.twin)) {
        throw new HubError('PreconditionFailed', `the twin of '${device.key}' was changed since it was read. Read it again`)
      }
      updateTwin(hub, device, twinPartsOf(item), { kept })
      return
    }
    case 'delete':
    case 'deleteifmatchetag':
      return registry.remove(name, kept, match)
    default:
      throw new HubError('ArgumentInvalid', `importMode '${mode.slice(0, 40)}' is not one of IoT Hub's`)
  }
}

function twinPartsOf(item: JsonObject): { tags?: JsonValue; desired?: JsonValue } {
  const properties = item['properties']
  const desired = isObject(properties) ? properties['desired'] : undefined
  const { tags } = item
  return { ...(tags === undefined || tags === null ? {} : { tags }), ...(desired === undefined || desired === null ? {} : { desired }) }
}

/** With the first tags and desired properties, if there are any; both or neither. */
function create(hub: HubContext, item: JsonObject, name: IdentityName, body: JsonObject, kept: Kept): void {
  const parts = twinPartsOf(item)
  const hasTwin = Object.keys(parts).length > 0
  const oneKept = whenAll(hasTwin ? 2 : 1, kept)
  hub.registry.create(identityRequestOf(body, name), oneKept)
  if (!hasTwin) { return }
  try {
    updateTwin(hub, findDevice(hub, name), parts, { kept: oneKept })
  } catch (error) {
    hub.registry.remove(name)
    throw error
  }
}
