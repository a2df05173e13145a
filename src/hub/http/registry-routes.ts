// The identity registry over HTTP (reference E1): devices, modules, many at once, and how many there are.

import { bulkRegistry } from '../domain/bulk.js'
import type { HubContext } from '../domain/device.js'
import { identityDocument, identityRequestOf } from '../domain/identity-document.js'
import type { IdentityName } from '../domain/identity.js'
import { Right } from '../domain/policies.js'
import { findDevice } from '../domain/registry.js'
import { purgeQueue } from '../domain/cloud.js'
import { requireService } from './authorize.js'
import { HttpError } from './error.js'
import type { HttpRequest } from './request.js'
import type { Handler, HttpAnswer, Route } from './router.js'
import { inQuotes, stored } from './stored.js'

const DEFAULT_LISTED = 1000

function resourceOf({ deviceId, moduleId }: IdentityName): string[] {
  return moduleId === undefined ? ['devices', deviceId] : ['devices', deviceId, 'modules', moduleId]
}

const nameOf = ({ id, mid }: Readonly<Record<string, string>>): IdentityName => mid === undefined ? { deviceId: id! } : { deviceId: id!, moduleId: mid }

export function listedCount(request: HttpRequest): number {
  const top = request.query.get('top')
  if (top === null) { return DEFAULT_LISTED }
  if (!/^[1-9]\d{0,3}$/.test(top) || Number(top) > DEFAULT_LISTED) { throw new HttpError(400, 'ArgumentInvalid', `top must be 1 to ${DEFAULT_LISTED}`) }
  return Number(top)
}

export function registryRoutes(hub: HubContext): Route[] {
  const { registry } = hub
  const answered = (name: IdentityName, status = 200): HttpAnswer => {
    const document = identityDocument(findDevice(hub, name))
    return { status, headers: inQuotes(findDevice(hub, name).identity.etag), body: document }
  }

  const get: Handler = (request, params) => {
    const name = nameOf(params)
    requireService(hub, request, Right.RegistryRead, resourceOf(name))
    hub.throttles.require('registry')
    return answered(name)
  }
  // without If-Match it makes a new one, with it it changes the one there is [E1]
  const put: Handler = async (request, params) => {
    const name = nameOf(params)
    requireService(hub, request, Right.RegistryWrite, resourceOf(name))
    const wanted = identityRequestOf(await request.object(), name)
    const ifMatch = request.header('if-match')
    if (ifMatch === undefined) {
      await stored((kept) => registry.create(wanted, kept))
    } else {
      await stored((kept) => registry.update(name, { ...wanted, ifMatch }, kept))
    }
    return answered(name, ifMatch === undefined && name.moduleId !== undefined ? 201 : 200)
  }
  const remove: Handler = async (request, params) => {
    const name = nameOf(params)
    requireService(hub, request, Right.RegistryWrite, resourceOf(name))
    const ifMatch = request.header('if-match')
    await stored((kept) => registry.remove(name, kept, ifMatch === undefined ? {} : { ifMatch }))
    return { status: 204 }
  }
  const list: Handler = (request) => {
    requireService(hub, request, Right.RegistryRead)
    hub.throttles.require('registry')
    return { status: 200, body: registry.list().slice(0, listedCount(request)).map((identity) => identityDocument(findDevice(hub, identity))) }
  }
  const modules: Handler = (request, { id }) => {
    requireService(hub, request, Right.RegistryRead, resourceOf({ deviceId: id! }))
    hub.throttles.require('registry')
    return { status: 200, body: registry.modules(id!).map((identity) => identityDocument(findDevice(hub, identity))) }
  }
  const bulk: Handler = async (request) => {
    requireService(hub, request, Right.RegistryWrite)
    const wanted = await request.json() ?? null
    const result = await stored((kept) => bulkRegistry(hub, wanted, kept))
    return { status: result.isSuccessful ? 200 : 400, body: result }
  }
  const purge: Handler = async (request, { id }) => {
    requireService(hub, request, Right.ServiceConnect, resourceOf({ deviceId: id! }))
    const totalMessagesPurged = await stored((kept) => purgeQueue(hub, findDevice(hub, { deviceId: id! }), kept))
    return { status: 200, body: { totalMessagesPurged, deviceId: id } }
  }
  const deviceStatistics: Handler = (request) => {
    requireService(hub, request, Right.RegistryRead)
    const { totalDeviceCount, enabledDeviceCount, disabledDeviceCount } = registry.statistics()
    return { status: 200, body: { totalDeviceCount, enabledDeviceCount, disabledDeviceCount } }
  }
  const serviceStatistics: Handler = (request) => {
    requireService(hub, request, Right.RegistryRead)
    return { status: 200, body: { connectedDeviceCount: registry.statistics().connectedDeviceCount } }
  }

  return [
    { method: 'GET', path: '/statistics/devices', handle: deviceStatistics },
    { method: 'GET', path: '/statistics/service', handle: serviceStatistics },
    { method: 'GET', path: '/devices', handle: list },
    { method: 'POST', path: '/devices', handle: bulk },
    { method: 'DELETE', path: '/devices/{id}/commands', handle: purge },
    { method: 'GET', path: '/devices/{id}/modules', handle: modules },
    ...['/devices/{id}', '/devices/{id}/modules/{mid}'].flatMap((path) => [
      { method: 'GET', path, handle: get },
      { method: 'PUT', path, handle: put },
      { method: 'DELETE', path, handle: remove }
    ])
  ]
}
