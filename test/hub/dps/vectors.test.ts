// The wire cases of test/vectors that the C device is tested with, against the hub's and DPS's own readers.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { derivedKey } from '../../../src/hub/dps/index.js'
import { parseDpsUsername } from '../../../src/hub/dps/mqtt.js'
import { isSignedBy, parseSas } from '../../../src/hub/domain/sas.js'

type Case = Readonly<Record<string, string>>
const cases = (name: string): Case[] => JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8')) as Case[]

const tokens = cases('sas').filter(({ token }) => token !== undefined)
test.each(tokens)('$name: the token is signed by the key and by no other', ({ token = '', key = '' }) => {
  const parsed = parseSas(token)
  if (typeof parsed === 'string') throw new Error(parsed)
  const other = Buffer.from(key, 'base64').map((byte) => byte ^ 1)
  expect(isSignedBy(parsed, [key])).toBe(true)
  expect(isSignedBy(parsed, [Buffer.from(other).toString('base64')])).toBe(false)
})

test.each(cases('dps').filter(({ username }) => username !== undefined))('$name: the user name says scope and registration', ({ username = '', client = '' }) => {
  expect(parseDpsUsername(username)).toEqual({ idScope: '0ne00000000', registrationId: client })
})

test.each(cases('dps').filter(({ payload }) => payload !== undefined && payload !== ''))('$name: the body is JSON with the registration id', ({ payload = '', register }) => {
  expect(JSON.parse(payload)).toMatchObject({ registrationId: register })
})

test('a derived key is derived alike on both sides', () => {
  const { hmacKey = '', data = '', mac } = cases('sas').find(({ name }) => name === 'a derived device key')!
  expect(derivedKey(hmacKey, data)).toBe(mac)
})
