// What is told of a certificate instead of the certificate (reference B5).

import type { X509Certificate } from 'node:crypto'
import type { JsonObject } from '../domain/json.js'

const oneLine = (name: string): string => name.split('\n').join(', ')

export function certificateInfo({ subject, issuer, fingerprint, fingerprint256, validFrom, validTo, serialNumber }: X509Certificate): JsonObject {
  return {
    subjectName: oneLine(subject),
    sha1Thumbprint: fingerprint.replaceAll(':', ''),
    sha256Thumbprint: fingerprint256.replaceAll(':', ''),
    issuerName: oneLine(issuer),
    notBeforeUtc: new Date(validFrom).toISOString(),
    notAfterUtc: new Date(validTo).toISOString(),
    serialNumber,
    version: 3
  }
}
