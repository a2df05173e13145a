// The hub's side of a blob endpoint, held against Azurite: signatures that are accepted, those that are not, and where the hub does not go.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blobContainer, parseStorageConnectionString, type Container } from '../../../src/hub/blob/container.js'
import { loadAuthority, type Authority } from '../../../src/hub/index.js'
import { startAzurite, type Azurite } from '../../../src/hub/blob/azurite.js'

const HOST = '127.0.0.1'
const HOUR_MS = 3_600_000
let authority: Authority
let azurite: Azurite
let container: Container

beforeAll(async () => {
  authority = await loadAuthority()
  azurite = await startAzurite({ host: HOST, authority })
  container = blobContainer({ connectionString: azurite.connectionString, containerName: 'uploads', ca: authority.caPem })
  await container.prepare()
})
afterAll(async () => { await azurite[Symbol.asyncDispose]() })

const urlOf = (blobName: string, sas: string): URL => new URL(`https://${container.hostName}/${container.containerName}/${blobName}${sas}`)

test('the container is made once', async () => {
  await expect(container.prepare()).resolves.toBeUndefined()
})

test('a signature lets its holder write the blob, and the hub then finds it', async () => {
  await container.write(urlOf('d1/a.txt', container.sasFor('d1/a.txt', Date.now() + HOUR_MS)), Buffer.from('hello'))
  expect(await container.find('d1/a.txt')).toEqual({ sizeBytes: 5, lastModified: expect.any(Number) })
  expect(await container.find('d1/other.txt')).toBeUndefined()
})

test('a signature for one blob does not write another', async () => {
  const sas = container.sasFor('d1/a.txt', Date.now() + HOUR_MS)
  await expect(container.write(urlOf('d2/a.txt', sas), Buffer.from('x'))).rejects.toThrow('answered 403')
  expect(await container.find('d2/a.txt')).toBeUndefined()
})

test('a signature that has ended writes nothing', async () => {
  const sas = container.sasFor('d1/late.txt', Date.now() - HOUR_MS)
  await expect(container.write(urlOf('d1/late.txt', sas), Buffer.from('x'))).rejects.toThrow('answered 403')
})

test('a changed signature writes nothing', async () => {
  const sas = container.sasFor('d1/a.txt', Date.now() + HOUR_MS).replace(/sig=./, (found) => `sig=${found.at(-1) === 'a' ? 'b' : 'a'}`)
  await expect(container.write(urlOf('d1/a.txt', sas), Buffer.from('x'))).rejects.toThrow('answered 403')
})

test('a name with spaces, signs and letters beyond ASCII is one blob', async () => {
  const name = 'd1/grüße & 100%.txt'
  const url = urlOf(name.split('/').map(encodeURIComponent).join('/'), container.sasFor(name, Date.now() + HOUR_MS))
  await container.write(url, Buffer.from('x'))
  expect(await container.find(name)).toMatchObject({ sizeBytes: 1 })
})

test('no more is read than was asked for', async () => {
  const url = urlOf('d1/big', container.sasFor('d1/big', Date.now() + HOUR_MS))
  await container.write(url, Buffer.alloc(2000))
  expect(await container.read(url, 2000)).toHaveLength(2000)
  await expect(container.read(url, 1999)).rejects.toThrow('more than 1999 bytes')
})

test('only the endpoint itself is covered', () => {
  expect(container.covers(new URL(`https://${container.hostName}/files/x`))).toBe(true)
  expect(container.covers(new URL('https://169.254.169.254/latest'))).toBe(false)
  expect(container.covers(new URL(`http://${container.hostName}/files/x`))).toBe(false)
})

test.each([
  ['AccountName=a', /AccountName and AccountKey/],
  ['AccountName=a;AccountKey=b;BlobEndpoint=http://h/a', /must be https/]
])('the connection string %s is refused with a reason', (text, reason) => {
  expect(() => parseStorageConnectionString(text)).toThrow(reason)
})

test('a connection string without BlobEndpoint means Azure', () => {
  expect(parseStorageConnectionString('AccountName=a;AccountKey=Yg==').endpoint.href).toBe('https://a.blob.core.windows.net/')
})

test('an Azurite that cannot start says why', async () => {
  const { port } = new URL(`https://${container.hostName}`)
  await expect(startAzurite({ host: HOST, port: Number(port), authority })).rejects.toThrow(/EADDRINUSE/)
})

test('an Azurite with a folder keeps its blobs and its key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'blobs-'))
  const open = async (): Promise<[Azurite, Container]> => {
    const one = await startAzurite({ host: HOST, authority, folder })
    return [one, blobContainer({ connectionString: one.connectionString, containerName: 'kept', ca: authority.caPem })]
  }
  const [first, before] = await open()
  await before.prepare()
  await before.write(new URL(`https://${before.hostName}/${before.containerName}/a${before.sasFor('a', Date.now() + HOUR_MS)}`), Buffer.from('x'))
  await first[Symbol.asyncDispose]()
  const [second, after] = await open()
  expect(await after.find('a')).toMatchObject({ sizeBytes: 1 })
  await second[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})
