// Registering over HTTPS (reference B5): the device's three calls as routes.

import { clientCertificateOf } from '../domain/x509.js'
import { HttpError } from '../http/error.js'
import type { HttpRequest } from '../http/request.js'
import type { Handler, HttpAnswer, Route } from '../http/router.js'
import { attest, type Attested } from './attest.js'
import { refusedEvent, type DpsContext } from './context.js'
import { registrationState } from './registration.js'
import type { RegistrationAnswer } from './registrations.js'
import { MAX_REQUEST_BYTES, registrationRequestOf } from './request.js'

/** Throws 401 unless the request comes from a device that is expected; it never learns why. */
function requireDevice(dps: DpsContext, request: HttpRequest, { scope, id }: Readonly<Record<string, string>>): Attested {
  const token = request.header('authorization')
  const certificate = token === undefined ? clientCertificateOf(request.secure) : undefined
  const attested = attest(dps, { idScope: scope!, registrationId: id!, token, certificate })
  if ('reason' in attested) {
    dps.report(refusedEvent(dps, request.peer, attested))
    throw new HttpError(401, 'Unauthorized', 'Unauthorized')
  }
  return attested
}

const answered = ({ status, retryAfterSeconds, body }: RegistrationAnswer): HttpAnswer =>
  ({ status, body, ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }) })

export function dpsDeviceRoutes(dps: DpsContext): Route[] {
  const register: Handler = async (request, params) => {
    // read first: a device with a TPM comes without a token, and is to hear why that does not help
    const wanted = registrationRequestOf(await request.json(MAX_REQUEST_BYTES), params['id']!)
    return answered(dps.registrations.register(requireDevice(dps, request, params), wanted))
  }
  const status: Handler = (request, params) =>
    answered(dps.registrations.status(requireDevice(dps, request, params), params['operation']!))
  const lookup: Handler = (request, params) =>
    ({ status: 200, body: registrationState(dps.registrations.find(requireDevice(dps, request, params).registrationId)) })

  return [
    { method: 'PUT', path: '/{scope}/registrations/{id}/register', handle: register },
    { method: 'GET', path: '/{scope}/registrations/{id}/operations/{operation}', handle: status },
    { method: 'POST', path: '/{scope}/registrations/{id}', handle: lookup }
  ]
}
