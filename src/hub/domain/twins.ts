// Twins of the hub's devices: a change is applied, stored, then told to the device and to the bus. It knows no topic.

import { HubError } from '../error.js'
import type { Kept } from '../store/store.js'
import type { Device, HubContext } from './device.js'
import { isObject, parseJson, type JsonObject, type JsonValue } from './json.js'
import { patchTwin, twinEtag, type TwinPart } from './twin.js'

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

function change(hub: HubContext, device: Device, part: TwinPart, patch: JsonValue, replace: boolean, kept: Kept): number {
  device.twin = patchTwin(device.twin, part, patch, { now: hub.clock.now(), replace })
  const version = part === 'tags' ? device.twin.version : device.twin[part].version
  hub.store.put('twin', device.key, device.twin, (error) => {
    kept(error)
    if (error !== undefined) { return }
    const { deviceId, moduleId } = device.identity
    hub.report({ type: 'twin', time: hub.clock.now(), deviceId, ...(moduleId === undefined ? {} : { moduleId }), part, version })
  })
  return version
}

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
export function changeTwin(hub: HubContext, device: Device, part: 'tags' | 'desired', value: JsonValue, { replace, ifMatch, kept = () => {} }: TwinChangeOptions & { replace: boolean }): number {
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== twinEtag(device.twin)) {
    throw new HubError('PreconditionFailed', `the twin of '${device.key}' was changed since it was read. Read it again`)
  }
  // a copy: the caller's object may change later, and may be no JSON at all
  const patch = asJson(value)
  const $version = device.twin.desired.version + 1
  return change(hub, device, part, patch, replace, (error) => {
    kept(error)
    if (error !== undefined || part !== 'desired' || device.session.qosOf('desired') === undefined) { return }
    device.link?.notifyDesired($version, JSON.stringify({ ...(patch as JsonObject), $version }))
  })
}

/** From the device. Throws TwinMalformed or TwinTooLarge; `reported` is called with the part's new version once it is stored. */
export function reportTwin(hub: HubContext, device: Device, body: Uint8Array, reported: (error: Error | undefined, version: number) => void): void {
  const parsed = parseJson(body)
  if ('error' in parsed) { throw new HubError('TwinMalformed', `the patch of reported is refused: ${parsed.error}`) }
  if (!isObject(parsed.value)) { throw new HubError('TwinMalformed', 'a patch of reported must be a JSON object') }
  const next = device.twin.reported.version + 1
  change(hub, device, 'reported', parsed.value, false, (error) => reported(error, next))
}
