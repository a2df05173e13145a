// Registering (reference B2, B3, B5): one operation for one device at a time, from attestation to a place in a hub. It knows no protocol.

import { HubError } from '../error.js'
import { checkMatch, newEtag } from '../domain/identity.js'
import type { JsonObject, JsonValue } from '../domain/json.js'
import type { HubStore, Kept } from '../store/store.js'
import { allocate, type Allocation } from './allocation.js'
import type { Attested } from './attest.js'
import type { DpsContext } from './context.js'
import type { IssuedCredentials } from './credential-issuer.js'
import { idOf, isGroup, keyOfId, type Enrollment } from './enrollment.js'
import { gather } from './gather.js'
import { place, type Placement } from './placement.js'
import { registrationState, type RegistrationRecord, type Substatus } from './registration.js'

export interface RegistrationRequest {
  /** For a custom allocation. */
  readonly payload?: JsonValue
  /** Base64 of a PKCS#10 [B6]. */
  readonly csr?: string
}

export interface RegistrationAnswer {
  readonly status: 200 | 202
  /** Of 202: when to ask again. */
  readonly retryAfterSeconds?: number
  readonly body: JsonObject
}

export interface Registrations {
  /** Begins an operation, or tells of the one that is under way. */
  register(attested: Attested, request: RegistrationRequest): RegistrationAnswer
  /** Throws OperationNotFound. */
  status(attested: Attested, operationId: string): RegistrationAnswer
  get(registrationId: string): RegistrationRecord | undefined
  /** Throws RegistrationNotFound. */
  find(registrationId: string): RegistrationRecord
  ofGroup(enrollmentGroupId: string): RegistrationRecord[]
  /** The device keeps its place in the hub. Throws RegistrationNotFound or PreconditionFailed. */
  remove(registrationId: string, options?: { ifMatch?: string | undefined; kept?: Kept }): void
  forget(enrollment: Enrollment): void
}

