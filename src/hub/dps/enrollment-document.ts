// Enrollments as JSON, as the service's REST calls carry them (reference B5). It knows no HTTP.

import type { Random } from '../clock.js'
import { HubError } from '../error.js'
import { isObject, type JsonObject, type JsonValue } from '../domain/json.js'
import { newTwin, patchTwin } from '../domain/twin.js'
import { readCertificate } from '../domain/x509.js'
import { certificateInfo } from './certificate-info.js'
import { ID_RULE, isGroup, isRegistrationId, type Attestation, type Enrollment, type EnrollmentGroup, type IndividualEnrollment, type InitialTwin, type X509Attestation } from './enrollment.js'

/** What a document says of an enrollment; id, etag and times are its keeper's. */
export type EnrollmentRequest<E extends Enrollment> = Omit<E, 'etag' | 'createdAt' | 'updatedAt'>

const fault = (message: string): HubError => new HubError('ArgumentInvalid', message)

function textIn(json: JsonObject, name: string): string | undefined {
  const value = json[name]
  if (value === undefined || value === null || value === '') { return undefined }
  if (typeof value !== 'string') { throw fault(`'${name}' must be text`) }
  return value
}

function objectIn(json: JsonObject, name: string): JsonObject | undefined {
  const value = json[name]
  if (value === undefined || value === null) { return undefined }
  if (!isObject(value)) { throw fault(`'${name}' must be an object`) }
  return value
}

function flagIn(json: JsonObject, name: string): boolean | undefined {
  const value = json[name]
  if (value === undefined || value === null) { return undefined }
  if (typeof value !== 'boolean') { throw fault(`'${name}' must be true or false`) }
  return value
}

function oneOf<T extends string>(json: JsonObject, name: string, allowed: readonly T[]): T | undefined {
  const value = textIn(json, name)
  const found = allowed.find((each) => each.toLowerCase() === value?.toLowerCase())
  if (value !== undefined && found === undefined) { throw fault(`'${name}' must be one of ${allowed.join(', ')}`) }
  return found
}

/** [B4] what the service makes if it is not given one. */
const KEY_BYTES = 64

function checkKey(name: string, key: string): string {
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length < 16 || bytes.length > 64 || bytes.toString('base64') !== key) { throw fault(`'${name}' must be base64 of 16 to 64 bytes`) }
  return key
}

interface Making<E extends Enrollment> {
  readonly random: Random
  /** The enrollment of the same id that there is already. */
  readonly before: E | undefined
  readonly hubNames: readonly string[]
}

function attestationOf(json: JsonObject, { before, random, isOfGroup }: { before: Attestation | undefined; random: Random; isOfGroup: boolean }): Attestation {
  const type = oneOf(json, 'type', ['symmetricKey', 'x509', 'tpm', 'none'])
  switch (type) {
    case 'symmetricKey': {
      const keys = objectIn(json, 'symmetricKey') ?? {}
      const known = before?.type === 'symmetricKey' ? before : undefined
      const key = (name: 'primaryKey' | 'secondaryKey'): string => {
        const given = textIn(keys, name)
        return given === undefined ? known?.[name] ?? Buffer.from(random(KEY_BYTES)).toString('base64') : checkKey(name, given)
      }
      return { type, primaryKey: key('primaryKey'), secondaryKey: key('secondaryKey') }
    }
    case 'x509': return x509Of(objectIn(json, 'x509') ?? {}, before, isOfGroup)
    case 'tpm': throw fault(`attestation by TPM is not supported here. Use 'symmetricKey' or 'x509'`)
    default: throw fault(`attestation needs a type: 'symmetricKey' or 'x509'`)
  }
}

const kinds = ['clientCertificates', 'signingCertificates', 'caReferences'] as const

