// Twins and direct methods of devices and modules over HTTP (reference A8, A9, E1).

import type { HubContext } from '../domain/device.js'
import { isObject, type JsonObject, type JsonValue } from '../domain/json.js'
import type { MethodResult } from '../domain/methods.js'
import { Right } from '../domain/policies.js'
import { findDevice, type Name } from '../domain/registry.js'
import { twinDocument, updateTwin } from '../domain/twins.js'
import { requireService } from './authorize.js'
import { HttpError } from './error.js'
import type { Handler, Route } from './router.js'
import { inQuotes, stored } from './stored.js'

/** [A9] */
const RESPONSE_SECONDS = { least: 5, most: 300, unless: 30 } as const
const CONNECT_SECONDS = { least: 0, most: 300, unless: 0 } as const

const resourceOf = ({ id, mid }: Readonly<Record<string, string>>): string[] => mid === undefined ? ['devices', id!] : ['devices', id!, 'modules', mid]
const nameOf = ({ id, mid }: Readonly<Record<string, string>>): Name => mid === undefined ? { deviceId: id! } : { deviceId: id!, moduleId: mid }

/** A document that was read and is sent back holds what only the hub sets. */
function withoutVersion(section: JsonValue): JsonValue {
  if (!isObject(section)) { return section }
  const { $metadata: _metadata, $version: _version, ...values } = section
  return values
}

/** What of a twin the service may set: tags and desired. */
export function partsOf(document: JsonObject): { tags?: JsonValue; desired?: JsonValue } {
  const { tags, properties = {} } = document
  if (!isObject(properties)) { throw new HttpError(400, 'ArgumentInvalid', 'properties must be a JSON object') }
  return {
    ...(tags === undefined ? {} : { tags }),
    ...(properties.desired === undefined ? {} : { desired: withoutVersion(properties.desired) })
  }
}

function milliseconds(name: string, value: JsonValue | undefined, { least, most, unless }: { least: number; most: number; unless: number }): number {
  const seconds = value ?? unless
  if (typeof seconds !== 'number' || !Number.isInteger(seconds) || seconds < least || seconds > most) {
    throw new HttpError(400, 'ArgumentInvalid', `${name} must be an integer from ${least} to ${most}`)
  }
  return seconds * 1000
}

/** One call as the body of a request describes it; also what a job does on each device. */
export function invokeAsDescribed(hub: HubContext, name: Name, { methodName, payload = null, responseTimeoutInSeconds, connectTimeoutInSeconds }: JsonObject): Promise<MethodResult> {
  if (typeof methodName !== 'string') { throw new HttpError(400, 'ArgumentInvalid', 'methodName must be text') }
  const call = {
    method: methodName,
    payload,
    responseTimeoutMs: milliseconds('responseTimeoutInSeconds', responseTimeoutInSeconds, RESPONSE_SECONDS),
    connectTimeoutMs: milliseconds('connectTimeoutInSeconds', connectTimeoutInSeconds, CONNECT_SECONDS)
  }
  return new Promise((resolve, reject) => {
    hub.methods.invoke(findDevice(hub, name), call, (error, result) => error === undefined ? resolve(result!) : reject(error))
  })
}

export function twinRoutes(hub: HubContext): Route[] {
  const get: Handler = (request, params) => {
    requireService(hub, request, Right.ServiceConnect, resourceOf(params))
    hub.throttles.require('twin-read')
    const document = twinDocument(findDevice(hub, nameOf(params)))
    return { status: 200, headers: inQuotes(document.etag), body: document }
  }
  const change = (replace: boolean): Handler => async (request, params) => {
    requireService(hub, request, Right.ServiceConnect, resourceOf(params))
    const parts = partsOf(await request.object())
    const ifMatch = request.header('if-match')
    const device = findDevice(hub, nameOf(params))
    const document = await stored((kept) => updateTwin(hub, device, parts, { replace, kept, ...(ifMatch === undefined ? {} : { ifMatch }) }))
    return { status: 200, headers: inQuotes(document.etag), body: document }
  }
  const invoke: Handler = async (request, params) => {
    requireService(hub, request, Right.ServiceConnect, resourceOf(params))
    return { status: 200, body: await invokeAsDescribed(hub, nameOf(params), await request.object()) }
  }
  return ['/twins/{id}', '/twins/{id}/modules/{mid}'].flatMap((path) => [
    { method: 'GET', path, handle: get },
    { method: 'PATCH', path, handle: change(false) },
    { method: 'PUT', path, handle: change(true) },
    { method: 'POST', path: `${path}/methods`, handle: invoke }
  ])
}
