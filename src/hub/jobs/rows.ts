// The hub's devices and modules as rows of a query: what a twin says and of its identity what is no secret. It runs no query.

import type { Device, HubContext } from '../domain/device.js'
import { identityDocument } from '../domain/identity-document.js'
import type { JsonObject, JsonValue } from '../domain/json.js'
import { twinEtag, type TwinSection } from '../domain/twin.js'
import { isMatch, type Row } from '../query/select.js'
import type { Condition } from '../query/syntax.js'

/** What configurations did to a device, by their ids; undefined for none. */
export type ConfigurationsOf = (device: Device) => JsonObject | undefined

const section = ({ values, metadata, version }: TwinSection): JsonObject => ({ ...values, $metadata: metadata, $version: version })

/** Parts of it are the twin's own: to be read, and copied before they are given away. */
export function twinFields(device: Device, configurationsOf: ConfigurationsOf): JsonObject {
  const { identity: { deviceId, moduleId, authentication, status, statusReason, etag: identityEtag }, twin, modelId } = device
  const { statusUpdatedTime = null, connectionState, connectionStateUpdatedTime, lastActivityTime, cloudToDeviceMessageCount, ...document } = identityDocument(device)
  const thumbprints = authentication.type === 'selfSigned' ? authentication : undefined
  const configurations = configurationsOf(device)
  const optional: { [name: string]: JsonValue | undefined } = {
    moduleId, modelId, configurations, capabilities: document.capabilities, deviceScope: document.deviceScope, parentScopes: document.parentScopes
  }
  const fields: JsonObject = {
    deviceId,
    etag: twinEtag(twin),
    deviceEtag: identityEtag,
    status,
    statusReason: statusReason ?? null,
    statusUpdateTime: statusUpdatedTime,
    connectionState: connectionState!,
    connectionStateUpdatedTime: connectionStateUpdatedTime!,
    lastActivityTime: lastActivityTime!,
    cloudToDeviceMessageCount: cloudToDeviceMessageCount!,
    authenticationType: authentication.type,
    x509Thumbprint: { primaryThumbprint: thumbprints?.primaryThumbprint ?? null, secondaryThumbprint: thumbprints?.secondaryThumbprint ?? null },
    version: twin.version,
    tags: twin.tags,
    properties: { desired: section(twin.desired), reported: section(twin.reported) }
  }
  for (const [name, value] of Object.entries(optional)) { if (value !== undefined) { fields[name] = value } }
  return fields
}

/** Those after a key, in the order of their keys. */
export function* twinRows({ devices }: HubContext, { modules, after = '', configurationsOf }: { modules: boolean; after?: string; configurationsOf: ConfigurationsOf }): Iterable<Row> {
  const keys: string[] = []
  for (const [key, { identity }] of devices) { if ((identity.moduleId !== undefined) === modules && key > after) { keys.push(key) } }
  for (const key of keys.sort()) {
    const device = devices.get(key)
    if (device !== undefined) { yield { key, fields: twinFields(device, configurationsOf) } }
  }
}

/** The keys of all devices, or modules, that meet a condition. */
export function targetsOf(hub: HubContext, condition: Condition, configurationsOf: ConfigurationsOf): string[] {
  const targets: string[] = []
  for (const { key, fields } of twinRows(hub, { modules: condition.from === 'devices.modules', configurationsOf })) {
    if (isMatch(condition, fields)) { targets.push(key) }
  }
  return targets
}
