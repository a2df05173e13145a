// The container at a blob endpoint (Azure Storage or Azurite) that devices upload to and that registries are exported to. It knows no device.

import { request } from 'node:https'
import type { BlobContainer } from '../domain/uploads.js'
import { blobSas, containerSas, type StorageAccount } from './sas.js'

export interface ContainerOptions {
  /** `DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...;BlobEndpoint=https://host[:port][/account]`; without BlobEndpoint Azure's own. */
  readonly connectionString: string
  readonly containerName: string
  /** PEM, beside those the process trusts. */
  readonly ca?: string
}

export interface Container extends BlobContainer {
  /** Makes the container unless it is there. */
  prepare(): Promise<void>
  /** True for a URL below this endpoint: nowhere else does the hub go on a request's word. */
  covers(url: URL): boolean
  /** At most `maxBytes`, from a URL with its signature. */
  read(url: URL, maxBytes: number): Promise<Buffer>
  write(url: URL, body: Buffer): Promise<void>
}

const TIMEOUT_MS = 30_000
/** A signature of the hub's own, for the call that follows at once. */
const OWN_SAS_MS = 5 * 60_000
const CONTAINER_NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/

interface Answer { readonly status: number; readonly headers: Record<string, string | string[] | undefined>; readonly body: Buffer }

/** Throws an Error that says which part is missing, and quotes no key. */
export function parseStorageConnectionString(text: string): { account: StorageAccount; endpoint: URL } {
  const fields = new Map(text.split(';').filter((field) => field !== '').map((field): [string, string] => {
    const equals = field.indexOf('=')
    return [field.slice(0, equals), field.slice(equals + 1)]
  }))
  const [name, key] = [fields.get('AccountName'), fields.get('AccountKey')]
  if (name === undefined || key === undefined) { throw new Error('a storage connection string needs AccountName and AccountKey') }
  const endpoint = new URL(fields.get('BlobEndpoint') ?? `https://${name}.blob.${fields.get('EndpointSuffix') ?? 'core.windows.net'}`)
  if (endpoint.protocol !== 'https:') { throw new Error('BlobEndpoint must be https: devices upload over TLS alone [A10]') }
  return { account: { name, key }, endpoint }
}

function checked(answer: Answer, what: string): Answer {
  if (answer.status >= 300) { throw new Error(`the blob endpoint answered ${answer.status} when ${what}`) }
  return answer
}

export function blobContainer({ connectionString, containerName, ca }: ContainerOptions): Container {
  const { account, endpoint } = parseStorageConnectionString(connectionString)
  if (!CONTAINER_NAME.test(containerName)) { throw new Error(`'${containerName}' is no name of a container: 3 to 63 lower-case letters, digits and single hyphens`) }
  // Azurite has the account in the path; clients put host, container and blob together as they get them
  const folder = endpoint.pathname.replace(/^\/|\/$/g, '')
  const path = folder === '' ? containerName : `${folder}/${containerName}`

  function call(method: string, url: URL, headers: Record<string, string> = {}, body?: Buffer, maxBytes = 64 * 1024): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(url, {
        method, headers: { 'x-ms-version': '2020-10-02', 'content-length': String(body?.length ?? 0), ...headers },
        timeout: TIMEOUT_MS, ...(ca === undefined ? {} : { ca })
      }, (response) => {
        const chunks: Buffer[] = []
        let bytes = 0
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > maxBytes) { response.destroy(new Error(`the blob has more than ${maxBytes} bytes`)) } else { chunks.push(chunk) }
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }))
        response.on('error', reject)
      })
      sent.on('timeout', () => sent.destroy(new Error(`the blob endpoint did not answer within ${TIMEOUT_MS} ms`)))
      sent.on('error', reject)
      sent.end(body)
    })
  }
  const urlOf = (blobName: string): string => `${endpoint.origin}/${path}/${blobName.split('/').map(encodeURIComponent).join('/')}`

  return {
    hostName: endpoint.host,
    containerName: path,
    sasFor: (blobName, expiresAt) => blobSas(account, { container: containerName, blobName, permissions: 'rcw', expiresAt }),
    async find(blobName) {
      const sas = blobSas(account, { container: containerName, blobName, permissions: 'r', expiresAt: Date.now() + OWN_SAS_MS })
      const answer = await call('HEAD', new URL(urlOf(blobName) + sas))
      if (answer.status === 404) { return undefined }
      const { headers } = checked(answer, 'a blob was looked for')
      return { sizeBytes: Number(headers['content-length'] ?? 0), lastModified: Date.parse(String(headers['last-modified'])) }
    },
    async prepare() {
      const sas = containerSas(account, { permissions: 'rc', expiresAt: Date.now() + OWN_SAS_MS })
      const answer = await call('PUT', new URL(`${endpoint.origin}/${path}${sas}&restype=container`))
      if (answer.status !== 409) { checked(answer, 'the container was made') }
    },
    covers: (url) => url.protocol === 'https:' && url.host === endpoint.host,
    read: async (url, maxBytes) => checked(await call('GET', url, {}, undefined, maxBytes), 'a blob was read').body,
    async write(url, body) {
      checked(await call('PUT', url, { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'application/octet-stream' }, body), 'a blob was written')
    }
  }
}
