/** Who the device of `tinytwin dev` is: each way at the local hub, and another hub by a connection string, over real TLS. */

import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { Arguments } from '../../src/cli/command.js'
import { givenIdentity } from '../../src/cli/dev_identity.js'
import { startLocalService, type LocalService } from '../../src/cli/local_service.js'
import { certificate, type Party } from '../hub/certificates.js'
import { interruptible, jsonLines, tinytwin, type Outcome } from './fake.js'

const host = '127.0.0.1'
let folder: string
let service: LocalService
let party: Party

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tinytwin-identity-'))
  service = await startLocalService({ data: join(folder, 'hub'), host, mqtts: 0, amqps: 0, https: 0 })
  service.hub.devices.create({ deviceId: 'far' })
  party = await certificate('by-cert', { notBefore: Date.now() - 86_400_000, notAfter: Date.now() + 86_400_000 })
  service.hub.devices.create({ deviceId: 'by-cert', authentication: { type: 'selfSigned', primaryThumbprint: createHash('sha1').update(party.der).digest('hex').toUpperCase() } })
})
afterEach(() => { vi.unstubAllEnvs() })
afterAll(async () => {
  await service.close()
  rmSync(folder, { recursive: true })
})

const put = (name: string, content: string | Uint8Array): string => {
  const file = join(folder, name)
  writeFileSync(file, content, { mode: 0o600 })
  return file
}
const dev = (...argv: string[]): Promise<Outcome> => tinytwin('dev', 'blink', '--data', join(folder, 'dev'), ...argv)
/** Until the device is connected, or cannot be. */
const connected = async (...argv: string[]): Promise<Record<string, unknown>[]> => {
  const enough = new AbortController()
  const { code, out, err } = await interruptible(enough.signal, (said) => {
    if (/"type":"(dis)?connected"/.test(said)) enough.abort()
  }, ['dev', 'blink', '--data', join(folder, 'dev'), '--json', ...argv])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).not.toContain('SharedAccessKey')
  return jsonLines(out)
}
const overTls = expect.objectContaining({ type: 'connected', tls: 'TLSv1.2', verified: true })
const connectionOf = (): string => service.hub.connectionString('far', { port: service.ports.mqtts })
const byCert = (): string => `HostName=${host}:${service.ports.mqtts};DeviceId=by-cert;x509=true`

test('one device is known to the local hub by a certificate, through DPS, and by its key again', async () => {
  for (const way of ['x509', 'dps', 'sas']) {
    const lines = await connected('--auth', way)
    expect(lines[0]).toMatchObject({ type: 'ready', device: 'blink', auth: way })
    expect(lines).toContainEqual(overTls)
    expect(lines.some(({ type }) => type === 'provisioned')).toBe(way === 'dps')
    expect(lines.filter(({ type }) => type === 'refused' || type === 'disconnected')).toEqual([])
  }
})

test('a device that has a certificate is not silently given keys', async () => {
  await connected('--auth', 'x509', '--device', 'kept')
  expect(await dev('--device', 'kept')).toEqual({ code: 1, out: '', err: `error: device 'kept' of this hub has no shared access key; --auth sas gives it one, or name another with --device\n` })
})

test('the environment\'s connection string makes the device one of that hub', async () => {
  vi.stubEnv('TINYTWIN_CONNECTION', connectionOf())
  const lines = await connected('--ca', service.caFile)
  expect(lines[0]).toMatchObject({ type: 'ready', device: 'far', auth: 'given', hub: `${host}:${service.ports.mqtts}` })
  expect(lines).toContainEqual(overTls)
})

test('a file\'s connection string goes with a certificate and its key, PEM or DER', async () => {
  const connection = `@${put('x509.txt', `${byCert()}\n`)}`
  const der = createPrivateKey(party.keyPem).export({ type: 'sec1', format: 'der' })
  const forms = [[party.pem, party.keyPem], [party.der, der]] as const
  for (const [cert, key] of forms) {
    expect(await connected('--connection', connection, '--ca', service.caFile, '--cert', put('cert', cert), '--key', put('key', key))).toContainEqual(overTls)
  }
})

test('a hub that another authority vouches for is not trusted', async () => {
  const lines = await connected('--connection', `@${put('far.txt', connectionOf())}`)
  expect(lines).toContainEqual(expect.objectContaining({ type: 'disconnected', reason: expect.stringMatching(/^tls: .*not signed by a trusted authority$/) }))
})

