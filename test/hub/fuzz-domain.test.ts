// Hostile JSON, certificates, tokens and names from a seeded generator, against the domain itself: refused by name or taken, never anything else.

import { beforeAll, expect, test } from 'vitest'
import { bulkRegistry } from '../../src/hub/domain/bulk.js'
import { findDevice } from '../../src/hub/domain/registry.js'
import { authenticateService } from '../../src/hub/domain/policies.js'
import { beginUpload } from '../../src/hub/domain/uploads.js'
import { provesAuthority, provesThumbprint, readCertificate } from '../../src/hub/domain/x509.js'
import { HubError, Right, signSas, type JsonObject, type JsonValue } from '../../src/hub/index.js'
import { bench, HOST, START_MS } from './bench.js'
import { certificate, type Party } from './certificates.js'
import { generator } from './fuzzing.js'

type Random = ReturnType<typeof generator>

/** A HubError is an answer; anything else is a fault of ours. */
function refusedOrNot(action: () => void): boolean {
  try {
    action()
    return true
  } catch (error) {
    if (!(error instanceof HubError)) { throw error }
    return false
  }
}

const scraps: JsonValue[] = [null, true, 0, -1, 1e308, '', 'd1', '*', 'enabled', '__proto__', 'constructor', '\u0000', '\ud800', 'ms-azure-iot-edge://d1-1', 'x'.repeat(200), [], {}, [[]], { type: 'sas' }]
const names = ['id', 'deviceId', 'moduleId', 'importMode', 'eTag', 'status', 'statusReason', 'authentication', 'capabilities', 'deviceScope', 'parentScopes', 'tags', 'properties', '__proto__', 'twinETag', 'managedBy']
const modes = ['create', 'Update', 'UpdateIfMatchETag', 'Delete', 'DeleteIfMatchETag', 'createOrUpdate', 'updateTwin', 'updateTwinIfMatchETag']

function item(random: Random): JsonObject {
  const made = JSON.parse(JSON.stringify({
    id: `f${random(20)}`, importMode: modes[random(modes.length)]!, status: 'enabled',
    authentication: { type: 'sas', symmetricKey: { primaryKey: '', secondaryKey: null } }, capabilities: { iotEdge: random(4) === 0 }, tags: { a: random(9) }
  })) as JsonObject
  for (let changes = random(4); changes > 0; changes--) {
    Object.defineProperty(made, names[random(names.length)]!, { value: scraps[random(scraps.length)]!, enumerable: true, configurable: true, writable: true })
  }
  return made
}

test('50,000 mutated identities are taken or refused, each with its error', () => {
  const { hub } = bench({ log: () => {} })
  const random = generator(17)
  let errors = 0
  for (let i = 0; i < 50_000; i++) {
    refusedOrNot(() => { errors += bulkRegistry(hub.context, [item(random)], () => {}).errors.length })
  }
  expect(errors).toBeGreaterThan(10_000)
  expect(hub.devices.list().length).toBeLessThan(60)
  expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  for (const { deviceId } of hub.devices.list()) { hub.devices.remove(deviceId) }
  expect(hub.context.devices.size).toBe(0)
})

let root: Party
let leaf: Party
beforeAll(async () => {
  root = await certificate('Root', { ca: true })
  leaf = await certificate('d1', { issuer: root })
})

test('of 5,000 mutated certificates none proves anything', () => {
  const random = generator(19)
  const authorities = [readCertificate(root.der)]
  const thumbprint = readCertificate(leaf.der).fingerprint256.replaceAll(':', '')
  const authentication = { type: 'selfSigned', primaryThumbprint: thumbprint, secondaryThumbprint: thumbprint } as const
  const proven: number[] = []
  for (let i = 0; i < 5_000; i++) {
    const der = Uint8Array.from(leaf.der)
    for (let changes = 1 + random(3); changes > 0; changes--) { der[random(der.length)]! ^= 1 + random(255) }
    // two changes may undo each other
    if (Buffer.compare(der, leaf.der) === 0) { continue }
    const cut = random(10) === 0 ? der.subarray(0, random(der.length)) : der
    const given = { certificate: cut, chain: [cut, root.der] }
    for (const result of [provesThumbprint(given, authentication, START_MS), provesAuthority(given, 'd1', authorities, START_MS)]) {
      if (typeof result === 'number') { proven.push(i) }
    }
  }
  expect(proven).toEqual([])
  expect(provesAuthority({ certificate: leaf.der, chain: [] }, 'd1', authorities, START_MS)).toBeTypeOf('number')
})

test('of 50,000 mutated tokens none opens the hub', () => {
  const { hub } = bench()
  const random = generator(23)
  const { primaryKey } = hub.policies.get('iothubowner')!
  const valid = `${signSas({ resource: HOST, key: primaryKey, expiry: START_MS / 1000 + 60 })}&skn=iothubowner`
  const signed = valid.slice(0, valid.indexOf('&skn='))
  let opened = 0
  for (let i = 0; i < 50_000; i++) {
    const bytes = Buffer.from(valid)
    // the case of the scheme's blanks apart, every byte before the policy's name counts
    bytes[random(signed.length)] = 33 + random(94)
    const text = bytes.toString()
    const proof = authenticateService(hub.context, text)
    if (text !== valid && !('reason' in proof) && (proof.rights & Right.RegistryWrite) !== 0 && !isSameToken(text, valid)) { opened++ }
  }
  expect(opened).toBe(0)
})

function partsOf(token: string): string[] {
  return [...new URLSearchParams(token.slice('SharedAccessSignature '.length))].map(([name, value]) =>
    `${name}=${name === 'sig' ? Buffer.from(value, 'base64').toString('hex') : value}`)
}

/** Percent-encoding has two spellings for each letter, and base64 does not use the last bits. */
function isSameToken(a: string, b: string): boolean {
  return partsOf(a).join() === partsOf(b).join()
}

const pieces = ['a', '.', '..', '/', '//', '\\', '%2f', '%2e', '%5c', '%00', '\0', ' ', 'é', '\ud800', '?', '#', '&', ':', '~', 'd2']

test('50,000 blob names stay in the folder of their device, as a server would read them', () => {
  const blobs = { hostName: 'blobs.test', containerName: 'files', sasFor: () => '?sig', find: () => Promise.resolve(undefined) }
  const { hub } = bench({ blobs })
  const random = generator(29)
  const d1 = findDevice(hub.context, 'd1')
  const strays: string[] = []
  let taken = 0
  for (let i = 0; i < 50_000; i++) {
    const name = Array.from({ length: 1 + random(8) }, () => pieces[random(pieces.length)]).join('')
    refusedOrNot(() => {
      const { blobName, correlationId } = beginUpload(hub.context, d1, name, () => {})
      hub.context.uploads.delete(correlationId)
      taken++
      for (const url of [`https://x/files/${blobName}`, `https://x/files/${encodeURI(blobName)}`]) {
        if (!new URL(url).pathname.startsWith('/files/d1/')) { strays.push(name) }
      }
    })
  }
  expect(taken).toBeGreaterThan(1000)
  expect(strays).toEqual([])
})
