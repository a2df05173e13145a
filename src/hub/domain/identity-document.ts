// Identities as JSON, as the service's REST calls and bulk operations carry them (reference E1). It knows no HTTP.

import { HubError } from '../error.js'
import type { Device } from './device.js'
import type { Authentication, AuthenticationRequest, IdentityName, IdentityRequest } from './identity.js'
import { isObject, type JsonObject, type JsonValue } from './json.js'

/** What Azure writes for a time that never was. */
const NEVER = '0001-01-01T00:00:00'

const timeOf = (ms: number): string => ms === 0 ? NEVER : new Date(ms).toISOString()

function authenticationDocument(authentication: Authentication): JsonObject {
  const keys = authentication.type === 'sas' ? authentication : undefined
  const thumbprints = authentication.type === 'selfSigned' ? authentication : undefined
  return {
    type: authentication.type,
    symmetricKey: { primaryKey: keys?.primaryKey ?? null, secondaryKey: keys?.secondaryKey ?? null },
    x509Thumbprint: { primaryThumbprint: thumbprints?.primaryThumbprint ?? null, secondaryThumbprint: thumbprints?.secondaryThumbprint ?? null }
  }
}

/** With its keys: for those with registry rights alone. */
export function identityDocument({ identity, link, queue, connectionStateUpdatedAt, lastActivityAt }: Device): JsonObject {
  const { deviceId, moduleId, generationId, etag, authentication, managedBy } = identity
  const common = {
    connectionState: link === undefined ? 'Disconnected' : 'Connected',
    connectionStateUpdatedTime: timeOf(connectionStateUpdatedAt),
    lastActivityTime: timeOf(lastActivityAt),
    cloudToDeviceMessageCount: queue.length,
    authentication: authenticationDocument(authentication)
  }
  if (moduleId !== undefined) {
    return { moduleId, ...(managedBy === undefined ? {} : { managedBy }), deviceId, generationId, etag, ...common }
  }
  const { status, statusReason, statusUpdatedAt, iotEdge, deviceScope, parentScopes } = identity
  return {
    deviceId, generationId, etag, status, statusReason: statusReason ?? null, statusUpdatedTime: timeOf(statusUpdatedAt), ...common,
    capabilities: { iotEdge },
    ...(deviceScope === undefined ? {} : { deviceScope }),
    parentScopes: [...parentScopes]
  }
}

const fault = (what: string, cause?: unknown): HubError => new HubError('ArgumentInvalid', what, { cause })

/** SDKs send null and the empty string for what they leave to the hub [E1]. */
function textIn(json: JsonObject, name: string): string | undefined {
  const value = json[name]
  if (value === undefined || value === null || value === '') { return undefined }
  if (typeof value !== 'string') { throw fault(`'${name}' must be text`) }
  return value
}

function objectIn(json: JsonObject, name: string): JsonObject | undefined {
  const value = json[name]
  if (value === undefined || value === null) { return undefined }
  if (!isObject(value)) { throw fault(`'${name}' must be an object`) }
  return value
}

function pair(json: JsonObject | undefined, primary: string, secondary: string): { [name: string]: string } {
  const first = json && textIn(json, primary)
  const second = json && textIn(json, secondary)
  return { ...(first === undefined ? {} : { [primary]: first }), ...(second === undefined ? {} : { [secondary]: second }) }
}

function authenticationOf(json: JsonObject): AuthenticationRequest | undefined {
  const authentication = objectIn(json, 'authentication')
  if (authentication === undefined) { return undefined }
  const keys = pair(objectIn(authentication, 'symmetricKey') ?? objectIn(authentication, 'SymmetricKey'), 'primaryKey', 'secondaryKey')
  const thumbprints = pair(objectIn(authentication, 'x509Thumbprint'), 'primaryThumbprint', 'secondaryThumbprint')
  // without a type, what is there says it
  const type = textIn(authentication, 'type') ?? (Object.keys(thumbprints).length > 0 ? 'selfSigned' : 'sas')
  switch (type) {
    case 'sas': return { type, ...keys }
    case 'selfSigned': return { type, ...thumbprints }
    case 'certificateAuthority':
    case 'none': return { type }
    default: throw fault(`authentication type must be 'sas', 'selfSigned', 'certificateAuthority' or 'none'`)
  }
}

/** The request in a body whose address named `name`; a body that names another is refused. Throws ArgumentInvalid. */
export function identityRequestOf(json: JsonValue, name: IdentityName): IdentityRequest {
  if (!isObject(json)) { throw fault('an identity is a JSON object') }
  for (const part of ['deviceId', 'moduleId'] as const) {
    const named = textIn(json, part)
    if (named !== undefined && named !== name[part]) { throw fault(`the body names another ${part} than the address`) }
  }
  const status = textIn(json, 'status')
  if (status !== undefined && status !== 'enabled' && status !== 'disabled') { throw fault(`status must be 'enabled' or 'disabled'`) }
  const iotEdge = objectIn(json, 'capabilities')?.['iotEdge']
  if (iotEdge !== undefined && iotEdge !== null && typeof iotEdge !== 'boolean') { throw fault(`'capabilities.iotEdge' must be true or false`) }
  const parentScopes = json['parentScopes']
  if (parentScopes !== undefined && parentScopes !== null && !(Array.isArray(parentScopes) && parentScopes.every((scope) => typeof scope === 'string'))) {
    throw fault(`'parentScopes' must be an array of texts`)
  }
  // null and the empty string take these two away; who does not name them leaves them
  const [statusReason, deviceScope] = (['statusReason', 'deviceScope'] as const).map((part) => textIn(json, part) ?? (part in json ? '' : undefined))
  const [managedBy, authentication] = [textIn(json, 'managedBy'), authenticationOf(json)]
  return {
    ...name,
    ...(status === undefined ? {} : { status }),
    ...(statusReason === undefined ? {} : { statusReason }),
    ...(authentication === undefined ? {} : { authentication }),
    ...(typeof iotEdge === 'boolean' ? { iotEdge } : {}),
    ...(deviceScope === undefined ? {} : { deviceScope }),
    ...(Array.isArray(parentScopes) ? { parentScopes: parentScopes as string[] } : {}),
    ...(managedBy === undefined ? {} : { managedBy })
  }
}
