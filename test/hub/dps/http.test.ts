// Provisioning over HTTPS, byte for byte on a TLS port of its own: devices, the service side, and everything that is refused.

import { generate } from 'mqtt-packet'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonValue } from '../../../src/hub/domain/json.js'
import { createDps, listenDps, type Dps, type DpsEvent } from '../../../src/hub/dps/index.js'
import { createHub, loadAuthority, signSas, type Authority, type Hub, type HubListener } from '../../../src/hub/index.js'
import { KEY, OTHER_KEY } from '../bench.js'
import { certificate } from '../certificates.js'
import { ADDRESS, answerOn, everything, tls } from '../http/wire.js'
import { bySymmetricKey, SCOPE } from './bench.js'

let authority: Authority
let hub: Hub
let dps: Dps
let listener: HubListener
let events: DpsEvent[]

beforeAll(async () => { authority = await loadAuthority() })
const ends: (() => Promise<void>)[] = []
beforeEach(async () => {
  hub = createHub({ hostName: 'hub.test' })
  dps = createDps({ hostName: ADDRESS, idScope: SCOPE, linkedHubs: [{ hostName: 'hub.test', hub }] })
  listener = await listenDps(dps, { host: ADDRESS, port: 0, certificate: await authority.issueServer({ hosts: [ADDRESS] }) })
  events = []
  dps.onEvent((event) => events.push(event))
  const [mine, own, itsHub] = [listener, dps, hub]
  ends.push(async () => {
    await own.close()
    await mine.close()
    await itsHub.close()
  })
})
afterAll(async () => { for (const end of ends) { await end() } })

const inAnHour = (): number => Math.floor(Date.now() / 1000) + 3600
const owner = (key = /SharedAccessKey=(.*)$/.exec(dps.serviceConnectionString())![1]!): string =>
  `${signSas({ resource: ADDRESS, key, expiry: inAnHour() })}&skn=provisioningserviceowner`
const device = (registrationId: string, { key = KEY, scope = SCOPE } = {}): string =>
  `${signSas({ resource: `${scope}/registrations/${registrationId}`, key, expiry: inAnHour() })}&skn=registration`

interface Called { status: number; headers: Record<string, string>; body: never }

