// Who may connect: identities with their keys and states. The registry knows no connection and no token.

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

export interface Identity extends IdentityName {
  readonly status: 'enabled' | 'disabled'
  /** Tells this identity from an earlier one of the same name. */
  readonly generationId: string
  readonly etag: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly authentication: SasAuthentication
}

/** Keys that are not given are made. */
export interface IdentityRequest {
  readonly deviceId: string
  readonly primaryKey?: string
  readonly secondaryKey?: string
  readonly status?: 'enabled' | 'disabled'
}

export type IdentityChange = Partial<Omit<IdentityRequest, 'deviceId'>> & {
  /** Refused with PreconditionFailed unless it is the identity's present etag. */
  readonly ifMatch?: string
}

/** The one text form of a name, which is also the MQTT client id: `device` or `device/module`. */
export function identityKey({ deviceId, moduleId }: IdentityName): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`
}

/** The characters of ids as IoT Hub's identity registry page lists them. */
const ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/

export function isDeviceId(text: string): boolean {
  return ID.test(text)
}

function checkKey(name: string, key: string): string {
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length < 16 || bytes.length > 64 || bytes.toString('base64') !== key) {
    throw new HubError('ArgumentInvalid', `${name} must be base64 of 16 to 64 bytes`)
  }
  return key
}

function checkStatus(status: string): 'enabled' | 'disabled' {
  if (status !== 'enabled' && status !== 'disabled') {
    throw new HubError('ArgumentInvalid', `status must be 'enabled' or 'disabled'`)
  }
  return status
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const KEY_BYTES = 32

export function newIdentity(request: IdentityRequest, { clock, random }: { clock: Clock; random: Random }): Identity {
  const { deviceId, primaryKey, secondaryKey, status = 'enabled' } = request
  if (typeof deviceId !== 'string' || !isDeviceId(deviceId)) {
    throw new HubError('ArgumentInvalid', `a device id is 1 to 128 letters, digits or - : . + % _ # * ? ! ( ) , = @ ; $ '`)
  }
  return {
    deviceId,
    status: checkStatus(status),
    generationId: hex(random(9)),
    etag: base64(random(6)),
    createdAt: clock.now(),
    authentication: {
      type: 'sas',
      primaryKey: primaryKey === undefined ? base64(random(KEY_BYTES)) : checkKey('primaryKey', primaryKey),
      secondaryKey: secondaryKey === undefined ? base64(random(KEY_BYTES)) : checkKey('secondaryKey', secondaryKey)
    }
  }
}

export function changedIdentity(identity: Identity, change: IdentityChange, random: Random): Identity {
  if (change.ifMatch !== undefined && change.ifMatch !== identity.etag) {
    throw new HubError('PreconditionFailed', `device '${identity.deviceId}' was changed since it was read. Read it again`)
  }
  const { primaryKey, secondaryKey } = identity.authentication
  return {
    ...identity,
    status: change.status === undefined ? identity.status : checkStatus(change.status),
    etag: base64(random(6)),
    authentication: {
      type: 'sas',
      primaryKey: change.primaryKey === undefined ? primaryKey : checkKey('primaryKey', change.primaryKey),
      secondaryKey: change.secondaryKey === undefined ? secondaryKey : checkKey('secondaryKey', change.secondaryKey)
    }
  }
}
