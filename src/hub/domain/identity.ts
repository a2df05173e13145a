// Who may connect: identities of devices and modules with their keys, thumbprints and states. It knows no connection and no token.

import type { Clock, Random } from '../clock.js'
import { HubError } from '../error.js'

export interface IdentityName {
  readonly deviceId: string
  readonly moduleId?: string
}

export interface SasAuthentication {
  readonly type: 'sas'
  /** Base64, 16 to 64 bytes. */
  readonly primaryKey: string
  readonly secondaryKey: string
}

export interface ThumbprintAuthentication {
  readonly type: 'selfSigned'
  /** Upper-case hex of the certificate's SHA-1 or SHA-256. */
  readonly primaryThumbprint: string
  readonly secondaryThumbprint: string
}

export type Authentication =
  | SasAuthentication
  | ThumbprintAuthentication
  /** By a certificate that a verified authority issued for this id. */
  | { readonly type: 'certificateAuthority' }
  | { readonly type: 'none' }

export interface Identity extends IdentityName {
  readonly status: 'enabled' | 'disabled'
  readonly statusReason?: string
  /** Milliseconds since 1970; 0 if the status was never changed. */
  readonly statusUpdatedAt: number
  /** Tells this identity from an earlier one of the same name. */
  readonly generationId: string
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly authentication: Authentication
  /** Of a device: it is a gateway, with $edgeAgent and $edgeHub. */
  readonly iotEdge: boolean
  /** `ms-azure-iot-edge://<id>-<n>`: a gateway's own, or that of the gateway a device is behind. */
  readonly deviceScope?: string
  readonly parentScopes: readonly string[]
  /** Of a module. */
  readonly managedBy?: string
}

export type SasIdentity = Identity & { readonly authentication: SasAuthentication }

/** Keys and thumbprints that are not given are made, or are the other one. */
export type AuthenticationRequest =
  | { readonly type: 'sas'; readonly primaryKey?: string; readonly secondaryKey?: string }
  | { readonly type: 'selfSigned'; readonly primaryThumbprint?: string; readonly secondaryThumbprint?: string }
  | { readonly type: 'certificateAuthority' }
  | { readonly type: 'none' }

interface Settings {
  readonly status?: 'enabled' | 'disabled'
  /** Empty takes it away. */
  readonly statusReason?: string
  readonly authentication?: AuthenticationRequest
  readonly iotEdge?: boolean
  /** That of a gateway; empty takes the device from behind it. */
  readonly deviceScope?: string
  readonly parentScopes?: readonly string[]
  readonly managedBy?: string
}

/** An identity with keys unless `authentication` says otherwise; the two keys here are short for `{type: 'sas', ...}`. */
export type IdentityRequest = IdentityName & Settings & {
  readonly primaryKey?: string
  readonly secondaryKey?: string
}

/** What is not given stays. */
export type IdentityChange = Settings & {
  readonly primaryKey?: string
  readonly secondaryKey?: string
  /** Refused with PreconditionFailed unless it is the identity's present etag or `*`. */
  readonly ifMatch?: string
}

/** The one text form of a name, which is also the MQTT client id: `device` or `device/module`. */
export function identityKey({ deviceId, moduleId }: IdentityName): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`
}

/** The characters of ids as IoT Hub's identity registry page lists them. */
const ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/
const ID_RULE = `1 to 128 letters, digits or - : . + % _ # * ? ! ( ) , = @ ; $ '`

export function isDeviceId(text: string): boolean {
  return ID.test(text)
}

export function checkName({ deviceId, moduleId }: IdentityName): void {
  if (typeof deviceId !== 'string' || !ID.test(deviceId)) { throw new HubError('ArgumentInvalid', `a device id is ${ID_RULE}`) }
  if (moduleId !== undefined && (typeof moduleId !== 'string' || !ID.test(moduleId))) {
    throw new HubError('ArgumentInvalid', `a module id is ${ID_RULE}`)
  }
}