test.each([
  ['a way that is none', ['--auth', 'tpm'], `--auth: 'tpm' is not one of sas, x509, dps.`],
  ['a certificate for the local hub', ['--cert', '{cert}', '--key', '{key}'], '--cert, --key and --ca go with a hub of --connection or TINYTWIN_CONNECTION'],
  ['no file', ['--connection', '@{folder}/none'], `the connection string cannot be read from '{folder}/none' (ENOENT)`],
  ['an empty file', ['--connection', '@{empty}'], 'the connection string is empty'],
  ['a service\'s connection string', ['--connection', 'HostName=h;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0'], 'is a service\'s'],
  ['a string without device', ['--connection', 'HostName=h;SharedAccessKey=c2VjcmV0'], 'the connection string cannot be used: it has no DeviceId'],
  ['a string without proof', ['--connection', 'IdScope=s;RegistrationId=r'], 'it wants either a SharedAccessKey or x509=true'],
  ['a missing private key', ['--connection', '@{x509}', '--cert', '{cert}'], 'x509=true in the connection string needs --cert and --key'],
  ['a certificate beside a key', ['--connection', 'HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0', '--cert', '{cert}', '--key', '{key}'], '--cert and --key go with x509=true'],
  ['another\'s private key', ['--connection', '@{x509}', '--cert', '{cert}', '--key', '{other}'], `the private key in '{other}' is not that of the certificate in '{cert}'`],
  ['a private key of another curve', ['--connection', '@{x509}', '--cert', '{cert}', '--key', '{p384}'], 'is neither P-256 nor RSA'],
  ['an encrypted private key', ['--connection', '@{x509}', '--cert', '{cert}', '--key', '{locked}'], 'is encrypted'],
  ['a certificate where the key goes', ['--connection', '@{x509}', '--cert', '{cert}', '--key', '{cert}'], 'holds no private key'],
  ['a certificate that is cut off', ['--connection', '@{x509}', '--cert', '{torn}', '--key', '{key}'], 'holds no certificate that can be read in PEM or DER'],
  ['an authority without certificate', ['--connection', '@{x509}', '--cert', '{cert}', '--key', '{key}', '--ca', '{key}'], `--ca: '{key}' holds no certificate in PEM or DER`],
  ['the local hub\'s port for another hub', ['--connection', 'HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0', '--port', '1'], '--port is of the local hub'],
])('%s is one sentence, with no secret in it', async (_, argv, words) => {
  const newKey = (namedCurve: string, more: object = {}): string => generateKeyPairSync('ec', { namedCurve, privateKeyEncoding: { type: 'pkcs8', format: 'pem', ...more }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey
  const files: Record<string, string> = {
    folder, empty: put('empty', '\n'), x509: put('x509', byCert()), cert: put('cert.pem', party.pem), key: put('key.pem', party.keyPem),
    other: put('other', newKey('P-256')), p384: put('p384', newKey('P-384')), locked: put('locked', newKey('P-256', { cipher: 'aes-256-cbc', passphrase: 'x' })),
    torn: put('torn', party.pem.replace(/\n[^\n]+\n-----END/, '\n-----END')),
  }
  const filled = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => files[name] ?? whole)
  const { code, out, err } = await dev('--for', '1s', ...argv.map(filled))
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(/^error: [^\n]+\n$/)
  expect(err).toContain(filled(words))
  expect(err).not.toContain('c2VjcmV0')
})

interface Vector { readonly name: string, readonly connection: string, readonly refuse?: boolean, readonly x509?: boolean, readonly host?: string, readonly scope?: string, readonly device?: string, readonly registration?: string, readonly module?: string }
const vectors = (JSON.parse(readFileSync('test/vectors/connection.json', 'utf8')) as Vector[]).filter(({ refuse, x509 }) => refuse !== true && x509 !== true)

test.each(vectors)('$name names the same device and place here as on the device', ({ connection, host: hub, scope, device, registration, module }) => {
  const given = givenIdentity(new Arguments([], new Map([['connection', [connection]]]), new Set()))
  expect(given).toMatchObject({
    deviceId: `${device ?? registration}${module === undefined ? '' : `/${module}`}`,
    where: hub ?? `DPS ${scope}`,
  })
})

// Reference: the DPS page on symmetric keys, its own example.
const groupKey = '8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw=='
const id = 'sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6'
const derived = 'Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc='

test('device key derives a group\'s key from a file and from the environment, whatever the case of the id', async () => {
  expect(await tinytwin('device', 'key', id, '--group-key', put('group', `${groupKey}\n`))).toEqual({ code: 0, out: `${derived}\n`, err: '' })
  vi.stubEnv('TINYTWIN_GROUP_KEY', groupKey)
  const { out } = await tinytwin('device', 'key', id.toUpperCase(), '--json')
  expect(jsonLines(out)).toEqual([{ registrationId: id, key: derived }])
})

test.each([
  ['no key', [id], 'the group\'s key is missing: name its file, or set TINYTWIN_GROUP_KEY'],
  ['the key in the file\'s place', [id, '--group-key', groupKey], 'the group\'s key is expected in a file'],
  ['a key that is no base64', [id, '--group-key', '{bad}'], 'not 1 to 64 bytes of base64'],
  ['an id that is none', ['a/b', '--group-key', '{bad}'], `'a/b' is no registration id`],
])('device key with %s is one sentence without it', async (_, argv, words) => {
  const bad = put('bad', 'c2Vjc*V0')
  const { code, out, err } = await tinytwin('device', 'key', ...argv.map((word) => word.replace('{bad}', bad)))
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(words)
  expect(err).not.toContain(groupKey)
  expect(err).not.toContain('c2Vjc')
})