/** A document that was read has `info` where the certificate was; sent back, it stands for the certificate there is. */
function x509Of(json: JsonObject, before: Attestation | undefined, isOfGroup: boolean): X509Attestation {
  const given = kinds.filter((kind) => objectIn(json, kind) !== undefined)
  const [by] = given
  if (by === undefined || given.length > 1) { throw fault(`x509 needs one of ${kinds.join(', ')}`) }
  if (isOfGroup === (by === 'clientCertificates')) {
    if (by !== 'caReferences') { throw fault(`${isOfGroup ? 'a group' : 'an enrollment of one device'} cannot have ${by}`) }
  }
  const pair = objectIn(json, by)!
  const known = before?.type === 'x509' && before.by === by ? before : undefined
  const one = (name: 'primary' | 'secondary'): string | undefined => {
    if (by === 'caReferences') { return textIn(pair, name) }
    const entry = objectIn(pair, name)
    if (entry === undefined) { return undefined }
    const text = textIn(entry, 'certificate')
    return text === undefined ? known?.[name] : certificateIn(text, by)
  }
  const [primary, secondary] = [one('primary'), one('secondary')]
  if (primary === undefined) { throw fault(`${by} needs a primary`) }
  return { type: 'x509', by, primary, ...(secondary === undefined ? {} : { secondary }) }
}

/** PEM, base64 of PEM, or base64 of DER: clients send each of them. */
function certificateIn(text: string, by: X509Attestation['by']): string {
  const inner = text.includes('-----') ? text : Buffer.from(text, 'base64').toString('latin1')
  const certificate = readCertificate(inner.includes('-----') ? inner : text)
  if (by === 'signingCertificates' && !certificate.ca) { throw fault('the signing certificate is not that of an authority: it may not issue others') }
  return certificate.raw.toString('base64')
}

function withoutMetadata(json: JsonObject): JsonObject {
  const { metadata: _, $metadata: __, version: ___, count: ____, $version: _____, ...rest } = json
  return rest
}

/** Throws what a twin would throw that were to hold it. */
export function initialTwinOf(json: JsonObject): InitialTwin {
  const tags = withoutMetadata(objectIn(json, 'tags') ?? {})
  const desired = withoutMetadata(objectIn(objectIn(json, 'properties') ?? {}, 'desired') ?? {})
  patchTwin(patchTwin(newTwin(), 'tags', tags, { now: 0 }), 'desired', desired, { now: 0 })
  return { tags, desired }
}

function webhookOf(json: JsonObject | undefined): { url: string; apiVersion: string } | undefined {
  const url = json && textIn(json, 'webhookUrl')
  if (url === undefined) { return undefined }
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') { throw fault(`'webhookUrl' must be an address of http or https`) }
  return { url, apiVersion: textIn(json!, 'apiVersion') ?? '2021-10-01' }
}

function hubsIn(json: JsonObject, hubNames: readonly string[]): string[] {
  const given = json['iotHubs'] ?? []
  if (!Array.isArray(given) || !given.every((each) => typeof each === 'string')) { throw fault(`'iotHubs' must be an array of host names`) }
  const single = textIn(json, 'iotHubHostName')
  const names = given.length === 0 && single !== undefined ? [single] : given as string[]
  return names.map((name) => {
    const linked = hubNames.find((each) => each.toLowerCase() === name.toLowerCase())
    if (linked === undefined) { throw fault(`a hub in 'iotHubs' is not linked. Linked are: ${hubNames.join(', ') || 'none'}`) }
    return linked
  })
}

function settingsOf<E extends Enrollment>(json: JsonValue, { before, random, hubNames }: Making<E>, isOfGroup: boolean) {
  if (!isObject(json)) { throw fault('an enrollment is a JSON object') }
  const attestation = objectIn(json, 'attestation')
  if (attestation === undefined) { throw fault(`'attestation' is missing`) }
  const reprovision = objectIn(json, 'reprovisionPolicy') ?? {}
  // the older way to name one hub [N-dpssvc]
  const isStatic = json['allocationPolicy'] === undefined && textIn(json, 'iotHubHostName') !== undefined
  const allocationPolicy = isStatic ? 'static' : oneOf(json, 'allocationPolicy', ['hashed', 'geoLatency', 'static', 'custom'] as const)
  const iotHubs = hubsIn(json, hubNames)
  const webhook = webhookOf(objectIn(json, 'customAllocationDefinition'))
  if (allocationPolicy === 'static' && iotHubs.length !== 1) { throw fault(`allocation policy 'static' needs exactly one hub in 'iotHubs'`) }
  if (allocationPolicy === 'custom' && webhook === undefined) { throw fault(`allocation policy 'custom' needs a customAllocationDefinition with webhookUrl`) }
  const initialTwin = objectIn(json, 'initialTwin')
  return {
    attestation: attestationOf(attestation, { before: before?.attestation, random, isOfGroup }),
    provisioningStatus: oneOf(json, 'provisioningStatus', ['enabled', 'disabled'] as const) ?? 'enabled',
    reprovisionPolicy: {
      updateHubAssignment: flagIn(reprovision, 'updateHubAssignment') ?? true,
      migrateDeviceData: flagIn(reprovision, 'migrateDeviceData') ?? true
    },
    ...(allocationPolicy === undefined ? {} : { allocationPolicy }),
    iotHubs,
    ...(webhook === undefined ? {} : { webhook }),
    ...(initialTwin === undefined ? {} : { initialTwin: initialTwinOf(initialTwin) }),
    iotEdge: flagIn(objectIn(json, 'capabilities') ?? {}, 'iotEdge') ?? false
  }
}

