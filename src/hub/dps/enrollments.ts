// The book of enrollments: those of one device, those of groups, changed by document, found by id, many at once (reference B5). It registers nobody.

import type { Clock, Random } from '../clock.js'
import { HubError } from '../error.js'
import { checkMatch, newEtag } from '../domain/identity.js'
import { isObject, type JsonObject, type JsonValue } from '../domain/json.js'
import type { HubStore, Kept } from '../store/store.js'
import { gather } from './gather.js'
import { idOf, isRegistrationId, keyOfId, type Enrollment, type EnrollmentGroup, type IndividualEnrollment } from './enrollment.js'
import { groupOf, individualOf, type EnrollmentRequest } from './enrollment-document.js'

export interface EnrollmentChange {
  readonly ifMatch?: string | undefined
  /** Asked for what is to be called, when there is something to be stored. */
  readonly pending?: () => Kept
}

const nobody = (): Kept => () => {}

/** All of them throw EnrollmentNotFound, EnrollmentAlreadyExists, PreconditionFailed or ArgumentInvalid. */
export interface Book<E extends Enrollment> {
  get(id: string): E | undefined
  find(id: string): E
  /** By id, whatever its case. */
  list(): E[]
  /** Makes it, or replaces the one there is; with `ifMatch` it must be there. */
  put(id: string, document: JsonValue, options?: EnrollmentChange): E
  remove(id: string, options?: EnrollmentChange): void
}

export interface BulkError { readonly registrationId: string; readonly errorCode: number; readonly errorStatus: string }

export interface Enrollments {
  readonly individuals: Book<IndividualEnrollment>
  readonly groups: Book<EnrollmentGroup>
  /** `{mode, enrollments}` of individuals; what fails does not keep the others from being done. */
  bulk(document: JsonValue, kept?: Kept): { isSuccessful: boolean; errors: BulkError[] }
}

interface Parts {
  readonly store: HubStore
  readonly clock: Clock
  readonly random: Random
  readonly hubNames: readonly string[]
  /** An enrollment went, and its registrations with it. */
  removed(enrollment: Enrollment): void
}

type Kind = 'enrollment' | 'enrollment-group'

function createBook<E extends Enrollment>(parts: Parts, kind: Kind, requestOf: (document: JsonValue, id: string, making: { random: Random; before: E | undefined; hubNames: readonly string[] }) => EnrollmentRequest<E>): Book<E> {
  const { store, clock, random, hubNames } = parts
  const enrollments = new Map(store.load(kind)) as Map<string, unknown> as Map<string, E>
  const get = (id: string): E | undefined => enrollments.get(keyOfId(id))
  const find = (id: string): E => {
    const found = get(id)
    if (found === undefined) { throw new HubError('EnrollmentNotFound', 'there is no enrollment of this id') }
    return found
  }
  return {
    get,
    find,
    list: () => [...enrollments.values()],
    put(id, document, { ifMatch, pending = nobody } = {}) {
      const before = ifMatch === undefined ? get(id) : find(id)
      if (before !== undefined) { checkMatch(ifMatch, before.etag, `the enrollment '${idOf(before)}'`) }
      const request = requestOf(document, id, { random, before, hubNames })
      const now = clock.now()
      const enrollment = { ...request, etag: newEtag(random), createdAt: before?.createdAt ?? now, updatedAt: now } as unknown as E
      enrollments.set(keyOfId(id), enrollment)
      store.put(kind, keyOfId(id), enrollment as never, pending())
      return enrollment
    },
    remove(id, { ifMatch, pending = nobody } = {}) {
      const found = find(id)
      checkMatch(ifMatch, found.etag, `the enrollment '${idOf(found)}'`)
      enrollments.delete(keyOfId(id))
      parts.removed(found)
      store.remove(kind, keyOfId(id), pending())
    }
  }
}

const modes = ['create', 'update', 'updateIfMatchETag', 'delete'] as const
const MAX_BULK = 10

export function createEnrollments(parts: Parts): Enrollments {
  const individuals = createBook<IndividualEnrollment>(parts, 'enrollment', individualOf)
  const groups = createBook<EnrollmentGroup>(parts, 'enrollment-group', groupOf)

  const one = (mode: (typeof modes)[number], json: JsonObject, pending: () => Kept): void => {
    const { registrationId, etag } = json
    if (!isRegistrationId(registrationId)) { throw new HubError('ArgumentInvalid', 'an enrollment has no registrationId') }
    if (mode === 'create') {
      if (individuals.get(registrationId) !== undefined) { throw new HubError('EnrollmentAlreadyExists', 'there is an enrollment of this id already') }
      individuals.put(registrationId, json, { pending })
    } else if (mode === 'delete') {
      individuals.remove(registrationId, { pending, ifMatch: typeof etag === 'string' ? etag : undefined })
    } else {
      const ifMatch = mode === 'updateIfMatchETag' ? String(etag ?? '') : '*'
      individuals.put(registrationId, json, { pending, ifMatch })
    }
  }

  return {
    individuals,
    groups,
    bulk(document, kept = () => {}) {
      const { mode: given, enrollments } = isObject(document) ? document : {}
      const mode = modes.find((each) => each.toLowerCase() === String(given).toLowerCase())
      if (mode === undefined) { throw new HubError('ArgumentInvalid', `'mode' must be one of ${modes.join(', ')}`) }
      if (!Array.isArray(enrollments) || enrollments.length === 0 || enrollments.length > MAX_BULK) {
        throw new HubError('ArgumentInvalid', `'enrollments' must be an array of 1 to ${MAX_BULK}`)
      }
      const errors: BulkError[] = []
      const all = gather(kept)
      for (const each of enrollments) {
        const registrationId = isObject(each) && typeof each['registrationId'] === 'string' ? each['registrationId'] : ''
        try {
          if (!isObject(each)) { throw new HubError('ArgumentInvalid', 'an enrollment is a JSON object') }
          one(mode, each, all.kept)
        } catch (error) {
          if (!(error instanceof HubError)) { throw error }
          errors.push({ registrationId, errorCode: error.number, errorStatus: error.message })
        }
      }
      all.close()
      return { isSuccessful: errors.length === 0, errors }
    }
  }
}
