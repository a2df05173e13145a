// A device behind an authority of its own over HTTPS: its chain counts on each connection, resumed ones too.

import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { certificate, type Party } from '../certificates.js'
import { asked, type Asked } from './asked.js'
import { answerOn, tls } from './wire.js'

let root: Party
let intermediate: Party
let leaf: Party
let asking: Asked

beforeAll(async () => {
  root = await certificate('root', { ca: true })
  intermediate = await certificate('intermediate', { ca: true, issuer: root })
  leaf = await certificate('d9', { issuer: intermediate })
})
beforeEach(async () => {
  asking = await asked()
  asking.hub.devices.create({ deviceId: 'd9', authentication: { type: 'certificateAuthority' } })
  asking.hub.authorities.register({ name: 'root', certificate: root.pem, isVerified: true })
})
afterEach(async () => { await asking[Symbol.asyncDispose]() })

async function send(socket: TLSSocket): Promise<number> {
  socket.write('POST /devices/d9/messages/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx')
  return (await answerOn(socket)).status
}

const open = (options: object): Promise<TLSSocket> => tls(asking.port, asking.authority.caPem, options)
const withChain = () => ({ cert: `${leaf.pem}\n${intermediate.pem}`, key: leaf.keyPem })

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a chain through an intermediate is good, on a resumed %s session as well', async (version) => {
  const limits = { minVersion: version, maxVersion: version }
  const first = await open({ ...withChain(), ...limits })
  const told = version === 'TLSv1.3' ? once(first, 'session').then(([session]) => session as Buffer) : Promise.resolve(first.getSession()!)
  expect(await send(first)).toBe(204)
  const session = await told
  first.destroy()
  const second = await open({ ...withChain(), ...limits, session })
  expect(second.isSessionReused()).toBe(true)
  expect(await send(second)).toBe(204)
  second.destroy()
})

test('the leaf without its intermediate leads nowhere', async () => {
  const other = await certificate('d9', { issuer: intermediate })
  const socket = await open({ cert: other.pem, key: other.keyPem })
  expect(await send(socket)).toBe(401)
  expect(asking.events).toContainEqual(expect.objectContaining({ type: 'refused', deviceId: 'd9', reason: 'untrusted-certificate' }))
  socket.destroy()
})

test('the certificate of another device is refused', async () => {
  const other = await certificate('d8', { issuer: intermediate })
  const socket = await open({ cert: `${other.pem}\n${intermediate.pem}`, key: other.keyPem })
  expect(await send(socket)).toBe(401)
  socket.destroy()
})

test('no certificate and no token is refused', async () => {
  const socket = await open({})
  expect(await send(socket)).toBe(401)
  socket.destroy()
})
