// From requests to answers by a table of routes; it knows no device and no service.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { HttpError, errorBody, refusalOf, type Refused } from './error.js'
import { requestOf, type HttpRequest } from './request.js'

export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes as they are; anything else as JSON; undefined for none. */
  readonly body?: unknown
}

export type Handler = (request: HttpRequest, params: Readonly<Record<string, string>>) => HttpAnswer | Promise<HttpAnswer>

export interface Route {
  readonly method: string
  /** Segments: text is compared without regard to case, `{name}` takes one segment. */
  readonly path: string
  readonly handle: Handler
}

export interface ServeOptions {
  readonly routes: readonly Route[]
  /** A new one for every answer that is an error. */
  trackingId(): string
  /** `peer` and what it asked for, without queries and ids that came from outside being trusted. */
  refused(request: { peer: string; method: string; status: number; code: string; message: string; trackingId: string }): void
  failed(error: unknown, trackingId: string): void
  /** How an error is told; as the hub does it if not given. */
  describe?(refusal: Refused, trackingId: string): { headers: Readonly<Record<string, string>>; body: unknown }
}

const describeAsHub = (refusal: Refused, trackingId: string) => ({ headers: { 'iothub-errorcode': refusal.code }, body: errorBody(refusal, trackingId) })

interface Compiled { readonly method: string; readonly segments: readonly string[]; readonly handle: Handler }

function matched(segments: readonly string[], path: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== path.length) { return undefined }
  const params = Object.create(null) as Record<string, string>
  for (const [i, segment] of segments.entries()) {
    if (segment.startsWith('{')) {
      params[segment.slice(1, -1)] = path[i]!
    } else if (segment.toLowerCase() !== path[i]!.toLowerCase()) {
      return undefined
    }
  }
  return params
}

function find(routes: readonly Compiled[], { method, path }: HttpRequest): { handle: Handler; params: Record<string, string> } {
  const allowed: string[] = []
  for (const route of routes) {
    const params = matched(route.segments, path)
    if (params === undefined) { continue }
    if (route.method === method) { return { handle: route.handle, params } }
    allowed.push(route.method)
  }
  if (allowed.length > 0) { throw new HttpError(405, 'MethodNotAllowed', `this path has ${allowed.join(', ')}`, { allow: allowed.join(', ') }) }
  throw new HttpError(404, 'GenericNotFound', 'there is no such path')
}

function send(response: ServerResponse, { status, headers = {}, body }: HttpAnswer): void {
  const isBytes = body instanceof Uint8Array
  const bytes = body === undefined ? undefined : isBytes ? body : Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    ...(bytes === undefined || isBytes ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    ...(status === 204 ? {} : { 'content-length': String(bytes?.length ?? 0) }),
    ...headers
  })
  response.end(bytes)
}

/** The listener for an HTTP server. Routes are tried in order. */
export function serveRoutes({ routes, trackingId, refused, failed, describe = describeAsHub }: ServeOptions): (message: IncomingMessage, response: ServerResponse) => void {
  const compiled = routes.map(({ method, path, handle }) => ({ method, segments: path.split('/').slice(1), handle }))
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    // what is written to a peer that is gone is lost, and it knows
    response.on('error', () => {})
    try {
      const request = requestOf(message)
      const { handle, params } = find(compiled, request)
      send(response, await handle(request, params))
    } catch (error) {
      const id = trackingId()
      const refusal = refusalOf(error) ?? { status: 500, code: 'ServerError', message: 'the hub failed; its log says more under the tracking id', headers: {} }
      if (refusal.status === 500) { failed(error, id) }
      refused({ peer: peer(message), method: message.method ?? '', status: refusal.status, code: refusal.code, message: refusal.message, trackingId: id })
      if (response.headersSent) {
        response.destroy()
        return
      }
      // a body that nobody has read is not read to its end either
      const closing = message.complete || !hasBody(message) ? {} : { connection: 'close' }
      const { headers, body } = describe(refusal, id)
      send(response, { status: refusal.status, headers: { ...refusal.headers, ...headers, ...closing }, body })
    }
  }
  return (message, response) => { void answer(message, response) }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

function peer({ socket }: IncomingMessage): string {
  return socket.remoteAddress === undefined ? 'unknown' : `${socket.remoteAddress}:${socket.remotePort}`
}
