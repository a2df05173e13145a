/** Signed bundles of roots, as native/core/trust.h reads them, and the calls that bring one to a device. Knows no hub. */

import { createPrivateKey, createPublicKey, sign, X509Certificate, type KeyObject } from 'node:crypto'
import { FirmwareError } from './error.js'

/** The direct method of the runtime, and the most bytes of a bundle in one call. */
export const trustMethod = 'tinytwin.trust'
const pieceBytes = 512
const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

export interface TrustOptions {
  /** Above that of every bundle the devices have seen. */
  readonly version: number
  /** PEM texts, each with one certificate or more. */
  readonly roots: readonly string[]
  /** Private, P-256, PEM. */
  readonly key: string
}

function updateKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new FirmwareError('the update key is no private key in PEM')
  }
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new FirmwareError('the update key is not P-256')
  return key
}

/** What a device is given to know the signer by: the key's point, 65 bytes. */
export function trustPublicKey(pem: string): Uint8Array {
  return createPublicKey(updateKey(pem)).export({ format: 'der', type: 'spki' }).subarray(-65)
}

/** Throws where a root is no authority's certificate. */
export function trustBundle({ version, roots, key }: TrustOptions): Uint8Array {
  if (!Number.isInteger(version) || version < 1 || version > 0xffff_ffff) throw new FirmwareError('the version of a bundle is 1 to 4294967295')
  const signer = updateKey(key)
  const ders = roots.flatMap((text) => text.match(certificate) ?? []).map((pem) => {
    const parsed = new X509Certificate(pem)
    if (!parsed.ca) throw new FirmwareError(`'${parsed.subject}' is no certificate of an authority`)
    return parsed.raw
  })
  if (ders.length === 0) throw new FirmwareError('there is no certificate in PEM among the roots')
  const body = Buffer.concat(ders)
  const head = Buffer.from('TTTB\0\0\0\0\0\0\0\0', 'latin1')
  head.writeUInt32BE(version, 4)
  head.writeUInt32BE(body.length, 8)
  const signed = Buffer.concat([head, body])
  return Buffer.concat([signed, sign('sha256', signed, { key: signer, dsaEncoding: 'ieee-p1363' })])
}

/** Payloads of the method, in order. */
export function trustPieces(bundle: Uint8Array): { readonly at: number, readonly of: number, readonly data: string }[] {
  return Array.from({ length: Math.ceil(bundle.length / pieceBytes) }, (_, piece) => {
    const at = piece * pieceBytes
    return { at, of: bundle.length, data: Buffer.from(bundle.subarray(at, at + pieceBytes)).toString('base64') }
  })
}
