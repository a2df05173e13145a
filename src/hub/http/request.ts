// One HTTP request as the routes see it: its path decoded once, its body read only when asked for and never beyond a limit.

import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { isObject, parseJson, type JsonObject, type JsonValue } from '../domain/json.js'
import type { SecureInfo } from '../event.js'
import { peerOf, secureInfoOf } from '../socket.js'
import { HttpError } from './error.js'

export interface HttpRequest {
  readonly method: string
  /** Segments of the path, percent-decoded once; an empty last one is left away. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  /** The last of equal names, found without regard to case; undefined if not given. */
  header(name: string): string | undefined
  /** Names as they were written, in order. */
  readonly rawHeaders: readonly (readonly [name: string, value: string])[]
  readonly peer: string
  readonly secure: SecureInfo | null
  /** Throws RequestEntityTooLarge. */
  body(maxBytes: number): Promise<Uint8Array>
  /** Throws what body throws, and ArgumentInvalid for what is no JSON; an empty body is undefined. */
  json(maxBytes?: number): Promise<JsonValue | undefined>
  /** Throws ArgumentInvalid for what is no JSON object. */
  object(): Promise<JsonObject>
}

const MAX_PATH_CHARS = 4096
/** Larger than any document of one device, and enough for 100 devices at once. */
const MAX_JSON_BYTES = 1024 * 1024

/** A segment that is empty, a dot or two, or holds a slash or a control character names nothing here; a slash would make a module of a device. */
function decodedSegment(raw: string): string {
  let segment: string
  try {
    segment = decodeURIComponent(raw)
  } catch {
    throw new HttpError(400, 'ArgumentInvalid', 'the path is not percent-encoded text')
  }
  if (segment === '' || segment === '.' || segment === '..' || /[/\p{Cc}]/u.test(segment)) {
    throw new HttpError(400, 'ArgumentInvalid', 'a segment of the path is empty, dots, or holds a slash or a control character')
  }
  return segment
}

function pathOf(target: string): { path: string[]; query: URLSearchParams } {
  if (target.length > MAX_PATH_CHARS || !target.startsWith('/')) {
    throw new HttpError(400, 'ArgumentInvalid', `the target must begin with / and have at most ${MAX_PATH_CHARS} characters`)
  }
  const question = target.indexOf('?')
  const raw = target.slice(1, question < 0 ? undefined : question).split('/')
  // the SDK lists devices by /devices/ [E1]
  if (raw.at(-1) === '') { raw.pop() }
  return { path: raw.map(decodedSegment), query: new URLSearchParams(question < 0 ? '' : target.slice(question + 1)) }
}

function bodyOf(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = new HttpError(413, 'RequestEntityTooLarge', `the body has more than ${maxBytes} bytes`)
  return new Promise((resolve, reject) => {
    if (Number(message.headers['content-length'] ?? 0) > maxBytes) {
      reject(tooLarge)
      return
    }
    const chunks: Buffer[] = []
    let bytes = 0
    message.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > maxBytes) {
        message.removeAllListeners('data')
        message.pause()
        reject(tooLarge)
        return
      }
      chunks.push(chunk)
    })
    message.on('end', () => resolve(Buffer.concat(chunks)))
    message.on('error', () => reject(new HttpError(400, 'ArgumentInvalid', 'the request was cut off')))
  })
}

/** Throws HttpError for a path that cannot be one. */
export function requestOf(message: IncomingMessage): HttpRequest {
  const { path, query } = pathOf(message.url ?? '')
  const socket = message.socket as TLSSocket
  const rawHeaders: (readonly [string, string])[] = []
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) { rawHeaders.push([message.rawHeaders[i]!, message.rawHeaders[i + 1]!]) }
  const request: HttpRequest = {
    method: message.method ?? '',
    path,
    query,
    rawHeaders,
    peer: peerOf(socket),
    // looked up only by who has no token
    get secure() { return socket.encrypted ? secureInfoOf(socket) : null },
    header(name) {
      const value = message.headers[name.toLowerCase()]
      return Array.isArray(value) ? value.at(-1) : value
    },
    body: (maxBytes) => bodyOf(message, maxBytes),
    async json(maxBytes = MAX_JSON_BYTES) {
      const bytes = await bodyOf(message, maxBytes)
      if (bytes.length === 0) { return undefined }
      const parsed = parseJson(bytes)
      if ('error' in parsed) { throw new HttpError(400, 'ArgumentInvalid', `the body is refused: ${parsed.error}`) }
      return parsed.value
    },
    async object() {
      const value = await request.json()
      if (!isObject(value)) { throw new HttpError(400, 'ArgumentInvalid', 'the body must be a JSON object') }
      return value
    }
  }
  return request
}