async function call(method: string, path: string, { body, token = owner(), headers = {}, cert = {} }: { body?: JsonValue | undefined; token?: string | null; headers?: Record<string, string>; cert?: { cert?: string; key?: string } } = {}): Promise<Called> {
  const socket = await tls(listener.port, authority.caPem, cert)
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const lines = [`${method} ${path}${path.includes('?') ? '' : '?api-version=2021-10-01'} HTTP/1.1`, `Host: ${ADDRESS}`, ...(token === null ? [] : [`Authorization: ${token}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), `Content-Length: ${Buffer.byteLength(text)}`, '', text]
  socket.write(lines.join('\r\n'))
  const answer = await answerOn(socket)
  socket.destroy()
  return { status: answer.status, headers: answer.headers, body: (answer.body === '' ? undefined : JSON.parse(answer.body)) as never }
}

const register = (id: string, options: Parameters<typeof call>[2] = {}): Promise<Called> =>
  call('PUT', `/${SCOPE}/registrations/${id}/register?api-version=2019-03-31`, { token: device(id), body: { registrationId: id }, ...options })

test('a device registers, asks for its operation, and looks itself up', async () => {
  dps.enroll('dev-1', bySymmetricKey())
  const accepted = await register('dev-1')
  expect(accepted).toMatchObject({ status: 202, headers: { 'retry-after': '3', 'content-type': 'application/json; charset=utf-8' }, body: { status: 'assigning' } })
  const { operationId } = accepted.body as { operationId: string }
  const done = await call('GET', `/${SCOPE}/registrations/dev-1/operations/${operationId}`, { token: device('dev-1') })
  expect(done).toMatchObject({ status: 200, body: { status: 'assigned', registrationState: { assignedHub: 'hub.test', deviceId: 'dev-1' } } })
  expect(await call('POST', `/${SCOPE}/registrations/dev-1`, { token: device('dev-1') })).toMatchObject({ status: 200, body: { status: 'assigned' } })
  expect(hub.devices.get('dev-1')).toBeDefined()
})

test('a device with a certificate registers by the handshake', async () => {
  const now = Date.now()
  const [notBefore, notAfter] = [now - 86_400_000, now + 86_400_000]
  const root = await certificate('Root', { ca: true, notBefore, notAfter })
  const leaf = await certificate('dev-x', { issuer: root, notBefore, notAfter })
  dps.enrollGroup('g', { attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: root.pem } } } } })
  expect(await register('dev-x', { token: null, cert: { cert: `${leaf.pem}\n${root.pem}`, key: leaf.keyPem } })).toMatchObject({ status: 202 })
  expect(await register('dev-y', { token: null, cert: { cert: `${leaf.pem}\n${root.pem}`, key: leaf.keyPem } })).toMatchObject({ status: 401 })
  expect(hub.devices.get('dev-x')?.authentication).toMatchObject({ type: 'selfSigned' })
})

test.each([
  ['another id scope', '0ne0OTHER', () => device('dev-1', { scope: '0ne0OTHER' }), 'wrong-id-scope'],
  ['a wrong key', SCOPE, () => device('dev-1', { key: OTHER_KEY }), 'wrong-signature'],
  ['no token', SCOPE, () => null, 'no-credentials'],
  ['the token of the service side', SCOPE, () => owner(), 'foreign-token']
])('a device with %s is 401, and only the service knows why', async (_name, scope, token, reason) => {
  dps.enroll('dev-1', bySymmetricKey())
  const answer = await call('PUT', `/${scope}/registrations/dev-1/register`, { token: token(), body: { registrationId: 'dev-1' } })
  expect(answer).toMatchObject({ status: 401, body: { errorCode: 401002, trackingId: expect.any(String), message: 'Unauthorized', timestampUtc: expect.any(String) } })
  expect(events).toMatchObject([{ type: 'refused', reason }])
})

test('a device with a TPM is told that it cannot be served', async () => {
  const answer = await register('dev-1', { token: null, body: { registrationId: 'dev-1', tpm: { endorsementKey: 'AAAA', storageRootKey: 'AAAA' } } })
  expect(answer).toMatchObject({ status: 400, body: { message: 'attestation by TPM is not supported here' } })
})

test('an enrollment is made, read, replaced by its etag and deleted; its keys are told only where they are asked for', async () => {
  const made = await call('PUT', '/enrollments/dev-1', { body: { registrationId: 'dev-1', attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: '', secondaryKey: '' } }, initialTwin: { tags: { a: 1 }, properties: { desired: {} } } } })
  expect(made).toMatchObject({ status: 200, body: { registrationId: 'dev-1', provisioningStatus: 'enabled', attestation: { type: 'symmetricKey' }, initialTwin: { tags: { a: 1 } }, iotHubs: [], reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true } } })
  expect(JSON.stringify(made.body)).not.toContain('primaryKey')
  const keys = await call('POST', '/enrollments/dev-1/attestationmechanism')
  const { symmetricKey } = keys.body as { symmetricKey: { primaryKey: string } }
  expect(Buffer.from(symmetricKey.primaryKey, 'base64').length).toBe(64)
  const { etag } = made.body as { etag: string }
  const replaced = await call('PUT', '/enrollments/DEV-1', { headers: { 'If-Match': etag }, body: { ...made.body as object, provisioningStatus: 'disabled' } })
  expect(replaced).toMatchObject({ status: 200, body: { provisioningStatus: 'disabled' } })
  expect((await call('POST', '/enrollments/dev-1/attestationmechanism')).body).toEqual(keys.body)
  expect(await call('PUT', '/enrollments/dev-1', { headers: { 'If-Match': etag }, body: made.body })).toMatchObject({ status: 412, body: { errorCode: 412001 } })
  expect(await call('DELETE', '/enrollments/dev-1', { headers: { 'If-Match': `"${etag}"` } })).toMatchObject({ status: 412 })
  expect(await call('DELETE', '/enrollments/dev-1')).toMatchObject({ status: 204 })
  expect(await call('GET', '/enrollments/dev-1')).toMatchObject({ status: 404, body: { errorCode: 404201 } })
})

test('a group by certificate tells of the certificate, not the certificate, and takes its own document back', async () => {
  const root = await certificate('Root CA', { ca: true })
  const made = await call('PUT', '/enrollmentGroups/g1', { body: { enrollmentGroupId: 'g1', attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: Buffer.from(root.pem).toString('base64') } } } } } })
  expect(made).toMatchObject({ status: 200, body: { attestation: { x509: { signingCertificates: { primary: { info: { subjectName: 'CN=Root CA', sha256Thumbprint: expect.stringMatching(/^[0-9A-F]{64}$/) } } } } } } })
  expect(JSON.stringify(made.body)).not.toContain('"certificate"')
  expect(await call('PUT', '/enrollmentgroups/g1', { body: made.body })).toMatchObject({ status: 200 })
  expect((await call('POST', '/enrollmentgroups/g1/attestationmechanism')).body).toMatchObject({ x509: { signingCertificates: { primary: { certificate: Buffer.from(root.der).toString('base64') } } } })
})

const attestation = { type: 'symmetricKey' }
test.each<[string, JsonValue]>([
  ['no JSON', '{'],
  ['an array', []],
  ['no attestation', {}],
  ['an attestation of no type', { attestation: {} }],
  ['a TPM', { attestation: { type: 'tpm', tpm: { endorsementKey: 'AAAA' } } }],
  ['a key that is too short', { attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: 'AAAA' } } }],
  ['a certificate that is none', { attestation: { type: 'x509', x509: { clientCertificates: { primary: { certificate: 'AAAA' } } } } }],
  ['a signing certificate for one device', { attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: 'AAAA' } } } } }],
  ['another id than the address', { attestation, registrationId: 'other' }],
  ['a hub that is not linked', { attestation, iotHubs: ['evil.test'] }],
  ['static without a hub', { attestation, allocationPolicy: 'static' }],
  ['custom without a webhook', { attestation, allocationPolicy: 'custom' }],
  ['a webhook of another scheme', { attestation, allocationPolicy: 'custom', customAllocationDefinition: { webhookUrl: 'file:///etc/passwd' } }],
  ['an unknown policy', { attestation, allocationPolicy: 'random' }],
  ['a twin that none can be', { attestation, initialTwin: { tags: { 'a.b': 1 } } }],
  ['a status that is none', { attestation, provisioningStatus: 'on' }],
  ['flags that are text', { attestation, reprovisionPolicy: { updateHubAssignment: 'yes' } }],
  ['JSON nested without end', '['.repeat(100_000)]
])('an enrollment with %s is 400 and nothing is made', async (_name, body) => {
  expect(await call('PUT', '/enrollments/dev-1', { body })).toMatchObject({ status: 400, body: { errorCode: expect.any(Number), message: expect.any(String) } })
  expect(dps.enrollments.individuals.list()).toEqual([])
})

test.each([['%2e%2e'], ['a%2Fb'], ['a%00b'], ['%zz'], ['a b'.replace(' ', '%20')], ['x'.repeat(129)]])('the id %s is 400', async (id) => {
  expect(await call('PUT', `/enrollments/${id}`, { body: { attestation } })).toMatchObject({ status: 400 })
})

test('names that every object has are ids and keys like any other', async () => {
  expect(await call('GET', '/enrollments/__proto__')).toMatchObject({ status: 404 })
  expect(await call('PUT', '/enrollments/constructor', { body: '{"attestation":{"type":"symmetricKey"},"initialTwin":{"tags":{"__proto__":{"polluted":1}}}}' })).toMatchObject({ status: 200 })
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test.each<[string, () => string | null, string]>([
  ['no token', () => null, 'no-credentials'],
  ['a wrong key', () => owner(OTHER_KEY), 'wrong-signature'],
  ['the policy of a hub', () => owner().replace('provisioningserviceowner', 'iothubowner'), 'unknown-policy'],
  ['a token for another enrollment', () => `${signSas({ resource: `${ADDRESS}/enrollments/other`, key: /SharedAccessKey=(.*)$/.exec(dps.serviceConnectionString())![1]!, expiry: inAnHour() })}&skn=provisioningserviceowner`, 'foreign-token']
])('the service side with %s is 401', async (_name, token, reason) => {
  expect(await call('GET', '/enrollments/dev-1', { token: token() })).toMatchObject({ status: 401, body: { errorCode: 401002 } })
  expect(events).toMatchObject([{ type: 'refused', reason }])
})

test('many enrollments at once: each failure is told of and keeps no other from being done', async () => {
  dps.enroll('there', bySymmetricKey())
  const made = await call('POST', '/enrollments', { body: { mode: 'create', enrollments: [{ registrationId: 'new', attestation }, { registrationId: 'there', attestation }, { registrationId: 'bad' }] } })
  expect(made).toMatchObject({ status: 200, body: { isSuccessful: false, errors: [{ registrationId: 'there', errorCode: 409201 }, { registrationId: 'bad', errorCode: 400004 }] } })
  expect(dps.enrollments.individuals.get('new')).toBeDefined()
  expect(await call('POST', '/enrollments', { body: { mode: 'updateIfMatchETag', enrollments: [{ registrationId: 'new', attestation, etag: 'stale' }] } })).toMatchObject({ body: { isSuccessful: false, errors: [{ errorCode: 412001 }] } })
  expect(await call('POST', '/enrollments', { body: { mode: 'delete', enrollments: [{ registrationId: 'new' }, { registrationId: 'there' }] } })).toMatchObject({ body: { isSuccessful: true, errors: [] } })
  expect(await call('POST', '/enrollments', { body: { mode: 'destroy', enrollments: [{}] } })).toMatchObject({ status: 400 })
})

test('queries page through enrollments, groups and registrations, and the last page has no continuation', async () => {
  for (const id of ['e-3', 'e-1', 'e-2']) { dps.enroll(id, bySymmetricKey()) }
  dps.enrollGroup('g', bySymmetricKey())
  const query = { query: 'SELECT * FROM enrollments' }
  const first = await call('POST', '/enrollments/query', { body: query, headers: { 'x-ms-max-item-count': '2' } })
  expect(first).toMatchObject({ status: 200, headers: { 'x-ms-item-type': 'Enrollment' }, body: [{ registrationId: 'e-1' }, { registrationId: 'e-2' }] })
  const last = await call('POST', '/enrollments/query', { body: query, headers: { 'x-ms-max-item-count': '2', 'x-ms-continuation': first.headers['x-ms-continuation']! } })
  expect(last).toMatchObject({ body: [{ registrationId: 'e-3' }] })
  expect(last.headers['x-ms-continuation']).toBeUndefined()
  expect(await call('POST', '/enrollmentGroups/query', { body: query })).toMatchObject({ body: [{ enrollmentGroupId: 'g' }] })
  expect((await call('POST', '/registrations/g/query', { body: query })).body).toEqual([])
  expect(await call('POST', '/registrations/none/query', { body: query })).toMatchObject({ status: 404 })
  expect(await call('POST', '/enrollments/query', { body: { query: 'SELECT * FROM enrollments WHERE 1=1' } })).toMatchObject({ status: 400 })
  expect(await call('POST', '/enrollments/query', { body: query, headers: { 'x-ms-continuation': '!' } })).toMatchObject({ status: 400 })
  expect(await call('POST', '/enrollments/query', { body: query, headers: { 'x-ms-max-item-count': '0' } })).toMatchObject({ status: 400 })
})

test('a registration is read and deleted by the service', async () => {
  dps.enroll('dev-1', bySymmetricKey())
  await register('dev-1')
  expect(await call('GET', '/registrations/dev-1')).toMatchObject({ status: 200, body: { registrationId: 'dev-1', status: 'assigned', substatus: 'initialAssignment' } })
  expect(await call('GET', '/enrollments/dev-1')).toMatchObject({ body: { registrationState: { status: 'assigned' } } })
  expect(await call('DELETE', '/registrations/dev-1', { headers: { 'If-Match': 'stale' } })).toMatchObject({ status: 412 })
  expect(await call('DELETE', '/registrations/dev-1')).toMatchObject({ status: 204 })
  expect(await call('GET', '/registrations/dev-1')).toMatchObject({ status: 404, body: { errorCode: 404202 } })
})

test('other paths and methods are 404 and 405, a body beyond the limit is 413', async () => {
  dps.enroll('dev-1', bySymmetricKey())
  expect(await call('GET', '/devices')).toMatchObject({ status: 404, body: { errorCode: 404000 } })
  expect(await call('PATCH', '/enrollments/x')).toMatchObject({ status: 405 })
  expect(await register('dev-1', { body: `{"registrationId":"dev-1","payload":"${'x'.repeat(70_000)}"}` })).toMatchObject({ status: 413 })
})

test('MQTT comes in on the same port', async () => {
  dps.enroll('dev-1', bySymmetricKey())
  const socket = await tls(listener.port, authority.caPem)
  const heard = new Promise<Buffer>((resolve) => { socket.once('data', resolve) })
  socket.write(generate({ cmd: 'connect', clientId: 'dev-1', username: `${SCOPE}/registrations/dev-1/api-version=2019-03-31`, password: Buffer.from(device('dev-1')), clean: true, keepalive: 60, protocolId: 'MQTT', protocolVersion: 4 }))
  expect((await heard).toString('hex')).toBe('20020000')
  socket.write(Buffer.from('e000', 'hex'))
  expect(await everything(socket)).toBe('')
})
