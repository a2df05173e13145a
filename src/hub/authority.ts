// The hub's own certificate authority and the folder that keeps it; X.509 itself is in certificates.ts.

import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
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

/** Between the certificate and its key. */
const KEY_MARK = '# private key\n'

/** Loaded when something is issued: it takes a third of a second, and neither a simulation nor a second start needs it. */
const loadX509 = (): Promise<typeof certificates> => import('./certificates.js')

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') { return undefined }
    throw error
  }
}

/** The authority of the folder. The key is written first, so a certificate without its key cannot be left behind by a crash. */
async function filesIn(folder: string): Promise<{ caPem: string; keyPem: string }> {
  const certificatePath = join(folder, CERTIFICATE_FILE)
  const keyPath = join(folder, KEY_FILE)
  const [caPem, keyPem = ''] = [await readIfThere(certificatePath), await readIfThere(keyPath)]
  if (caPem !== undefined) {
    if (isKeyOf(caPem, keyPem)) { return { caPem, keyPem } }
    throw new Error(`${CERTIFICATE_FILE} and ${KEY_FILE} in '${folder}' are no certificate with its key. Remove both to get a new authority`)
  }
  const { newIssuer, pemOfKey } = await loadX509()
  const issuer = await newIssuer()
  const made = { caPem: issuer.certificate.toString('pem'), keyPem: await pemOfKey(issuer.key) }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  writeWhole(keyPath, made.keyPem, 0o600)
  writeWhole(certificatePath, made.caPem, 0o644)
  return made
}

function isKeyOf(certPem: string, keyPem: string): boolean {
  try {
    return new X509Certificate(certPem).checkPrivateKey(createPrivateKey(keyPem))
  } catch {
    return false
  }
}

/** A certificate that was issued before is issued again only when it has less than this left. */
const RENEW_MS = 30 * 86_400_000

/** Issued by this authority and good for a while; the file's name says for which hosts. */
function isUsable({ certPem, keyPem }: ServerCertificate, caPem: string): boolean {
  if (!isKeyOf(certPem, keyPem)) { return false }
  const [certificate, ca] = [new X509Certificate(certPem), new X509Certificate(caPem)]
  return certificate.checkIssued(ca) && certificate.verify(ca.publicKey) && Date.parse(certificate.validTo) - Date.now() > RENEW_MS
}

/** The authority kept in `folder`, made there if there is none; without a folder one that ends with the process. */
export async function loadAuthority(folder?: string): Promise<Authority> {
  if (folder === undefined) {
    const { newIssuer, issueServer } = await loadX509()
    const issuer = await newIssuer()
    return { caPem: issuer.certificate.toString('pem'), caPath: undefined, issueServer: (request) => issueServer(issuer, request) }
  }
  const { caPem, keyPem } = await filesIn(folder)
  const issue = async (request: ServerRequest): Promise<ServerCertificate> => {
    const { issueServer, issuerOf } = await loadX509()
    return issueServer(await issuerOf(caPem, keyPem), request)
  }
  return {
    caPem,
    caPath: join(folder, CERTIFICATE_FILE),
    async issueServer(request) {
      if (request.notBefore !== undefined || request.notAfter !== undefined) { return issue(request) }
      const name = createHash('sha256').update(request.hosts.join('\n')).digest('hex').slice(0, 16)
      const path = join(folder, `server-${name}.pem`)
      // one file, so that a certificate is never beside another's key
      const kept = await readIfThere(path)
      const [certPem = '', keptKeyPem = ''] = kept?.split(KEY_MARK) ?? []
      const before = { certPem, keyPem: keptKeyPem }
      if (kept !== undefined && isUsable(before, caPem)) { return before }
      const issued = await issue(request)
      writeWhole(path, `${issued.certPem}${KEY_MARK}${issued.keyPem}`, 0o600)
      return issued
    }
  }
}