/** Throws PreconditionFailed unless `ifMatch` is absent, `*` or the present etag, in quotes or not. */
export function checkMatch(ifMatch: string | undefined, etag: string, what: string): void {
  if (ifMatch === undefined || ifMatch === '*' || ifMatch === '"*"') { return }
  if (ifMatch.replace(/^"(.*)"$/, '$1') !== etag) {
    throw new HubError('PreconditionFailed', `${what} was changed since it was read. Read it again`)
  }
}

function checkKey(name: string, key: string): string {
  const bytes = Buffer.from(String(key), 'base64')
  if (bytes.length < 16 || bytes.length > 64 || bytes.toString('base64') !== key) {
    throw new HubError('ArgumentInvalid', `${name} must be base64 of 16 to 64 bytes`)
  }
  return key
}

const THUMBPRINT = /^([0-9A-F]{40}|[0-9A-F]{64})$/

function checkThumbprint(name: string, thumbprint: string): string {
  const hex = String(thumbprint).replace(/[: ]/g, '').toUpperCase()
  if (!THUMBPRINT.test(hex)) { throw new HubError('ArgumentInvalid', `${name} must be hex of a SHA-1 or a SHA-256`) }
  return hex
}

const MAX_STATUS_REASON_CHARS = 128
const SCOPE = /^ms-azure-iot-edge:\/\/.{1,128}-\d{1,20}$/

