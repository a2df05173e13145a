/** `tinytwin trust`: what it makes, and a sentence for what it cannot. */

import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { certificate } from '../hub/certificates.js'
import { loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'
import { startLocalService } from '../../src/cli/local_service.js'
import { loadAuthority } from '../../src/hub/index.js'
import { RealDevice } from '../../src/sim/index.js'
import { tinytwin } from './fake.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-trust-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

function write(name: string, content: string | Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}

const key = (namedCurve = 'prime256v1'): string => generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

test('a bundle is made of roots and a key, whose public half is printed', async () => {
  const file = join(folder, 'roots.bin')
  const keyFile = write('k.pem', key())
  const { pem } = await certificate('Root', { ca: true, notBefore: 0, notAfter: 4e12 })
  const made = await tinytwin('trust', 'make', file, '--version', '2', '--key', keyFile, '--root', write('root.pem', pem))
  expect(made).toMatchObject({ code: 0, err: '' })
  expect(readFileSync(file).toString('latin1', 0, 4)).toBe('TTTB')
  expect((await tinytwin('trust', 'key', keyFile)).out).toMatch(/^04[0-9a-f]{128}\n$/)
})

test.each([
  [['make', 'x.bin'], 'make wants --version and --key'],
  [['make', 'x.bin', '--version', '0', '--key', 'k'], `--version: '0' is not a whole number from 1 to 4294967295`],
  [['key', 'nowhere.pem'], `'nowhere.pem' cannot be read (ENOENT)`],
  [['install', 'nowhere.bin'], 'install wants --device'],
  [['fetch', 'x'], `'fetch' is not make, install or key`],
])('%j is refused', async (words, problem) => {
  expect(await tinytwin('trust', ...words)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(problem) as unknown })
})

test.each([['', 'empty'], ['-----BEGIN CERTIFICATE-----', 'something else']])('a file that is no bundle is not sent: %j', async (content) => {
  const file = write('roots.bin', content)
  expect(await tinytwin('trust', 'install', file, '--device', 'd1')).toMatchObject({ code: 1, out: '', err: expect.stringContaining(`'${file}' is no bundle of roots`) as unknown })
})

test('a key of another curve, a root that is none and a file of another kind are refused', async () => {
  const leaf = await certificate('leaf', { notBefore: 0, notAfter: 4e12 })
  const [good, other, root] = [write('k.pem', key()), write('o.pem', key('secp384r1')), write('leaf.pem', leaf.pem)]
  const make = (file: string, keyFile: string): Promise<{ err: string }> => tinytwin('trust', 'make', file, '--version', '1', '--key', keyFile, '--root', root)
  expect((await make(join(folder, 'a'), other)).err).toContain('the update key is not P-256')
  expect((await make(join(folder, 'a'), good)).err).toContain('is no certificate of an authority')
  const { pem } = await certificate('Root', { ca: true, notBefore: 0, notAfter: 4e12 })
  writeFileSync(root, pem)
  expect((await make(good, good)).err).toContain('exists and is no')
})

test('install brings a bundle to a running device, which connects anew with it and refuses it a second time', async () => {
  const host = '127.0.0.1'
  const data = join(folder, 'hub')
  const service = await startLocalService({ data, host, mqtts: 0, amqps: 0, https: 0 })
  service.hub.devices.create({ deviceId: 'd1' })
  const said: string[] = []
  const keyFile = write('k.pem', key())
  const trustKey = Buffer.from((await tinytwin('trust', 'key', keyFile)).out.trim(), 'hex')
  const device = new RealDevice(await buildApp({ app: 'bench', board: 'host' }), {
    board: loadBoard('host'), notice: (kind, _code, text) => { said.push(`${kind}: ${text}`) },
    hub: { connection: service.hub.connectionString('d1'), port: service.ports.mqtts, ca: readFileSync(service.caFile, 'utf8'), trustFlash: new Uint8Array(32 * 1024).fill(0xff), trustKey },
  })
  try {
    await expect.poll(() => said.some((words) => words.startsWith('connected: ')), { timeout: 5000 }).toBe(true)
    const file = join(folder, 'roots.bin')
    const next = write('next.pem', (await loadAuthority()).caPem)
    await tinytwin('trust', 'make', file, '--version', '2', '--key', keyFile, '--root', service.caFile, '--root', next)
    const install = (): ReturnType<typeof tinytwin> => tinytwin('trust', 'install', file, '--device', 'd1', '--data', data)
    expect(await install()).toEqual({ code: 0, out: '{"version":2}\n', err: '' })
    await expect.poll(() => said.some((words) => words.startsWith('renewed')), { timeout: 5000 }).toBe(true)
    await expect.poll(() => service.hub.connections().length, { timeout: 5000 }).toBe(1)
    expect(await install()).toEqual({ code: 1, out: '', err: 'error: the device does not take the bundle: the version is not above that of an earlier bundle\n' })
    expect(await tinytwin('trust', 'install', file, '--device', 'nobody', '--data', data)).toMatchObject({ code: 1, out: '', err: expect.stringContaining("there is no device 'nobody'") as unknown })
  } finally {
    device.close()
    await service.close()
  }
})
