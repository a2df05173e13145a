// Shared access signatures (reference A3): signing, reading and verifying. It knows no identity and no connection.

import { createHmac, timingSafeEqual } from 'node:crypto'

export interface SasToken {
  /** As received: what was signed, percent-encoding and all. */
  readonly rawResource: string
  /** Decoded and split at `/`: host, 'devices', id, ... */
  readonly resource: readonly string[]
  readonly signature: Uint8Array
  /** Seconds since 1970. */
  readonly expiry: number
  /** As received; it is part of what was signed. */
  readonly rawExpiry: string
  readonly policy?: string
}

const SCHEME = 'SharedAccessSignature '
const LONGEST_TOKEN = 4096
const SHA256_BYTES = 32

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The token, or what is wrong with it in a few words that quote none of it. */
export function parseSas(text: string): SasToken | string {
  if (text.length > LONGEST_TOKEN) { return `longer than ${LONGEST_TOKEN} characters` }
  if (!text.startsWith(SCHEME)) { return `it does not begin with 'SharedAccessSignature '` }
  const fields = new Map<string, string>()
  for (const field of text.slice(SCHEME.length).split('&')) {
    const equals = field.indexOf('=')
    const name = field.slice(0, equals)
    if (equals < 1) { return 'a field has no name or no value' }
    if (fields.has(name)) { return 'a field occurs twice' }
    fields.set(name, field.slice(equals + 1))
  }
  const rawResource = fields.get('sr')
  const rawSignature = fields.get('sig')
  const rawExpiry = fields.get('se')
  if (!rawResource || !rawSignature || !rawExpiry) { return 'one of sr, sig and se is missing' }
  const resource = decoded(rawResource)
  if (resource === undefined) { return 'sr is not percent-encoded text' }
  if (!/^\d{1,15}$/.test(rawExpiry)) { return 'se is not a number of seconds' }
  const signature = Buffer.from(decoded(rawSignature) ?? '', 'base64')
  if (signature.length !== SHA256_BYTES) { return 'sig is not base64 of a SHA-256' }
  const policy = decoded(fields.get('skn') ?? '')
  const token = { rawResource, resource: resource.split('/'), signature, expiry: Number(rawExpiry), rawExpiry }
  return policy ? { ...token, policy } : token
}

/** A key is what its base64 stands for; to Azure's messaging clients (`sb://host/...`) it is the text itself. */
const keyEncodingsOf = ({ resource }: Pick<SasToken, 'resource'>): BufferEncoding[] => resource[0] === 'sb:' ? ['utf8', 'base64'] : ['base64']

function hmac(key: string, rawResource: string, rawExpiry: string, encoding: BufferEncoding): Buffer {
  return createHmac('sha256', Buffer.from(key, encoding)).update(`${rawResource}\n${rawExpiry}`).digest()
}

/** True if one of the base64 `keys` made the signature, compared in constant time; all are tried, whichever it was. */
export function isSignedBy(token: SasToken, keys: readonly string[]): boolean {
  let isSigned = false
  for (const encoding of keyEncodingsOf(token)) {
    for (const key of keys) {
      isSigned = timingSafeEqual(hmac(key, token.rawResource, token.rawExpiry, encoding), token.signature) || isSigned
    }
  }
  return isSigned
}

/** The token's host in lower case without scheme and port, which SDKs repeat from the connection string [E4], and what follows it. */
export function hostOf({ resource }: Pick<SasToken, 'resource'>): { host: string; path: readonly string[] } {
  const [first = '', ...rest] = /^[a-z]+:$/.test(resource[0] ?? '') && resource[1] === '' ? resource.slice(2) : resource
  // one slash at the end says nothing
  const path = rest.at(-1) === '' ? rest.slice(0, -1) : rest
  return { host: first.replace(/:\d{1,5}$/, '').toLowerCase(), path }
}

/** True if `scope` is `path` or one of its parents, segment by segment. */
export function startsWith(path: readonly string[], scope: readonly string[]): boolean {
  return scope.length <= path.length && scope.every((segment, i) => segment === path[i])
}

/** A token for `resource` (not yet encoded), good until `expiry` in seconds since 1970. */
export function signSas({ resource, key, expiry }: { resource: string; key: string; expiry: number }): string {
  const rawResource = encodeURIComponent(resource)
  const signature = encodeURIComponent(hmac(key, rawResource, String(expiry), 'base64').toString('base64'))
  return `${SCHEME}sr=${rawResource}&sig=${signature}&se=${expiry}`
}
