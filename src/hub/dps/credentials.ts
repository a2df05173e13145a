// Operational certificates (reference B6, optional): an authority of the service's own, kept in its store. X.509 itself is in certificate-request.ts.

import type { Clock } from '../clock.js'
import type { HubStore } from '../store/store.js'
import { HubError } from '../error.js'
import type { CredentialIssuer } from './credential-issuer.js'
import type * as certificateRequest from './certificate-request.js'

export interface CredentialIssuerRecord {
  readonly certificatePem: string
  /** PKCS#8: a secret. */
  readonly keyPem: string
}

const NAME = 'issuer'
const [LEAST_DAYS, DEFAULT_DAYS, MOST_DAYS] = [7, 30, 90]

/** Throws ArgumentInvalid for days that are not 7 to 90. */
export function createCredentialIssuer({ store, clock, validityDays = DEFAULT_DAYS }: { store: HubStore; clock: Clock; validityDays?: number }): CredentialIssuer {
  if (!(validityDays >= LEAST_DAYS && validityDays <= MOST_DAYS)) {
    throw new HubError('ArgumentInvalid', `certificates are issued for ${LEAST_DAYS} to ${MOST_DAYS} days`)
  }
  const known = new Map(store.load('credential-issuer')).get(NAME)
  let issuer: Promise<certificateRequest.RequestIssuer> | undefined

  const load = async (): Promise<certificateRequest.RequestIssuer> => {
    // loaded when first asked for: it takes a third of a second, and most services issue nothing
    const x509 = await import('./certificate-request.js')
    if (known !== undefined) { return x509.loadRequestIssuer(known) }
    const record = await x509.newRequestIssuer(clock.now())
    await new Promise<void>((resolve, reject) => store.put('credential-issuer', NAME, record, (error) => error === undefined ? resolve() : reject(error)))
    return x509.loadRequestIssuer(record)
  }

  return {
    async issue(request, registrationId) {
      issuer ??= load()
      const loaded = await issuer.catch((error: unknown) => {
        issuer = undefined
        throw error
      })
      return loaded.issue({ request, registrationId, now: clock.now(), validityDays })
    }
  }
}
