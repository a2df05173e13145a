import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { debianMirrors, fetchDebianSource, pickRevision } from '../../scripts/lib/debian.mjs'
import { installSource } from '../../scripts/lib/sources.mjs'
import { libEntry, put, scratch, tarball, withPrograms } from './checkout.js'

const source = { suite: 'trixie', source: 'lib', upstreamVersion: '1.0', file: 'lib_1.0.orig.tar.gz' }

describe('the mirror', () => {
  test('is read from a deb822 list', () => {
    const text = 'Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n'
    expect(debianMirrors([{ name: 'debian.sources', text }])).toEqual(['http://mirror.example/debian'])
  })

  test('is read from a one-line list with options', () => {
    const text = '# comment\ndeb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian trixie main contrib\n'
    expect(debianMirrors([{ name: 'sources.list', text }])).toEqual(['http://mirror.example/debian'])
  })

  test('is no other vendor\'s archive, no disabled one, no security archive and no disc', () => {
    const deb822 = 'URIs: https://vendor.example\nSuites: nodistro\nComponents: main\n\n' +
      'Enabled: no\nURIs: http://off.example\nSuites: trixie\nComponents: main\n\n' +
      'URIs: http://security.example\nSuites: trixie-security\nComponents: main\n'
    const lines = 'deb cdrom:[Debian]/ trixie main\n#deb http://commented.example trixie main\n'
    expect(debianMirrors([{ name: 'a.sources', text: deb822 }, { name: 'b.list', text: lines }])).toEqual([])
  })
})

describe('the Debian revision', () => {
  test('is the newest of the pinned upstream version', () => {
    const listing = 'Version: 1.0-2\n\nVersion: 1.0-2+deb13u1\n\nVersion: 1.1-1\n'
    expect(pickRevision(listing, source)).toBe('1.0-2+deb13u1')
  })

  test('may have an epoch', () => {
    expect(pickRevision('Version: 3:1.0-2\n', source)).toBe('3:1.0-2')
  })

  test('that is gone is answered with what is offered and how to re-pin', () => {
    expect(() => pickRevision('Version: 1.1-1\n\nVersion: 1.2-1\n', source)).toThrow(
      "Debian trixie offers 1.1-1, 1.2-1 for source package 'lib', not upstream 1.0. " +
      'To re-pin, set version, upstreamVersion, file and sha256 of its entry in native/third_party.json')
  })
})

// A stand-in for apt that notes its arguments and serves one revision.
const apt = (folder: string, version: string) => ({
  'apt-get': `echo "$@" >> '${folder}/calls'\ncase "$*" in *" source "*) cp '${folder}/served' lib_1.0.orig.tar.gz;; esac`,
  'apt-cache': `echo "$@" >> '${folder}/calls'\necho 'Version: ${version}'`,
})

function machine() {
  const folder = scratch()
  put(folder, 'etc/sources.list.d/debian.sources', 'URIs: http://mirror.example/debian\nSuites: bookworm\nComponents: main\n')
  return { folder, aptEtc: join(folder, 'etc'), root: join(folder, 'checkout') }
}

describe('fetching a source package', () => {
  test('leaves the system\'s apt state alone and cleans up after itself', async () => {
    const { folder, aptEtc } = machine()
    tarball(join(folder, 'served'), { 'a.c': '' })
    const workDir = join(folder, 'work')
    const target = join(folder, 'fetched')
    await withPrograms(apt(folder, '1.0-3'), () => fetchDebianSource({ source, target, workDir, logDir: folder, aptEtc }))
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')
    expect(calls).toHaveLength(3)
    for (const call of calls) {
      expect(call).toContain(`-oDir::State::lists=${workDir}/lists`)
      expect(call).toContain(`-oDir::Cache=${workDir}/cache`)
      expect(call).toContain('-oDir::Etc::sourceparts=/dev/null')
    }
    expect(calls[2]).toMatch(/--download-only --only-source source lib=1\.0-3$/)
    expect(readFileSync(target)).toEqual(readFileSync(join(folder, 'served')))
    expect(existsSync(workDir)).toBe(false)
  })

  test('of a tarball with another hash is refused with both hashes', async () => {
    const { folder, aptEtc, root } = machine()
    const hash = tarball(join(folder, 'served'), { 'a.c': 'evil' })
    const install = () => installSource(root, libEntry('f'.repeat(64)), { local: '', aptEtc })
    await expect(withPrograms(apt(folder, '1.0-3'), install)).rejects.toThrow(`its SHA-256 is ${hash}`)
  })

  test('of a revision that is gone names the upstream URL, the hash and TINYTWIN_SOURCES', async () => {
    const { folder, aptEtc, root } = machine()
    const install = () => installSource(root, libEntry('f'.repeat(64)), { local: '', aptEtc })
    const failure: unknown = await withPrograms(apt(folder, '1.1-1'), install).catch((error: unknown) => error)
    const { message } = failure as Error
    expect(message).toContain("Debian trixie offers 1.1-1 for source package 'lib', not upstream 1.0")
    expect(message).toContain('https://example.org/lib-1.0.tar.gz')
    expect(message).toContain('f'.repeat(64))
    expect(message).toContain('TINYTWIN_SOURCES')
  })

  test('on a machine without a Debian mirror says so', async () => {
    const { folder, root } = machine()
    const aptEtc = join(folder, 'other')
    mkdirSync(aptEtc)
    const install = () => installSource(root, libEntry('f'.repeat(64)), { local: '', aptEtc })
    await expect(withPrograms(apt(folder, '1.0-3'), install)).rejects.toThrow('no Debian mirror is named')
  })
})
