// Twins of the hub's devices: a change is applied, stored, then told to the device and to the bus. It knows no topic.

import { HubError } from '../error.js'
import type { Kept } from '../store/store.js'
import type { Device, HubContext } from './device.js'
import { isObject, parseJson, type JsonObject, type JsonValue } from './json.js'
import { checkMatch } from './identity.js'
import { patchTwin, twinEtag, type TwinPart, type TwinState } from './twin.js'

export interface TwinDocument {
  readonly deviceId: string
  readonly moduleId?: string
  readonly etag: string
  readonly version: number
  readonly modelId?: string
  readonly tags: JsonObject
  /** Each with `$metadata` and `$version`. */
  readonly properties: { readonly desired: JsonObject; readonly reported: JsonObject }
}

export interface TwinChangeOptions {
  /** Refused with PreconditionFailed unless it is the twin's present etag or `*`. */
  readonly ifMatch?: string
  /** Called when the change is stored. */
  readonly kept?: Kept
}

export function twinDocument({ identity, twin, modelId }: Device): TwinDocument {
  const { deviceId, moduleId } = identity
  const section = (part: 'desired' | 'reported'): JsonObject => {
    const { values, metadata, version } = twin[part]
    return { ...values, $metadata: metadata, $version: version }
  }
  const document = {
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    etag: twinEtag(twin),
    version: twin.version,
    ...(modelId === undefined ? {} : { modelId }),
    tags: twin.tags,
    properties: { desired: section('desired'), reported: section('reported') }
  }
  return JSON.parse(JSON.stringify(document)) as TwinDocument
}

/** Stores the twin as it is now and tells of the parts that were changed. */
function keepTwin(hub: HubContext, device: Device, parts: readonly TwinPart[], kept: Kept): void {
  const { twin } = device
  hub.store.put('twin', device.key, twin, (error) => {
    kept(error)
    if (error !== undefined) { return }
    const { deviceId, moduleId } = device.identity
    for (const part of parts) {
      hub.report({ type: 'twin', time: hub.clock.now(), deviceId, ...(moduleId === undefined ? {} : { moduleId }), part, version: versionOf(twin, part) })
    }
  })
}

const versionOf = (twin: TwinState, part: TwinPart): number => part === 'tags' ? twin.version : twin[part].version

function asJson(value: unknown): JsonValue {
  let text: string | undefined
  try {
    text = JSON.stringify(value) as string | undefined
  } catch (cause) {
    throw new HubError('TwinMalformed', 'a twin holds only what JSON can say', { cause })
  }
  const parsed = parseJson(Buffer.from(text ?? ''))
  if ('error' in parsed) { throw new HubError('TwinMalformed', `a twin holds only what JSON can say: ${parsed.error}`) }
  return parsed.value
}

/** From the service: tags or desired. Returns the new version of the part. */
export function changeTwin(hub: HubContext, device: Device, part: 'tags' | 'desired', value: JsonValue, options: TwinChangeOptions & { replace: boolean }): number {
  updateTwin(hub, device, { [part]: value }, options)
  return versionOf(device.twin, part)
}

/**
 * From the service: both parts in one change, or none. `$metadata` and `$version` in what the service read and sends
 * back are left out. Throws PreconditionFailed, TwinMalformed, TwinTooLarge or Throttled.
 */
export function updateTwin(hub: HubContext, device: Device, parts: { tags?: JsonValue; desired?: JsonValue }, { replace = false, ifMatch, kept = () => {} }: TwinChangeOptions & { replace?: boolean }): TwinDocument {
  checkMatch(ifMatch, twinEtag(device.twin), `the twin of '${device.key}'`)
  const now = hub.clock.now()
  const changed: ('tags' | 'desired')[] = []
  let twin = device.twin
  let desired: JsonObject | undefined
  for (const part of ['tags', 'desired'] as const) {
    if (parts[part] === undefined) { continue }
    // a copy: the caller's object may change later, and may be no JSON at all
    const patch = withoutMetadata(asJson(parts[part]))
    twin = patchTwin(twin, part, patch, { now, replace })
    changed.push(part)
    if (part === 'desired') { desired = patch as JsonObject }
  }
  hub.throttles.require('twin-update')
  device.twin = twin
  keepTwin(hub, device, changed, (error) => {
    kept(error)
    if (error !== undefined || desired === undefined || device.session.qosOf('desired') === undefined) { return }
    const $version = twin.desired.version
    device.link?.notifyDesired($version, JSON.stringify({ ...desired, $version }))
  })
  return twinDocument(device)
}

function withoutMetadata(value: JsonValue): JsonValue {
  if (!isObject(value)) { return value }
  const { $metadata: _, $version: __, ...rest } = value
  return rest
}

/** From the device. Throws TwinMalformed, TwinTooLarge or Throttled; `reported` is called with the part's new version once it is stored. */
export function reportTwin(hub: HubContext, device: Device, body: Uint8Array, reported: (error: Error | undefined, version: number) => void): void {
  const parsed = parseJson(body)
  if ('error' in parsed) { throw new HubError('TwinMalformed', `the patch of reported is refused: ${parsed.error}`) }
  if (!isObject(parsed.value)) { throw new HubError('TwinMalformed', 'a patch of reported must be a JSON object') }
  const twin = patchTwin(device.twin, 'reported', parsed.value, { now: hub.clock.now() })
  hub.throttles.require('twin-update')
  device.twin = twin
  keepTwin(hub, device, ['reported'], (error) => reported(error, twin.reported.version))
}
