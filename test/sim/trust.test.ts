// Roots that change while a device runs: over real TLS, with two authorities and no new firmware.

import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp, type BuiltApp } from '../../src/build/index.js'
import { trustBundle, trustMethod, trustPieces, trustPublicKey } from '../../src/firmware/index.js'
import { loadAuthority, type Authority } from '../../src/hub/index.js'
import { RealDevice } from '../../src/sim/index.js'
import { firstWords, identify, loopback, serve, type Served } from './meet.js'

const newKey = (): string => generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding: { format: 'pem', type: 'pkcs8' }, publicKeyEncoding: { format: 'pem', type: 'spki' } }).privateKey
const key = newKey()
const trustKey = trustPublicKey(key)

let app: BuiltApp
let old: Authority
let next: Authority
let served: Served
beforeAll(async () => {
  app = await buildApp({ app: 'bench', board: 'host' })
  ;[old, next] = [await loadAuthority(), await loadAuthority()]
  served = await serve(old)
})
afterAll(() => served.close())

/** A device with an empty trust partition that the old authority's certificate came with. */
function device(flash: Uint8Array, deviceId: string, said: string[] = []): RealDevice {
  if (served.hub.devices.get(deviceId) === undefined) served.hub.devices.create({ deviceId })
  return new RealDevice(app, {
    board: loadBoard('host'), notice: (kind, _code, text) => { said.push(`${kind}: ${text}`) },
    hub: { connection: served.hub.connectionString(deviceId), address: loopback, port: served.listener.port, ca: old.caPem, trustFlash: flash, trustKey },
  })
}

const partition = (): Uint8Array => new Uint8Array(32 * 1024).fill(0xff)

async function install(deviceId: string, bundle: Uint8Array): Promise<unknown> {
  let last: unknown
  for (const payload of trustPieces(bundle)) last = await served.hub.invoke(deviceId, { method: trustMethod, payload, connectTimeoutMs: 10_000 })
  return last
}

test('a device takes new roots as data, reconnects with them, and finds a hub of the new authority after a restart', async () => {
  const flash = partition()
  const said: string[] = []
  const first = device(flash, 'rotates', said)
  const bundle = trustBundle({ version: 2, roots: [old.caPem, next.caPem], key })
  expect(await install('rotates', bundle)).toEqual({ status: 200, payload: { version: 2 } })
  await expect.poll(() => said.some((words) => words.startsWith('renewed'))).toBe(true)
  first.close()

  const moved = await serve(next)
  try {
    const { connection } = identify(moved.hub)
    const address = { connection, address: loopback, port: moved.listener.port, ca: old.caPem }
    expect(await firstWords(app, { ...address, trustFlash: flash, trustKey })).toMatch(/^connected: /)
    expect(await firstWords(app, address)).toMatch(/not signed by a trusted authority$/)
  } finally {
    await moved.close()
  }
})

test('a bundle signed by somebody else, and one that is not newer, are refused in words', async () => {
  const said: string[] = []
  using _device = device(partition(), 'guarded', said)
  const foreign = trustBundle({ version: 9, roots: [next.caPem], key: newKey() })
  expect(await install('guarded', foreign)).toEqual({ status: 400, payload: { error: "the signature is not of this device's update key" } })
  const good = trustBundle({ version: 3, roots: [old.caPem], key })
  expect(await install('guarded', good)).toMatchObject({ status: 200 })
  await expect.poll(() => said.some((words) => words.startsWith('renewed'))).toBe(true)
  expect(await install('guarded', good)).toEqual({ status: 400, payload: { error: 'the version is not above that of an earlier bundle' } })
})

test('a bundle is of authorities, in PEM, signed by a P-256 key', () => {
  expect(() => trustBundle({ version: 1, roots: ['nothing'], key })).toThrow('no certificate in PEM')
  expect(() => trustBundle({ version: 0, roots: [old.caPem], key })).toThrow('1 to 4294967295')
  expect(() => trustBundle({ version: 1, roots: [old.caPem], key: 'x' })).toThrow('no private key')
})