/** The id that both address and body give; the body may leave it out. */
function idIn(json: JsonValue, name: string, id: string): string {
  if (!isRegistrationId(id)) { throw fault(`an id is ${ID_RULE}`) }
  const named = isObject(json) ? textIn(json, name) : undefined
  if (named !== undefined && named.toLowerCase() !== id.toLowerCase()) { throw fault(`the body names another ${name} than the address`) }
  return id
}

/** Throws ArgumentInvalid, and what initialTwinOf throws; so does groupOf. */
export function individualOf(json: JsonValue, id: string, making: Making<IndividualEnrollment>): EnrollmentRequest<IndividualEnrollment> {
  const registrationId = idIn(json, 'registrationId', id)
  const settings = settingsOf(json, making, false)
  const deviceId = textIn(json as JsonObject, 'deviceId')
  const notes = objectIn(json as JsonObject, 'optionalDeviceInformation')
  return {
    registrationId, ...settings,
    ...(deviceId === undefined ? {} : { deviceId }),
    ...(notes === undefined ? {} : { optionalDeviceInformation: notes })
  }
}

export function groupOf(json: JsonValue, id: string, making: Making<EnrollmentGroup>): EnrollmentRequest<EnrollmentGroup> {
  const enrollmentGroupId = idIn(json, 'enrollmentGroupId', id)
  return { enrollmentGroupId, ...settingsOf(json, making, true) }
}

/** With keys and certificates only if asked for: everybody else is told of them. */
export function attestationDocument(attestation: Attestation, { secrets }: { secrets: boolean }): JsonObject {
  if (attestation.type === 'symmetricKey') {
    const { type, primaryKey, secondaryKey } = attestation
    return secrets ? { type, symmetricKey: { primaryKey, secondaryKey } } : { type }
  }
  const { type, by, primary, secondary } = attestation
  const one = (value: string): JsonValue => by === 'caReferences' ? value
    : { ...(secrets ? { certificate: value } : {}), info: certificateInfo(readCertificate(value)) }
  return { type, x509: { [by]: { primary: one(primary), ...(secondary === undefined ? {} : { secondary: one(secondary) }) } } }
}

export function enrollmentDocument(enrollment: Enrollment): JsonObject {
  const { attestation, iotEdge, etag, initialTwin, provisioningStatus, reprovisionPolicy, allocationPolicy, iotHubs, webhook, createdAt, updatedAt } = enrollment
  const { deviceId, optionalDeviceInformation } = isGroup(enrollment) ? {} : enrollment
  return {
    ...(isGroup(enrollment) ? { enrollmentGroupId: enrollment.enrollmentGroupId } : { registrationId: enrollment.registrationId }),
    ...(deviceId === undefined ? {} : { deviceId }),
    attestation: attestationDocument(attestation, { secrets: false }),
    capabilities: { iotEdge },
    etag,
    ...(initialTwin === undefined ? {} : { initialTwin: { tags: initialTwin.tags, properties: { desired: initialTwin.desired } } }),
    provisioningStatus,
    reprovisionPolicy: { ...reprovisionPolicy },
    ...(allocationPolicy === undefined ? {} : { allocationPolicy }),
    iotHubs: [...iotHubs],
    ...(webhook === undefined ? {} : { customAllocationDefinition: { webhookUrl: webhook.url, apiVersion: webhook.apiVersion } }),
    ...(optionalDeviceInformation === undefined ? {} : { optionalDeviceInformation }),
    createdDateTimeUtc: new Date(createdAt).toISOString(),
    lastUpdatedDateTimeUtc: new Date(updatedAt).toISOString()
  }
}