function checkSettings({ status, statusReason, deviceScope, parentScopes }: Settings): void {
  if (status !== undefined && status !== 'enabled' && status !== 'disabled') {
    throw new HubError('ArgumentInvalid', `status must be 'enabled' or 'disabled'`)
  }
  if (statusReason !== undefined && (typeof statusReason !== 'string' || statusReason.length > MAX_STATUS_REASON_CHARS)) {
    throw new HubError('ArgumentInvalid', `statusReason has at most ${MAX_STATUS_REASON_CHARS} characters`)
  }
  if (parentScopes !== undefined && (!Array.isArray(parentScopes) || parentScopes.length > 1)) {
    throw new HubError('ArgumentInvalid', 'parentScopes is an array of at most one scope')
  }
  for (const scope of [deviceScope, ...parentScopes ?? []]) {
    if (scope !== undefined && scope !== '' && (typeof scope !== 'string' || !SCOPE.test(scope))) {
      throw new HubError('ArgumentInvalid', `a scope is 'ms-azure-iot-edge://<id>-<number>'`)
    }
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const KEY_BYTES = 32

export const newKey = (random: Random): string => base64(random(KEY_BYTES))
export const newEtag = (random: Random): string => base64(random(6))

function newAuthentication(request: AuthenticationRequest, before: Authentication | undefined, random: Random): Authentication {
  switch (request.type) {
    case 'sas': {
      const { primaryKey, secondaryKey } = request
      const kept = before?.type === 'sas' ? before : undefined
      return {
        type: 'sas',
        primaryKey: primaryKey === undefined ? kept?.primaryKey ?? newKey(random) : checkKey('primaryKey', primaryKey),
        secondaryKey: secondaryKey === undefined ? kept?.secondaryKey ?? newKey(random) : checkKey('secondaryKey', secondaryKey)
      }
    }
    case 'selfSigned': {
      const one = request.primaryThumbprint ?? request.secondaryThumbprint
      if (one === undefined) { throw new HubError('ArgumentInvalid', 'selfSigned needs primaryThumbprint or secondaryThumbprint') }
      return {
        type: 'selfSigned',
        primaryThumbprint: checkThumbprint('primaryThumbprint', request.primaryThumbprint ?? one),
        secondaryThumbprint: checkThumbprint('secondaryThumbprint', request.secondaryThumbprint ?? one)
      }
    }
    case 'certificateAuthority':
    case 'none':
      return { type: request.type }
    default:
      throw new HubError('ArgumentInvalid', `authentication type must be 'sas', 'selfSigned', 'certificateAuthority' or 'none'`)
  }
}

/** Keys given beside `authentication` are its short form; undefined if neither is given. */
function authenticationOf({ authentication, primaryKey, secondaryKey }: IdentityChange): AuthenticationRequest | undefined {
  if (authentication !== undefined) { return authentication }
  if (primaryKey === undefined && secondaryKey === undefined) { return undefined }
  return { type: 'sas', ...(primaryKey === undefined ? {} : { primaryKey }), ...(secondaryKey === undefined ? {} : { secondaryKey }) }
}

export function newIdentity(request: IdentityRequest, { clock, random }: { clock: Clock; random: Random }): Identity {
  checkName(request)
  checkSettings(request)
  const { deviceId, moduleId, status = 'enabled', statusReason, managedBy, parentScopes = [] } = request
  const createdAt = clock.now()
  const iotEdge = request.iotEdge === true && moduleId === undefined
  const deviceScope = iotEdge ? scopeOf(deviceId, createdAt) : request.deviceScope || parentScopes[0]
  return {
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    status,
    ...(statusReason ? { statusReason } : {}),
    statusUpdatedAt: 0,
    generationId: hex(random(9)),
    etag: newEtag(random),
    createdAt,
    authentication: newAuthentication(authenticationOf(request) ?? { type: 'sas' }, undefined, random),
    iotEdge,
    ...(deviceScope === undefined || moduleId !== undefined ? {} : { deviceScope }),
    parentScopes: moduleId === undefined ? parentsOf({ iotEdge, deviceScope, parentScopes }) : [],
    ...(managedBy === undefined || moduleId === undefined ? {} : { managedBy })
  }
}

const scopeOf = (deviceId: string, now: number): string => `ms-azure-iot-edge://${deviceId}-${now}`

/** A device behind a gateway has the gateway's scope as its own and as its parent's [G]. */
function parentsOf({ iotEdge, deviceScope, parentScopes }: { iotEdge: boolean; deviceScope: string | undefined; parentScopes: readonly string[] }): readonly string[] {
  return iotEdge ? [...parentScopes] : deviceScope === undefined ? [] : [deviceScope]
}

export function changedIdentity(identity: Identity, change: IdentityChange, { clock, random }: { clock: Clock; random: Random }): Identity {
  checkMatch(change.ifMatch, identity.etag, `'${identityKey(identity)}'`)
  checkSettings(change)
  const authentication = authenticationOf(change)
  const status = change.status ?? identity.status
  const isDevice = identity.moduleId === undefined
  const iotEdge = isDevice && (change.iotEdge ?? identity.iotEdge)
  const deviceScope = isDevice ? changedScope(identity, change, iotEdge, clock.now()) : undefined
  const { deviceScope: _, statusReason: before, ...rest } = identity
  const statusReason = change.statusReason ?? before
  return {
    ...rest,
    status,
    ...(statusReason ? { statusReason } : {}),
    statusUpdatedAt: status === identity.status ? identity.statusUpdatedAt : clock.now(),
    etag: newEtag(random),
    authentication: authentication === undefined ? identity.authentication : newAuthentication(authentication, identity.authentication, random),
    iotEdge,
    ...(deviceScope === undefined ? {} : { deviceScope }),
    parentScopes: isDevice ? parentsOf({ iotEdge, deviceScope, parentScopes: change.parentScopes ?? identity.parentScopes }) : [],
    ...(isDevice || change.managedBy === undefined ? {} : { managedBy: change.managedBy })
  }
}

function changedScope(identity: Identity, change: IdentityChange, iotEdge: boolean, now: number): string | undefined {
  if (iotEdge) { return identity.iotEdge ? identity.deviceScope : scopeOf(identity.deviceId, now) }
  // a gateway that is none any more was behind none by its own scope
  const before = identity.iotEdge ? undefined : identity.deviceScope
  return (change.deviceScope ?? change.parentScopes?.[0] ?? before) || undefined
}
