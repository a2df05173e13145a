// What a device may put into a registration request (reference B2, B6), read from JSON. It knows no protocol.

import { HubError } from '../error.js'
import { isObject, type JsonObject, type JsonValue } from '../domain/json.js'
import { keyOfId } from './enrollment.js'
import type { RegistrationRequest } from './registrations.js'

/** Of one request, payload and certificate request included. */
export const MAX_REQUEST_BYTES = 64 * 1024

/** Throws ArgumentInvalid. */
export function registrationRequestOf(json: JsonValue | undefined, registrationId: string): RegistrationRequest {
  if (!isObject(json)) { throw new HubError('ArgumentInvalid', 'a registration request is a JSON object') }
  const { registrationId: named, payload, csr, tpm } = json
  if (typeof named !== 'string' || keyOfId(named) !== keyOfId(registrationId)) {
    throw new HubError('ArgumentInvalid', 'the request names another registrationId than the one that connected')
  }
  if (tpm !== undefined && tpm !== null) { throw new HubError('ArgumentInvalid', 'attestation by TPM is not supported here') }
  if (csr !== undefined && csr !== null && typeof csr !== 'string') { throw new HubError('ArgumentInvalid', `'csr' must be base64 text`) }
  return {
    ...(payload === undefined || payload === null ? {} : { payload }),
    ...(typeof csr === 'string' ? { csr } : {})
  }
}

export interface ErrorText { readonly number: number; readonly message: string }

/** [B3] */
export function errorDocument({ number, message }: ErrorText, trackingId: string, now: number): JsonObject {
  return { errorCode: number, trackingId, message, timestampUtc: new Date(now).toISOString() }
}
