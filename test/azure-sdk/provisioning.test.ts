// Microsoft's provisioning packages, unmodified, against the local service on port 443: devices by every transport, then the service client.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDps, derivedKey, listenDps, type Dps, type DpsEvent } from '../../src/hub/dps/index.js'
import type { JsonObject } from '../../src/hub/domain/json.js'
import { createHub, listen, loadAuthority, type Authority, type Hub, type HubListener } from '../../src/hub/index.js'
import { certificate, type Party } from '../hub/certificates.js'
import { SdkDevice as Sdk } from './device.js'
import { maySpeak443 } from './port443.js'

const HOST = '127.0.33.1'
const KEY = Buffer.alloc(32, 0x11).toString('base64')
const SCOPE = '0ne00SDK000'
const DAY_MS = 86_400_000
const permitted = await maySpeak443(HOST)

const byKey = (more: JsonObject = {}): JsonObject => ({ attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: KEY } }, ...more })

describe.skipIf(!permitted)(permitted ? 'azure-iot-provisioning' : 'azure-iot-provisioning: skipped, this user may not listen on port 443', () => {
  let folder: string
  let authority: Authority
  let hub: Hub
  let dps: Dps
  const listeners: HubListener[] = []
  const events: DpsEvent[] = []
  let hubPort: number
  let root: Party
  let sdk: Sdk

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dps-'))
    authority = await loadAuthority(folder)
    const serverCertificate = await authority.issueServer({ hosts: [HOST] })
    hub = createHub({ hostName: HOST })
    const hubListener = await listen(hub, { host: HOST, port: 0, certificate: serverCertificate })
    hubPort = hubListener.port
    dps = createDps({ hostName: HOST, idScope: SCOPE, retryAfterSeconds: 1, linkedHubs: [{ hostName: `${HOST}:${hubPort}`, hub }] })
    listeners.push(hubListener, await listenDps(dps, { host: HOST, port: 443, certificate: serverCertificate }))
    dps.onEvent((event) => events.push(event))
    const [notBefore, notAfter] = [Date.now() - DAY_MS, Date.now() + DAY_MS]
    root = await certificate('SDK Root', { ca: true, notBefore, notAfter })
    dps.enrollGroup('by-ca', { attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: root.pem } } } } })
    dps.enrollGroup('by-key', byKey())
    sdk = new Sdk(authority.caPath, 'provisioning.cjs')
    await sdk.do('open', { connectionString: dps.serviceConnectionString() })
  })
  afterAll(async () => {
    await sdk[Symbol.asyncDispose]()
    await dps.close()
    await hub.close()
    for (const listener of listeners) { await listener.close() }
    await rm(folder, { recursive: true })
  })

  const register = (transport: string, identity: Record<string, unknown>): Promise<unknown> =>
    // MQTT and AMQP have ports of their own, which the host name can give; the others know 443 alone [E4]
    sdk.do('register', { host: transport === 'mqtt' || transport === 'amqp' ? `${HOST}:443` : HOST, idScope: SCOPE, transport, ...identity })

  const leafOf = async (registrationId: string): Promise<{ cert: string; key: string }> => {
    const leaf = await certificate(registrationId, { issuer: root, notBefore: Date.now() - DAY_MS, notAfter: Date.now() + DAY_MS })
    return { cert: `${leaf.pem}\n${root.pem}\n`, key: leaf.keyPem }
  }

  // the packages of MQTT and AMQP do not translate what CONNACK and SASL say
  describe.each([['mqtt', 'Error'], ['mqtt-ws', 'Error'], ['http', 'UnauthorizedError'], ['amqp', 'Error'], ['amqp-ws', 'Error']])('over %s', (transport, unauthorized) => {
    const isAmqp = transport.startsWith('amqp')

    test('a device registers with the key of its enrollment and then connects to the hub it was given', async () => {
      const registrationId = `own-${transport}`
      dps.enroll(registrationId, byKey({ deviceId: `device-${transport}` }))
      const result = await register(transport, { registrationId, key: KEY }) as { assignedHub: string; deviceId: string }
      expect(result).toMatchObject({ registrationId, status: 'assigned', substatus: 'initialAssignment', assignedHub: `${HOST}:${hubPort}`, deviceId: `device-${transport}` })
      await using device = new Sdk(authority.caPath)
      await device.do('open', { connectionString: `HostName=${result.assignedHub};DeviceId=${result.deviceId};SharedAccessKey=${KEY}` })
      expect(hub.connections().map(({ deviceId }) => deviceId)).toContain(`device-${transport}`)
    })

    test('a device of a group registers with its derived key', async () => {
      const registrationId = `derived-${transport}`
      expect(await register(transport, { registrationId, key: derivedKey(KEY, registrationId) })).toMatchObject({ status: 'assigned', deviceId: registrationId })
      expect(dps.registrations.find(registrationId).enrollmentGroupId).toBe('by-key')
    })

    test('a device of a group registers with a certificate', async () => {
      const registrationId = `cert-${transport}`
      expect(await register(transport, { registrationId, x509: await leafOf(registrationId) })).toMatchObject({ status: 'assigned', deviceId: registrationId })
      expect(hub.devices.get(registrationId)?.authentication.type).toBe('selfSigned')
    })

    test('a device that uses the key of the group itself is not authorized', async () => {
      events.length = 0
      await expect(register(transport, { registrationId: `group-key-${transport}`, key: KEY })).rejects.toThrow(unauthorized)
      expect(events).toMatchObject([{ type: 'refused', reason: 'wrong-signature' }])
    })

    test('a device with the certificate of another is told Unauthorized', async () => {
      await expect(register(transport, { registrationId: `other-${transport}`, x509: await leafOf('somebody') })).rejects.toThrow(isAmqp ? 'amqp:unauthorized-access' : 'UnauthorizedError')
      expect(hub.devices.get(`other-${transport}`)).toBeUndefined()
    })

    test('a device whose enrollment is disabled is not registered', async () => {
      const registrationId = `off-${transport}`
      dps.enroll(registrationId, byKey({ provisioningStatus: 'disabled' }))
      await expect(register(transport, { registrationId, key: KEY })).rejects.toThrow(/Error/)
      expect(hub.devices.get(registrationId)).toBeUndefined()
    })

    test('a registration that fails is told as such', async () => {
      const registrationId = `fails-${transport}`
      dps.enroll(registrationId, byKey({ deviceId: 'no such/id' }))
      await expect(register(transport, { registrationId, key: KEY })).rejects.toThrow('ProvisioningRegistrationFailedError')
    })
  })

  const service = (name: string, ...args: unknown[]): Promise<unknown> => sdk.do('service', { name, args })

  test('an enrollment is made, read, changed by its etag and deleted', async () => {
    const made = await service('createOrUpdateIndividualEnrollment', { registrationId: 'made', attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: '', secondaryKey: '' } } }) as { etag: string }
    expect(made).toMatchObject({ registrationId: 'made', provisioningStatus: 'enabled' })
    expect(await service('createOrUpdateIndividualEnrollment', { ...made, provisioningStatus: 'disabled' })).toMatchObject({ provisioningStatus: 'disabled' })
    await expect(service('createOrUpdateIndividualEnrollment', made)).rejects.toThrow('InvalidEtagError')
    expect(await service('getIndividualEnrollmentAttestationMechanism', 'made')).toMatchObject({ type: 'symmetricKey', symmetricKey: { primaryKey: expect.stringMatching(/^.{88}$/) } })
    await sdk.do('called', { name: 'deleteIndividualEnrollment', args: ['made'] })
    await expect(service('getIndividualEnrollment', 'made')).rejects.toThrow('Error')
    expect(dps.enrollments.individuals.get('made')).toBeUndefined()
  })

  test('a group is made, read and deleted, and tells its attestation', async () => {
    const made = await service('createOrUpdateEnrollmentGroup', { enrollmentGroupId: 'made-group', attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: root.pem } } } }, provisioningStatus: 'enabled' })
    expect(made).toMatchObject({ enrollmentGroupId: 'made-group', attestation: { x509: { signingCertificates: { primary: { info: { subjectName: 'CN=SDK Root' } } } } } })
    expect(await service('getEnrollmentGroup', 'made-group')).toEqual(made)
    expect(await service('getEnrollmentGroupAttestationMechanism', 'made-group')).toMatchObject({ type: 'x509' })
    await sdk.do('called', { name: 'deleteEnrollmentGroup', args: [made] })
    expect(dps.enrollments.groups.get('made-group')).toBeUndefined()
  })

  test('many enrollments are made at once, and queried page by page', async () => {
    const enrollments = ['bulk-1', 'bulk-2', 'bulk-3'].map((registrationId) => ({ registrationId, attestation: { type: 'symmetricKey' } }))
    expect(await sdk.do('called', { name: 'runBulkEnrollmentOperation', args: [{ mode: 'create', enrollments }] })).toMatchObject({ isSuccessful: true, errors: [] })
    const pages = await sdk.do('query', { name: 'createIndividualEnrollmentQuery', args: [{ query: 'SELECT * FROM enrollments' }, 2] }) as { registrationId: string }[][]
    expect(pages.every((page) => page.length <= 2)).toBe(true)
    expect(pages.flat().map(({ registrationId }) => registrationId)).toEqual(expect.arrayContaining(['bulk-1', 'bulk-2', 'bulk-3']))
    const groups = await sdk.do('query', { name: 'createEnrollmentGroupQuery', args: [{ query: 'SELECT * FROM enrollmentGroups' }] }) as { enrollmentGroupId: string }[][]
    expect(groups.flat()).toMatchObject([{ enrollmentGroupId: 'by-ca' }, { enrollmentGroupId: 'by-key' }])
  })

  test('registrations are read, queried by group and deleted', async () => {
    const registrationId = 'listed'
    await register('mqtt', { registrationId, key: derivedKey(KEY, registrationId) })
    expect(await service('getDeviceRegistrationState', registrationId)).toMatchObject({ registrationId, status: 'assigned' })
    const pages = await sdk.do('query', { name: 'createEnrollmentGroupDeviceRegistrationStateQuery', args: [{ query: 'SELECT * FROM deviceRegistrations' }, 'by-key', 100] }) as { registrationId: string }[][]
    expect(pages.flat().map((each) => each.registrationId)).toContain(registrationId)
    await sdk.do('called', { name: 'deleteDeviceRegistrationState', args: [registrationId] })
    await expect(service('getDeviceRegistrationState', registrationId)).rejects.toThrow('Error')
  })

  test('a service with a wrong key is told Unauthorized', async () => {
    await using stranger = new Sdk(authority.caPath, 'provisioning.cjs')
    await stranger.do('open', { connectionString: dps.serviceConnectionString().replace(/SharedAccessKey=.*/, `SharedAccessKey=${KEY}`) })
    await expect(stranger.do('service', { name: 'getIndividualEnrollment', args: ['x'] })).rejects.toThrow('UnauthorizedError')
  })

  test('a device that does not trust the authority does not register', async () => {
    await using stranger = new Sdk(undefined, 'provisioning.cjs')
    await expect(stranger.do('register', { host: `${HOST}:443`, idScope: SCOPE, transport: 'mqtt', registrationId: 'x', key: KEY })).rejects.toThrow(/Error/)
  })
})
