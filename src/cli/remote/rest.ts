/** The hub's REST calls, one at a time; knows no command. */

import { request } from 'node:https'
import { isIP } from 'node:net'
import { signSas } from '../../hub/index.js'
import { CliError } from '../command.js'
import type { HubAddress } from './address.js'

const apiVersion = '2021-04-12'
const tokenS = 3600
const silenceMs = 310_000 // a direct method may take 300 s

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
}

export interface Call {
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** Segments, each encoded here. */
  readonly path: readonly string[]
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** For `resource`, by default the hub itself. */
export function tokenFor({ host, policy, key }: HubAddress, resource: string = host): string {
  const expiry = Math.floor(Date.now() / 1000) + tokenS
  return `${signSas({ resource, key, expiry })}&skn=${encodeURIComponent(policy)}`
}

/** What TLS needs to know of a hub: names are verified and sent, addresses only verified. */
export function tlsOf({ host, ca }: HubAddress): { readonly servername: string, readonly ca?: string } {
  return { servername: isIP(host) === 0 ? host : '', ...(ca === undefined ? {} : { ca }) }
}

/** Rejects with CliError: what the hub answered when it refused, or why it could not be asked. */
export async function callHub(address: HubAddress, { method, path, body, headers = {} }: Call): Promise<Answer> {
  const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const answer = await new Promise<Answer>((resolve, reject) => {
    const asked = request({
      host: address.host, port: address.port, method, ...tlsOf(address), timeout: silenceMs,
      path: `/${path.map(encodeURIComponent).join('/')}?api-version=${apiVersion}`,
      headers: {
        authorization: tokenFor(address),
        ...(content === undefined ? {} : { 'content-type': 'application/json; charset=utf-8', 'content-length': content.length }),
        ...headers,
      },
    }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed(Buffer.concat(chunks).toString('utf8')) }))
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')))
    asked.on('error', (cause: NodeJS.ErrnoException) => reject(new CliError(unreachable(address, cause), { cause })))
    asked.end(content)
  })
  if (answer.status >= 400) throw new CliError(refusal(answer))
  return answer
}

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** One sentence on why the hub could not be asked. */
export function unreachable({ host, port }: HubAddress, { code = '', message }: NodeJS.ErrnoException): string {
  const where = `the hub at ${host}:${port}`
  if (code === 'ECONNREFUSED') return `${where} does not answer. Start it with: tinytwin hub`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `there is no host '${host}'`
  if (/CERT|SIGNATURE|ISSUER|ALTNAME/i.test(code)) return `${where} has a certificate that cannot be trusted (${code}); give its authority with --ca`
  return `${where} cannot be reached (${code || message})`
}

// {"Message":"ErrorCode:DeviceNotFound;text"} of the real hub
function refusal({ status, body }: Answer): string {
  const message = typeof body === 'object' && body !== null && 'Message' in body ? String(body.Message) : ''
  const [, code = '', text = message] = /^ErrorCode:(\w+);?\s*(.*)$/s.exec(message) ?? []
  return `the hub refused: ${text || code || 'no reason given'} (${code === '' ? '' : `${code}, `}HTTP ${status})`
}
