// What a device does over HTTP (reference A10, A11): telemetry one by one and many at once, its messages, its files.

import { receiveOne, settle } from '../domain/cloud.js'
import type { HubContext } from '../domain/device.js'
import { isObject, type JsonValue } from '../domain/json.js'
import { noteActivity } from '../domain/presence.js'
import { acceptTelemetry } from '../domain/telemetry.js'
import type { Proof } from '../domain/authentication.js'
import { beginUpload, finishUpload, type UploadResult } from '../domain/uploads.js'
import { MAX_DEVICE_MESSAGE_BYTES, type SystemProperties, type UserProperties } from '../message.js'
import { describeReason, type ReasonId } from '../reason.js'
import { requireDevice } from './authorize.js'
import { HttpError } from './error.js'
import { headersOf, propertiesOf } from './message-headers.js'
import type { HttpRequest } from './request.js'
import type { Handler, Route } from './router.js'
import { stored } from './stored.js'

const BATCH = 'application/vnd.microsoft.iothub.json'
/** Bodies are base64 in a batch. */
const MAX_BATCH_BYTES = 2 * MAX_DEVICE_MESSAGE_BYTES
const MAX_BATCH_MESSAGES = 500

interface Telemetry { readonly body: Uint8Array; readonly system: SystemProperties; readonly properties: UserProperties }

const refusals: Partial<Record<ReasonId, readonly [status: number, code: string]>> = {
  'message-too-large': [413, 'MessageTooLarge'],
  'throttled': [429, 'ThrottlingException'],
  'store-failed': [500, 'ServerError']
}

function accept(hub: HubContext, { device, authMethod }: Proof, { body, system, properties }: Telemetry): Promise<void> {
  return new Promise((resolve, reject) => {
    acceptTelemetry(hub, device, { body, system, properties, authMethod }, (refused) => {
      if (refused === undefined) { return resolve() }
      const [status, code] = refusals[refused] ?? [400, 'ArgumentInvalid']
      reject(new HttpError(status, code, describeReason(refused).message, status === 429 ? { 'retry-after': '1' } : {}))
    })
  })
}

const malformed = (what: string): HttpError => new HttpError(400, 'ArgumentInvalid', `the batch is refused: ${what}`)

function messageOf(item: JsonValue): Telemetry {
  if (!isObject(item) || typeof item.body !== 'string') { throw malformed('each message is an object with a body of text') }
  const { body, properties = {}, base64Encoded = true } = item
  if (!isObject(properties)) { throw malformed('properties must be an object') }
  const pairs = Object.entries(properties).map(([name, value]): [string, string] => {
    if (typeof value !== 'string') { throw malformed('a property is not text') }
    return [name, value]
  })
  const bytes = Buffer.from(body, base64Encoded === false ? 'utf8' : 'base64')
  if (base64Encoded !== false && bytes.toString('base64').replace(/=+$/, '') !== body.replace(/=+$/, '')) { throw malformed('a body is not base64') }
  return { body: bytes, ...propertiesOf(pairs) }
}

async function batchOf(request: HttpRequest): Promise<Telemetry[]> {
  const items = await request.json(MAX_BATCH_BYTES)
  if (!Array.isArray(items) || items.length === 0 || items.length > MAX_BATCH_MESSAGES) {
    throw malformed(`it must be an array of 1 to ${MAX_BATCH_MESSAGES} messages`)
  }
  const messages = items.map(messageOf)
  if (messages.reduce((bytes, { body }) => bytes + body.length, 0) > MAX_DEVICE_MESSAGE_BYTES) {
    throw new HttpError(413, 'MessageTooLarge', `a batch has at most ${MAX_DEVICE_MESSAGE_BYTES} bytes of bodies`)
  }
  return messages
}

function resultOf({ isSuccess, statusCode, statusDescription }: Record<string, JsonValue>): UploadResult {
  if (typeof isSuccess !== 'boolean') { throw new HttpError(400, 'ArgumentInvalid', 'isSuccess must be true or false') }
  return {
    isSuccess,
    ...(typeof statusCode === 'number' ? { statusCode } : {}),
    ...(typeof statusDescription === 'string' ? { statusDescription } : {})
  }
}

export function deviceRoutes(hub: HubContext): Route[] {
  const proven = (request: HttpRequest, { id, mid }: Readonly<Record<string, string>>): Proof => {
    const proof = requireDevice(hub, request, mid === undefined ? { deviceId: id! } : { deviceId: id!, moduleId: mid })
    noteActivity(hub, proof.device)
    return proof
  }
  const send: Handler = async (request, params) => {
    const proof = proven(request, params)
    if (request.header('content-type')?.split(';')[0]!.trim().toLowerCase() === BATCH) {
      const messages = await batchOf(request)
      await Promise.all(messages.map((message) => accept(hub, proof, message)))
    } else {
      const body = await request.body(MAX_DEVICE_MESSAGE_BYTES)
      await accept(hub, proof, { body, ...propertiesOf(request.rawHeaders) })
    }
    return { status: 204 }
  }
  const receive: Handler = (request, params) => {
    const { device } = proven(request, params)
    const next = receiveOne(hub, device)
    if (next === undefined) { return { status: 204 } }
    return { status: 200, headers: { ...headersOf(next.message), etag: `"${next.lockToken}"`, 'content-type': 'application/octet-stream' }, body: next.message.body }
  }
  const end: Handler = async (request, params) => {
    const { device } = proven(request, params)
    await stored((kept) => settle(hub, device, params.lock!, request.query.has('reject') ? 'reject' : 'complete', kept))
    return { status: 204 }
  }
  const abandon: Handler = async (request, params) => {
    const { device } = proven(request, params)
    await stored((kept) => settle(hub, device, params.lock!, 'abandon', kept))
    return { status: 204 }
  }
  const begin: Handler = async (request, params) => {
    const { device } = proven(request, params)
    const { blobName } = await request.object()
    return { status: 200, body: await stored((kept) => beginUpload(hub, device, blobName as string, kept)) }
  }
  // [A10] the correlation id comes in the body, or in the path from Node
  const finish: Handler = async (request, params) => {
    const { device } = proven(request, params)
    const body = await request.object()
    const correlationId = params.correlation ?? body.correlationId
    if (typeof correlationId !== 'string') { throw new HttpError(400, 'ArgumentInvalid', 'correlationId must be text') }
    await finishUpload(hub, device, correlationId, resultOf(body))
    return { status: 204 }
  }
  return [
    { method: 'POST', path: '/devices/{id}/messages/events', handle: send },
    { method: 'POST', path: '/devices/{id}/modules/{mid}/messages/events', handle: send },
    { method: 'GET', path: '/devices/{id}/messages/devicebound', handle: receive },
    { method: 'DELETE', path: '/devices/{id}/messages/devicebound/{lock}', handle: end },
    { method: 'POST', path: '/devices/{id}/messages/devicebound/{lock}/abandon', handle: abandon },
    { method: 'POST', path: '/devices/{id}/files', handle: begin },
    { method: 'POST', path: '/devices/{id}/files/notifications', handle: finish },
    { method: 'POST', path: '/devices/{id}/files/notifications/{correlation}', handle: finish }
  ]
}