interface Operation {
  readonly id: string
  /** As it was when the operation began. */
  readonly enrollment: Enrollment
  result: { readonly record: RegistrationRecord; readonly issued: IssuedCredentials | undefined } | undefined
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const guid = (bytes: Uint8Array): string => hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const asHubError = (error: unknown): HubError =>
  error instanceof HubError ? error : new HubError('StoreFailed', 'the provisioning service failed', { cause: error })

export function createRegistrations(dps: DpsContext, store: HubStore): Registrations {
  const records = new Map(store.load('registration'))
  const operations = new Map<string, Operation>()

  const answerOf = ({ id, result }: Operation): RegistrationAnswer => {
    if (result === undefined) {
      return { status: 202, retryAfterSeconds: dps.retryAfterSeconds, body: { operationId: id, status: 'assigning' } }
    }
    const { record, issued } = result
    const state = { ...registrationState(record), ...(issued === undefined ? {} : { issuedCertificateChain: [...issued.chain] }) }
    return { status: 200, body: { operationId: id, status: record.status, registrationState: state } }
  }

  const remember = (record: RegistrationRecord, kept: Kept): void => {
    records.set(keyOfId(record.registrationId), record)
    store.put('registration', keyOfId(record.registrationId), record, kept)
  }
  const forgetOne = (key: string, kept: Kept): void => {
    records.delete(key)
    operations.delete(key)
    store.remove('registration', key, kept)
  }

  /** What every record of this device has, whatever comes of it. */
  const headOf = ({ registrationId, enrollment }: Attested, before: RegistrationRecord | undefined) => {
    const now = dps.clock.now()
    return {
      registrationId: before?.registrationId ?? registrationId,
      ...(isGroup(enrollment) ? { enrollmentGroupId: enrollment.enrollmentGroupId } : {}),
      attestation: enrollment.attestation.type,
      etag: newEtag(dps.random),
      createdAt: before?.createdAt ?? now,
      updatedAt: now
    }
  }

  /** Not of one whose enrollment or registration went while it was under way: what comes of it is nobody's any more. */
  const isWanted = (operation: Operation, { registrationId }: Attested): boolean => operations.get(keyOfId(registrationId)) === operation

  const fail = (operation: Operation, attested: Attested, error: HubError): void => {
    if (!isWanted(operation, attested)) { return }
    const before = records.get(keyOfId(attested.registrationId))
    const { assignedHub, deviceId } = before ?? {}
    const record: RegistrationRecord = {
      ...headOf(attested, before), status: 'failed', errorCode: error.number, errorMessage: error.message,
      ...(assignedHub === undefined || deviceId === undefined ? {} : { assignedHub, deviceId })
    }
    dps.report({ type: 'failed', time: record.updatedAt, registrationId: record.registrationId, code: error.number, message: error.message })
    remember(record, () => { operation.result = { record, issued: undefined } })
  }

  const settle = (operation: Operation, attested: Attested, allocation: Allocation, issued: IssuedCredentials | undefined): void => {
    if (!isWanted(operation, attested)) { return }
    const before = records.get(keyOfId(attested.registrationId))
    const { placement, substatus } = plan(dps, attested, allocation, before, issued)
    const record: RegistrationRecord = {
      ...headOf(attested, before), status: 'assigned', assignedHub: allocation.linked.hostName, deviceId: placement.deviceId, substatus,
      ...(allocation.payload === undefined ? {} : { payload: allocation.payload })
    }
    const all = gather((error) => {
      if (error !== undefined) {
        fail(operation, attested, new HubError('StoreFailed', 'the registration could not be stored', { cause: error }))
        return
      }
      operation.result = { record, issued }
      dps.report({ type: 'assigned', time: record.updatedAt, registrationId: record.registrationId, assignedHub: record.assignedHub!, deviceId: placement.deviceId, substatus })
    })
    place(placement, all.kept())
    remember(record, all.kept())
    all.close()
  }

  const run = (operation: Operation, attested: Attested, { payload }: RegistrationRequest, issued: IssuedCredentials | undefined): void => {
    const before = records.get(keyOfId(attested.registrationId))
    const { assignedHub, deviceId } = before ?? {}
    const isPlaced = assignedHub !== undefined && deviceId !== undefined
    const attempt = (work: () => void): void => {
      try {
        work()
      } catch (error) {
        fail(operation, attested, asHubError(error))
      }
    }
    if (isPlaced && !attested.enrollment.reprovisionPolicy.updateHubAssignment) {
      attempt(() => stay(operation, attested, before!, issued))
      return
    }
    attempt(() => allocate(dps, {
      attested,
      ...(payload === undefined ? {} : { payload }),
      ...(isPlaced ? { current: { assignedHub, deviceId } } : {})
    }, (allocated) => attempt(() => {
      if (allocated instanceof HubError) { throw allocated }
      settle(operation, attested, allocated, issued)
    })))
  }

  /** [B5] never: the hub, its device and the twin are left as they are; only newly issued certificates are made known there. */
  const stay = (operation: Operation, attested: Attested, before: RegistrationRecord, issued: IssuedCredentials | undefined): void => {
    const linked = dps.linkedHubs.find(({ hostName }) => hostName === before.assignedHub)
    if (issued !== undefined && linked !== undefined) {
      settle(operation, attested, { linked, initialTwin: undefined }, issued)
      return
    }
    const { errorCode: _, errorMessage: __, ...rest } = before
    const record: RegistrationRecord = { ...rest, status: 'assigned', substatus: before.substatus ?? 'initialAssignment' }
    remember(record, (error) => {
      if (error !== undefined) {
        fail(operation, attested, new HubError('StoreFailed', 'the registration could not be stored', { cause: error }))
        return
      }
      operation.result = { record, issued }
    })
  }

  return {
    register(attested, request) {
      const { registrationId, enrollment } = attested
      if (enrollment.provisioningStatus === 'disabled') {
        const state = registrationState({ ...headOf(attested, records.get(keyOfId(registrationId))), status: 'disabled' })
        return { status: 200, body: { operationId: '', status: 'disabled', registrationState: state } }
      }
      const key = keyOfId(registrationId)
      const running = operations.get(key)
      if (running !== undefined && running.result === undefined) { return answerOf(running) }
      const operation: Operation = { id: `5.${hex(dps.random(8))}.${guid(dps.random(16))}`, enrollment, result: undefined }
      operations.set(key, operation)
      if (request.csr === undefined) {
        run(operation, attested, request, undefined)
      } else if (dps.credentials === undefined) {
        fail(operation, attested, new HubError('ArgumentInvalid', 'this service issues no certificates. Register without csr'))
      } else {
        dps.credentials.issue(request.csr, registrationId).then(
          (issued) => run(operation, attested, request, issued),
          (error: unknown) => fail(operation, attested, asHubError(error)))
      }
      // always told later, as the real service does, even if it is done by now [B2]
      return answerOf({ ...operation, result: undefined })
    },
    status({ registrationId }, operationId) {
      const operation = operations.get(keyOfId(registrationId))
      if (operation === undefined || operation.id !== operationId) { throw new HubError('OperationNotFound', 'there is no such operation. Register again') }
      return answerOf(operation)
    },
    get: (registrationId) => records.get(keyOfId(registrationId)),
    find(registrationId) {
      const found = records.get(keyOfId(registrationId))
      if (found === undefined) { throw new HubError('RegistrationNotFound', 'there is no registration of this id') }
      return found
    },
    ofGroup: (enrollmentGroupId) => [...records.values()].filter((record) => record.enrollmentGroupId !== undefined && keyOfId(record.enrollmentGroupId) === keyOfId(enrollmentGroupId)),
    remove(registrationId, { ifMatch, kept = () => {} } = {}) {
      checkMatch(ifMatch, this.find(registrationId).etag, 'the registration')
      forgetOne(keyOfId(registrationId), kept)
    },
    forget(enrollment) {
      for (const [key, operation] of operations) {
        if (isGroup(operation.enrollment) === isGroup(enrollment) && keyOfId(idOf(operation.enrollment)) === keyOfId(idOf(enrollment))) { operations.delete(key) }
      }
      const gone = isGroup(enrollment) ? this.ofGroup(enrollment.enrollmentGroupId) : [records.get(keyOfId(enrollment.registrationId))]
      for (const record of gone) {
        if (record !== undefined) { forgetOne(keyOfId(record.registrationId), () => {}) }
      }
    }
  }
}

/** [B5] What a registration means for the device and its twin, given where it was before. */
function plan(dps: DpsContext, { enrollment, registrationId, credentials }: Attested, { linked, initialTwin }: Allocation, before: RegistrationRecord | undefined, issued: IssuedCredentials | undefined): { placement: Placement; substatus: Substatus } {
  const deviceId = isGroup(enrollment) ? before?.deviceId ?? registrationId : enrollment.deviceId ?? enrollment.registrationId
  const common = {
    deviceId, linked, initialTwin, iotEdge: enrollment.iotEdge, now: dps.clock.now(),
    ...(issued === undefined ? { authentication: credentials } : { authentication: { type: 'certificateAuthority' } as const, authority: issued.authority })
  }
  if (before?.assignedHub === undefined || before.deviceId === undefined) {
    return { placement: { ...common, data: 'kept' }, substatus: 'initialAssignment' }
  }
  const was = { linked: dps.linkedHubs.find(({ hostName }) => hostName === before.assignedHub), deviceId: before.deviceId }
  const isSame = before.assignedHub === linked.hostName && before.deviceId === deviceId
  const { updateHubAssignment, migrateDeviceData } = enrollment.reprovisionPolicy
  if (isSame && (migrateDeviceData || !updateHubAssignment)) {
    return { placement: { ...common, before: was, data: 'kept' }, substatus: 'reprovisionedToInitialAssignment' }
  }
  return migrateDeviceData
    ? { placement: { ...common, before: was, data: 'migrated' }, substatus: 'deviceDataMigrated' }
    : { placement: { ...common, before: was, data: 'reset' }, substatus: 'deviceDataReset' }
}
