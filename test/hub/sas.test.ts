// Shared access signatures: what verifies, what does not, and why.

import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { hostOf, isSignedBy, parseSas, signSas, startsWith, type SasToken } from '../../src/hub/domain/sas.js'
import { KEY, OTHER_KEY } from './bench.js'

function parsed(text: string): SasToken {
  const token = parseSas(text)
  if (typeof token === 'string') { throw new Error(token) }
  return token
}

/** A token over `rawResource` exactly as given, as other clients encode it. */
function tokenOver(rawResource: string, rawExpiry = '1767229200'): string {
  const signature = createHmac('sha256', Buffer.from(KEY, 'base64')).update(`${rawResource}\n${rawExpiry}`).digest('base64')
  return `SharedAccessSignature sr=${rawResource}&sig=${encodeURIComponent(signature)}&se=${rawExpiry}`
}

test('a token has the fields, the encoding and the signature that IoT Hub defines', () => {
  expect(signSas({ resource: 'h/devices/d', key: KEY, expiry: 1767229200 })).toBe(
    'SharedAccessSignature sr=h%2Fdevices%2Fd&sig=C0cc%2BGeWsjHHPJ3zMIyNoPq8tiJ%2BiCm86No0KX1KjwA%3D&se=1767229200')
})

test.each([
  ['upper-case escapes', 'hub.test%2Fdevices%2Fd1'],
  ['lower-case escapes, as the embedded C SDK has for DPS', 'hub.test%2fdevices%2fd1'],
  ['no escapes, as service clients have for hosts', 'hub.test/devices/d1']
])('the signature is checked over the resource as received: %s', (_name, raw) => {
  const token = parsed(tokenOver(raw))
  expect(isSignedBy(token, [KEY])).toBe(true)
  expect(token.resource).toEqual(['hub.test', 'devices', 'd1'])
})

test('either key signs, and no other', () => {
  const token = parsed(tokenOver('hub.test%2Fdevices%2Fd1'))
  expect(isSignedBy(token, [KEY, OTHER_KEY])).toBe(true)
  expect(isSignedBy(token, [OTHER_KEY, KEY])).toBe(true)
  expect(isSignedBy(token, [OTHER_KEY, OTHER_KEY])).toBe(false)
  expect(isSignedBy(token, [])).toBe(false)
})

test('fields may come in any order and with a policy name', () => {
  const [, sr, sig, se] = /sr=(.*)&sig=(.*)&se=(.*)/.exec(tokenOver('hub.test'))!
  const token = parsed(`SharedAccessSignature skn=device&se=${se}&sig=${sig}&sr=${sr}`)
  expect(token).toMatchObject({ policy: 'device', expiry: 1767229200 })
  expect(isSignedBy(token, [KEY])).toBe(true)
})

test('an expiry in milliseconds is read as the far future, not refused', () => {
  expect(parsed(tokenOver('hub.test', '1767229200000')).expiry).toBe(1767229200000)
})

const sig = encodeURIComponent(Buffer.alloc(32).toString('base64'))
test.each([
  ['another scheme', `Bearer sr=a&sig=${sig}&se=1`],
  ['nothing', ''],
  ['no sr', `SharedAccessSignature sig=${sig}&se=1`],
  ['an empty sr', `SharedAccessSignature sr=&sig=${sig}&se=1`],
  ['no sig', 'SharedAccessSignature sr=a&se=1'],
  ['no se', `SharedAccessSignature sr=a&sig=${sig}`],
  ['a negative se', `SharedAccessSignature sr=a&sig=${sig}&se=-1`],
  ['an se in hex', `SharedAccessSignature sr=a&sig=${sig}&se=0x10`],
  ['an endless se', `SharedAccessSignature sr=a&sig=${sig}&se=${'9'.repeat(400)}`],
  ['a sig that is too short', 'SharedAccessSignature sr=a&sig=AAAA&se=1'],
  ['a sig with a broken escape', 'SharedAccessSignature sr=a&sig=%E0%A4%A&se=1'],
  ['an sr with a broken escape', `SharedAccessSignature sr=%ZZ&sig=${sig}&se=1`],
  ['sr twice', `SharedAccessSignature sr=a&sr=b&sig=${sig}&se=1`],
  ['a field without a value', `SharedAccessSignature sr=a&sig=${sig}&se=1&x`],
  ['more than 4096 characters', `SharedAccessSignature sr=${'a'.repeat(4096)}&sig=${sig}&se=1`]
])('a token with %s is malformed and says so without quoting it', (_name, text) => {
  const fault = parseSas(text)
  expect(typeof fault).toBe('string')
  expect(fault).not.toContain(sig)
})

test.each([
  [['hub.test'], true],
  [['HUB.Test', 'devices', 'd1'], true],
  [['hub.test', 'devices'], true],
  [['hub.test', 'devices', 'd'], false],
  [['hub.test', 'devices', 'd10'], false],
  [['hub.test', 'devices', 'D1'], false],
  [['hub.test', 'devices', 'd1', 'modules', 'm'], false],
  [['other.test', 'devices', 'd1'], false],
  [[''], false]
])('%j covers hub.test/devices/d1: %s', (resource, covered) => {
  const { host, path } = hostOf({ resource })
  expect(host === 'hub.test' && startsWith(['devices', 'd1'], path)).toBe(covered)
})
