/** The container files go to in a simulated world: Put Block, Put Block List, Put Blob and reading (reference A10), in memory. Knows no device. */

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { blobSas } from '../hub/blob/sas.js'
import type { BlobContainer, Clock } from '../hub/index.js'

export interface StoredBlob {
  readonly bytes: Buffer
  readonly contentEncoding?: string
  /** Milliseconds since 1970. */
  readonly lastModified: number
}

/** What comes instead of storage's own answer; `headers` beside Content-Length. */
export interface StorageFault { readonly status: number, readonly headers?: Readonly<Record<string, string>> }

const account = { name: 'files', key: createHash('sha256').update('the key of a container in memory').digest('base64') }
const container = 'uploads'
const maxBlockBytes = 4 * 1024 * 1024

export class Storage implements BlobContainer {
  readonly hostName: string
  readonly containerName = container
  readonly blobs = new Map<string, StoredBlob>()
  /** Every request, as `PUT blockid`, `PUT blocklist`, ...: what was asked, in order. */
  readonly requests: string[] = []
  /** Asked before each request is served. */
  fault: ((request: string, index: number) => StorageFault | undefined) | undefined
  /** How long a permission holds at most. */
  grantMs = Infinity
  readonly #committed = new Map<string, Map<string, Buffer>>()
  readonly #uncommitted = new Map<string, Map<string, Buffer>>()
  readonly #clock: Clock

  constructor(clock: Clock, hostName = 'files.blob.tinytwin.test') {
    this.#clock = clock
    this.hostName = hostName
  }

  sasFor(blobName: string, expiresAt: number): string {
    return blobSas(account, { container, blobName, permissions: 'rcw', expiresAt: Math.min(expiresAt, this.#clock.now() + this.grantMs) })
  }

  find(blobName: string): Promise<{ sizeBytes: number, lastModified: number } | undefined> {
    const blob = this.blobs.get(blobName)
    return Promise.resolve(blob === undefined ? undefined : { sizeBytes: blob.bytes.length, lastModified: blob.lastModified })
  }

  /** Blocks that were put and belong to no blob yet. */
  uncommitted(blobName: string): number {
    return this.#uncommitted.get(blobName)?.size ?? 0
  }

  /** As storage does with blocks nobody committed for a week. */
  forgetBlocks(): void {
    this.#uncommitted.clear()
  }

  readonly serve = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    response.on('error', () => {})
    request.on('end', () => {
      const { status, headers = {} } = this.#answer(request, Buffer.concat(chunks))
      response.writeHead(status, { 'content-length': '0', ...headers })
      response.end()
    })
  }

  #answer({ method = '', url = '', headers }: IncomingMessage, body: Buffer): StorageFault {
    const { pathname, search, searchParams } = new URL(url, `https://${this.hostName}`)
    const what = `${method} ${searchParams.get('comp') ?? 'blob'}${searchParams.has('blockid') ? ` ${searchParams.get('blockid')}` : ''}`
    this.requests.push(what)
    const fault = this.fault?.(what, this.requests.length - 1)
    if (fault !== undefined) return fault
    const [, first, ...rest] = decodeURIComponent(pathname).split('/')
    const blobName = rest.join('/')
    if (method !== 'PUT') return { status: 405 }
    if (headers['x-ms-version'] === undefined) return { status: 400 }
    if (first !== container || !this.#permits(blobName, search, searchParams)) return { status: 403 }
    if (body.length > maxBlockBytes) return { status: 413 }
    switch (searchParams.get('comp')) {
      case 'block': return this.#putBlock(blobName, searchParams.get('blockid') ?? '', body)
      case 'blocklist': return this.#putList(blobName, body, headers['x-ms-blob-content-encoding'] as string | undefined)
      default: return { status: 400 }
    }
  }

  #permits(blobName: string, search: string, query: URLSearchParams): boolean {
    const expiry = Date.parse(query.get('se') ?? '')
    if (!(expiry > this.#clock.now())) return false
    return search.startsWith(blobSas(account, { container, blobName, permissions: 'rcw', expiresAt: expiry }))
  }

  #putBlock(blobName: string, id: string, body: Buffer): StorageFault {
    const blocks = this.#uncommitted.get(blobName) ?? new Map<string, Buffer>()
    if (id === '' || [...blocks.keys()].some((other) => other.length !== id.length)) return { status: 400 }
    this.#uncommitted.set(blobName, blocks.set(id, body))
    return { status: 201 }
  }

  #putList(blobName: string, body: Buffer, contentEncoding: string | undefined): StorageFault {
    const list = /^<\?xml version="1\.0" encoding="utf-8"\?><BlockList>((?:<Latest>[A-Za-z0-9+/=]+<\/Latest>)*)<\/BlockList>$/.exec(body.toString())
    if (list === null) return { status: 400 }
    const ids = [...list[1]!.matchAll(/<Latest>(.*?)<\/Latest>/g)].map(([, id]) => id!)
    const blocks = this.#uncommitted.get(blobName)
    const before = this.#committed.get(blobName)
    const found = ids.map((id) => blocks?.get(id) ?? before?.get(id)) // "latest": first among the uncommitted
    if (found.some((block) => block === undefined)) return { status: 400 }
    this.#uncommitted.delete(blobName)
    this.#committed.set(blobName, new Map(ids.map((id, index) => [id, found[index]!])))
    this.blobs.set(blobName, {
      bytes: Buffer.concat(found as Buffer[]), lastModified: this.#clock.now(),
      ...(contentEncoding === undefined ? {} : { contentEncoding }),
    })
    return { status: 201 }
  }
}
