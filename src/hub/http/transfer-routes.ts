// Import and export jobs over HTTP (reference E1).

import type { HubContext } from '../domain/device.js'
import { Right } from '../domain/policies.js'
import { requireService } from './authorize.js'
import type { Engines } from './engines.js'
import { HttpError } from './error.js'
import type { HttpRequest } from './request.js'
import type { Handler, Route } from './router.js'
import { Transfers } from './transfer.js'

export function transferRoutes(hub: HubContext, { blobs }: Engines): Route[] {
  const transfers = blobs === undefined ? undefined : new Transfers(hub, blobs)
  const required = (request: HttpRequest, right: number): Transfers => {
    requireService(hub, request, right)
    if (transfers === undefined) { throw new HttpError(501, 'NotImplemented', 'this hub was started without a blob endpoint') }
    return transfers
  }
  // an export holds the keys of everyone, an import changes them
  const create: Handler = async (request) => {
    const target = required(request, Right.RegistryRead | Right.RegistryWrite)
    hub.throttles.require('job')
    return { status: 200, body: target.start(await request.object()) }
  }
  return [
    { method: 'POST', path: '/jobs/create', handle: create },
    { method: 'GET', path: '/jobs', handle: (request) => ({ status: 200, body: required(request, Right.RegistryRead).list() }) },
    { method: 'GET', path: '/jobs/{id}', handle: (request, { id }) => ({ status: 200, body: required(request, Right.RegistryRead).get(id!) }) },
    {
      method: 'DELETE', path: '/jobs/{id}', handle: (request, { id }) => {
        required(request, Right.RegistryRead | Right.RegistryWrite).cancel(id!)
        return { status: 204 }
      }
    }
  ]
}
