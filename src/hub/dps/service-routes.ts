// The service side over HTTPS (reference B5): enrollments, groups and registrations as routes.

import { authorizeService } from '../domain/policies.js'
import type { JsonObject } from '../domain/json.js'
import { HttpError } from '../http/error.js'
import type { HttpRequest } from '../http/request.js'
import type { Handler, HttpAnswer, Route } from '../http/router.js'
import { stored } from '../http/stored.js'
import { refusedEvent, type DpsContext } from './context.js'
import { idOf, keyOfId, type Enrollment } from './enrollment.js'
import { attestationDocument, enrollmentDocument } from './enrollment-document.js'
import type { Book } from './enrollments.js'
import { checkQuery, pageOf, pageSizeOf } from './paging.js'
import { OWNER_RIGHTS } from './policy.js'
import { registrationDocument } from './registration.js'

/** Throws 401 unless the request's token is of the owner's policy. */
function requireOwner(dps: DpsContext, request: HttpRequest, resource: readonly string[]): void {
  const token = request.header('authorization')
  const proof = token === undefined ? { reason: 'no-credentials' } as const : authorizeService(dps, token, OWNER_RIGHTS, resource)
  if (!('reason' in proof)) { return }
  dps.report(refusedEvent(dps, request.peer, proof))
  throw new HttpError(401, 'Unauthorized', 'Unauthorized', { 'www-authenticate': 'SharedAccessSignature' })
}

interface Listed<T> { readonly items: readonly T[]; readonly type: string; key(item: T): string; document(item: T): JsonObject }

async function queried<T>(request: HttpRequest, list: () => Listed<T>): Promise<HttpAnswer> {
  checkQuery((await request.object())['query'])
  const { items, type, key, document } = list()
  const { page, continuation } = pageOf(items, key, { size: pageSizeOf(request.header('x-ms-max-item-count')), continuation: request.header('x-ms-continuation') })
  const headers = { 'x-ms-item-type': type, ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }) }
  return { status: 200, headers, body: page.map(document) }
}

export function dpsServiceRoutes(dps: DpsContext): Route[] {
  const { enrollments: { individuals, groups, bulk: runBulk }, registrations } = dps

  /** With its registration, if it has one of its own. */
  const documentOf = (enrollment: Enrollment): JsonObject => {
    const registration = 'registrationId' in enrollment ? registrations.get(enrollment.registrationId) : undefined
    return { ...enrollmentDocument(enrollment), ...(registration === undefined ? {} : { registrationState: registrationDocument(registration) }) }
  }
  const found = (enrollment: Enrollment): HttpAnswer => ({ status: 200, headers: { etag: `"${enrollment.etag}"` }, body: documentOf(enrollment) })

  const routesOf = <E extends Enrollment>(base: string, type: string, book: Book<E>): Route[] => {
    const owned = (handle: Handler): Handler => (request, params) => {
      requireOwner(dps, request, params['id'] === undefined ? [base] : [base, params['id']])
      return handle(request, params)
    }
    const put: Handler = async (request, { id }) => {
      const document = await request.object()
      const ifMatch = request.header('if-match')
      return found(await stored((kept) => book.put(id!, document, { ifMatch, pending: () => kept })))
    }
    const remove: Handler = async (request, { id }) => {
      await stored((kept) => book.remove(id!, { ifMatch: request.header('if-match'), pending: () => kept }))
      return { status: 204 }
    }
    const query: Handler = (request) =>
      queried(request, () => ({ items: book.list(), type, key: (each: E) => keyOfId(idOf(each)), document: documentOf }))
    return [
      { method: 'POST', path: `/${base}/query`, handle: owned(query) },
      { method: 'POST', path: `/${base}/{id}/attestationmechanism`, handle: owned((_request, { id }) => ({ status: 200, body: attestationDocument(book.find(id!).attestation, { secrets: true }) })) },
      { method: 'GET', path: `/${base}/{id}`, handle: owned((_request, { id }) => found(book.find(id!))) },
      { method: 'PUT', path: `/${base}/{id}`, handle: owned(put) },
      { method: 'DELETE', path: `/${base}/{id}`, handle: owned(remove) }
    ]
  }

  const bulk: Handler = async (request) => {
    requireOwner(dps, request, ['enrollments'])
    const document = await request.object()
    return { status: 200, body: await stored((kept) => runBulk(document, kept)) }
  }
  const registration: Handler = (request, { id }) => {
    requireOwner(dps, request, ['registrations', id!])
    const record = registrations.find(id!)
    return { status: 200, headers: { etag: `"${record.etag}"` }, body: registrationDocument(record) }
  }
  const removeRegistration: Handler = async (request, { id }) => {
    requireOwner(dps, request, ['registrations', id!])
    await stored((kept) => registrations.remove(id!, { ifMatch: request.header('if-match'), kept }))
    return { status: 204 }
  }
  const registrationsOf: Handler = (request, { id }) => {
    requireOwner(dps, request, ['registrations', id!])
    groups.find(id!)
    return queried(request, () => ({ items: registrations.ofGroup(id!), type: 'DeviceRegistration', key: (each) => keyOfId(each.registrationId), document: registrationDocument }))
  }

  return [
    { method: 'POST', path: '/enrollments', handle: bulk },
    ...routesOf('enrollments', 'Enrollment', individuals),
    ...routesOf('enrollmentGroups', 'EnrollmentGroup', groups),
    { method: 'POST', path: '/registrations/{id}/query', handle: registrationsOf },
    { method: 'GET', path: '/registrations/{id}', handle: registration },
    { method: 'DELETE', path: '/registrations/{id}', handle: removeRegistration }
  ]
}
