// What an authority keeps in its folder from one start to the next.

import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadAuthority, type ServerRequest } from '../../src/hub/index.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'authority-')) })
afterEach(() => rmSync(folder, { recursive: true }))

const serialOf = async (request: ServerRequest): Promise<string> => new X509Certificate((await (await loadAuthority(folder)).issueServer(request)).certPem).serialNumber
const serverFile = (): string => join(folder, readdirSync(folder).find((name) => name.startsWith('server-'))!)

test('a server certificate is kept for the next start, for its owner alone', async () => {
  const first = await serialOf({ hosts: ['127.0.0.1'] })
  expect([await serialOf({ hosts: ['127.0.0.1'] }), statSync(serverFile()).mode & 0o777]).toEqual([first, 0o600])
})

test('other hosts get another certificate, with their names', async () => {
  const first = await serialOf({ hosts: ['127.0.0.1'] })
  const { certPem } = await (await loadAuthority(folder)).issueServer({ hosts: ['hub.test'] })
  expect([new X509Certificate(certPem).serialNumber === first, new X509Certificate(certPem).subjectAltName]).toEqual([false, 'DNS:hub.test'])
})

test('a torn file, or one of another authority, is issued again', async () => {
  const first = await serialOf({ hosts: ['127.0.0.1'] })
  truncateSync(serverFile(), 300)
  const second = await serialOf({ hosts: ['127.0.0.1'] })
  rmSync(join(folder, 'ca.pem'))
  const third = await serialOf({ hosts: ['127.0.0.1'] })
  expect(new Set([first, second, third]).size).toBe(3)
})
