// The hub's own certificate authority and the folder that keeps it; X.509 itself is in certificates.ts.

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type * as certificates from './certificates.js'
import { writeWhole } from './store/whole-file.js'

export interface ServerCertificate {
  /** The server's certificate and then the authority's. */
  readonly certPem: string
  /** PKCS#8. */
  readonly keyPem: string
}

export interface ServerRequest {
  /** DNS names and IP addresses, at least one. */
  readonly hosts: readonly string[]
  /** A day ago if not given: clocks differ. */
  readonly notBefore?: Date
  /** In a year if not given. */
  readonly notAfter?: Date
}

export interface Authority {
  /** What a device must trust. */
  readonly caPem: string
  /** The file with it, for NODE_EXTRA_CA_CERTS; undefined for an authority in memory. */
  readonly caPath: string | undefined
  issueServer(request: ServerRequest): Promise<ServerCertificate>
}

const CERTIFICATE_FILE = 'ca.pem'
const KEY_FILE = 'ca-key.pem'

type X509 = typeof certificates

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') { return undefined }
    throw error
  }
}

/** The authority of the folder. The key is written first, so a certificate without its key cannot be left behind by a crash. */
async function issuerIn(folder: string, { issuerOf, newIssuer, pemOfKey }: X509): Promise<certificates.Issuer> {
  const certificatePath = join(folder, CERTIFICATE_FILE)
  const keyPath = join(folder, KEY_FILE)
  const [certificatePem, keyPem] = [await readIfThere(certificatePath), await readIfThere(keyPath)]
  if (certificatePem !== undefined) {
    try {
      return await issuerOf(certificatePem, keyPem ?? '')
    } catch (cause) {
      throw new Error(`${CERTIFICATE_FILE} and ${KEY_FILE} in '${folder}' are no certificate with its key. Remove both to get a new authority`, { cause })
    }
  }
  const issuer = await newIssuer()
  await mkdir(folder, { recursive: true, mode: 0o700 })
  writeWhole(keyPath, await pemOfKey(issuer.key), 0o600)
  writeWhole(certificatePath, issuer.certificate.toString('pem'), 0o644)
  return issuer
}

/** The authority kept in `folder`, made there if there is none; without a folder one that ends with the process. */
export async function loadAuthority(folder?: string): Promise<Authority> {
  // loaded when asked for: it takes a third of a second, and a simulation needs none of it
  const x509 = await import('./certificates.js')
  const issuer = folder === undefined ? await x509.newIssuer() : await issuerIn(folder, x509)
  return {
    caPem: issuer.certificate.toString('pem'),
    caPath: folder === undefined ? undefined : join(folder, CERTIFICATE_FILE),
    issueServer: (request) => x509.issueServer(issuer, request)
  }
}
