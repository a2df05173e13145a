// Digital twins and their commands over HTTP (reference C, E1).

import type { HubContext } from '../domain/device.js'
import { Right } from '../domain/policies.js'
import { findDevice } from '../domain/registry.js'
import { changeTwin, twinDocument } from '../domain/twins.js'
import { requireService } from './authorize.js'
import { desiredPatchOf, digitalTwinOf } from './digital-twin.js'
import { HttpError } from './error.js'
import type { HttpRequest } from './request.js'
import type { Handler, Route } from './router.js'
import { inQuotes, stored } from './stored.js'
import { invokeAsDescribed } from './twin-routes.js'

/** Clients say seconds in the query, and say nothing by leaving them away. */
function secondsOf(request: HttpRequest, name: string): { [name: string]: number } {
  const value = request.query.get(name)
  if (value === null) { return {} }
  if (!/^\d{1,4}$/.test(value)) { throw new HttpError(400, 'ArgumentInvalid', `${name} must be a number of seconds`) }
  return { [name]: Number(value) }
}

export function digitalTwinRoutes(hub: HubContext): Route[] {
  const get: Handler = (request, { id }) => {
    requireService(hub, request, Right.ServiceConnect, ['devices', id!])
    hub.throttles.require('twin-read')
    const device = findDevice(hub, { deviceId: id! })
    return { status: 200, headers: inQuotes(twinDocument(device).etag), body: digitalTwinOf(device) }
  }
  const patch: Handler = async (request, { id }) => {
    requireService(hub, request, Right.ServiceConnect, ['devices', id!])
    const desired = desiredPatchOf(await request.json())
    const ifMatch = request.header('if-match')
    const device = findDevice(hub, { deviceId: id! })
    await stored((kept) => changeTwin(hub, device, 'desired', desired, { replace: false, kept, ...(ifMatch === undefined ? {} : { ifMatch }) }))
    return { status: 202, headers: { ...inQuotes(twinDocument(device).etag), location: `https://${hub.hostName}/digitaltwins/${encodeURIComponent(id!)}` } }
  }
  const command: Handler = async (request, { id, component, command: name }) => {
    requireService(hub, request, Right.ServiceConnect, ['devices', id!])
    const { status, payload } = await invokeAsDescribed(hub, { deviceId: id! }, {
      methodName: component === undefined ? name! : `${component}*${name}`,
      payload: await request.json() ?? null,
      ...secondsOf(request, 'connectTimeoutInSeconds'),
      ...secondsOf(request, 'responseTimeoutInSeconds')
    })
    return { status: 200, headers: { 'x-ms-command-statuscode': String(status), 'x-ms-request-id': Buffer.from(hub.random(16)).toString('hex') }, body: payload ?? undefined }
  }
  return [
    { method: 'GET', path: '/digitaltwins/{id}', handle: get },
    { method: 'PATCH', path: '/digitaltwins/{id}', handle: patch },
    { method: 'POST', path: '/digitaltwins/{id}/commands/{command}', handle: command },
    { method: 'POST', path: '/digitaltwins/{id}/components/{component}/commands/{command}', handle: command }
  ]
}
