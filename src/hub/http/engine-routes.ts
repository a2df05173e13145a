// Queries, jobs and configurations over HTTP (reference E1, E5): the routes; what they mean is in the engines.

import type { HubContext } from '../domain/device.js'
import { Right } from '../domain/policies.js'
import { requireService } from './authorize.js'
import type { Engines, Page, Paging } from './engines.js'
import { HttpError } from './error.js'
import { listedCount } from './registry-routes.js'
import type { HttpRequest } from './request.js'
import type { Handler, HttpAnswer, Route } from './router.js'

const DEFAULT_PAGE = 100
const MAX_PAGE = 1000
const MAX_CONTINUATION_CHARS = 4096

function pagingOf(request: HttpRequest): Paging {
  const count = request.header('x-ms-max-item-count')
  const continuation = request.header('x-ms-continuation')
  if (count !== undefined && !/^(-1|[1-9]\d{0,5})$/.test(count)) { throw new HttpError(400, 'ArgumentInvalid', 'x-ms-max-item-count must be a number from 1') }
  if (continuation !== undefined && continuation.length > MAX_CONTINUATION_CHARS) { throw new HttpError(400, 'ArgumentInvalid', 'x-ms-continuation is none that this hub gave') }
  const maxItems = count === undefined || count === '-1' ? DEFAULT_PAGE : Math.min(Number(count), MAX_PAGE)
  return continuation === undefined || continuation === '' ? { maxItems } : { maxItems, continuation }
}

/** [E5] at the end the header is absent, not empty. */
function paged({ items, continuation }: Page, itemType?: string): HttpAnswer {
  return {
    status: 200,
    headers: {
      ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }),
      ...(itemType === undefined ? {} : { 'x-ms-item-type': itemType })
    },
    body: items
  }
}

export function queryRoutes(hub: HubContext, { query }: Engines): Route[] {
  const run: Handler = async (request) => {
    requireService(hub, request, Right.ServiceConnect)
    const paging = pagingOf(request)
    const { query: text } = await request.object()
    if (typeof text !== 'string') { throw new HttpError(400, 'ArgumentInvalid', 'query must be text') }
    const page = await query.run(text, paging)
    return paged(page, page.itemType)
  }
  return [{ method: 'POST', path: '/devices/query', handle: run }]
}

export function jobRoutes(hub: HubContext, { jobs }: Engines): Route[] {
  const engine = (request: HttpRequest) => {
    requireService(hub, request, Right.ServiceConnect)
    return jobs
  }
  const list: Handler = async (request) => {
    const [jobType, jobStatus] = [request.query.get('jobType'), request.query.get('jobStatus')]
    return paged(await engine(request).query({
      ...(jobType === null ? {} : { jobType }),
      ...(jobStatus === null ? {} : { jobStatus })
    }, pagingOf(request)), 'JobResponse')
  }
  return [
    { method: 'GET', path: '/jobs/v2/query', handle: list },
    { method: 'GET', path: '/jobs/v2/{id}', handle: async (request, { id }) => ({ status: 200, body: await engine(request).get(id!) }) },
    { method: 'PUT', path: '/jobs/v2/{id}', handle: async (request, { id }) => ({ status: 200, body: await engine(request).put(id!, await request.object()) }) },
    { method: 'POST', path: '/jobs/v2/{id}/cancel', handle: async (request, { id }) => ({ status: 200, body: await engine(request).cancel(id!) }) }
  ]
}

export function configurationRoutes(hub: HubContext, { configurations }: Engines): Route[] {
  const engine = (request: HttpRequest, right: number) => {
    requireService(hub, request, right)
    return configurations
  }
  const put: Handler = async (request, { id }) => {
    const { document, created } = await engine(request, Right.RegistryWrite).put(id!, await request.object(), request.header('if-match'))
    return { status: created ? 201 : 200, body: document }
  }
  const remove: Handler = async (request, { id }) => {
    await engine(request, Right.RegistryWrite).remove(id!, request.header('if-match'))
    return { status: 204 }
  }
  const apply: Handler = async (request, { id }) => {
    await engine(request, Right.RegistryWrite).apply(id!, await request.object())
    return { status: 204 }
  }
  return [
    { method: 'GET', path: '/configurations', handle: async (request) => ({ status: 200, body: await engine(request, Right.RegistryRead).list(listedCount(request)) }) },
    { method: 'POST', path: '/configurations/testQueries', handle: async (request) => ({ status: 200, body: await engine(request, Right.RegistryRead).test(await request.object()) }) },
    { method: 'GET', path: '/configurations/{id}', handle: async (request, { id }) => ({ status: 200, body: await engine(request, Right.RegistryRead).get(id!) }) },
    { method: 'PUT', path: '/configurations/{id}', handle: put },
    { method: 'DELETE', path: '/configurations/{id}', handle: remove },
    { method: 'POST', path: '/devices/{id}/applyConfigurationContent', handle: apply }
  ]
}
