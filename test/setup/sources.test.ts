import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesUnder } from '../../scripts/lib/hash.mjs'
import { installSource, sourceIsCurrent, verify } from '../../scripts/lib/sources.mjs'
import { libEntry, put, scratch, tarball } from './checkout.js'

const files = { 'a.c': 'one\n', 'b.c': 'two\n', 'test/c.c': 'three\n' }
const patchOf = (from: string, to: string) => `Because.\n\n--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-${from}\n+${to}\n`

function prepared() {
  const root = scratch()
  const local = join(root, 'tarballs')
  const hash = tarball(join(local, 'any-name.tgz'), files)
  return { root, local, entry: libEntry(hash), target: join(root, 'native/third_party/lib') }
}

describe('a third-party source', () => {
  test('is unpacked from a local tarball of the pinned hash, whatever its name', async () => {
    const { root, local, entry, target } = prepared()
    await installSource(root, entry, { local })
    expect(readdirSync(target).sort()).toEqual(['.stamp', 'NOTICE.tinytwin', 'a.c', 'b.c'])
    expect(sourceIsCurrent(root, entry)).toBe(true)
  })

  test('carries its licence and holder, since a tarball may lack them', async () => {
    const { root, local, entry, target } = prepared()
    await installSource(root, entry, { local })
    expect(readFileSync(join(target, 'NOTICE.tinytwin'), 'utf8')).toContain('Licence: MIT\nCopyright: 2026 Somebody\n')
  })

  test('with another hash is refused with both hashes and not unpacked', async () => {
    const root = scratch()
    const hash = tarball(join(root, 'tarballs/lib_1.0.orig.tar.gz'), { ...files, 'a.c': 'evil\n' })
    const entry = libEntry('0'.repeat(64))
    const refused = expect(installSource(root, entry, { local: join(root, 'tarballs') })).rejects
    await refused.toThrow(`its SHA-256 is ${hash}, native/third_party.json pins ${'0'.repeat(64)}`)
    expect(existsSync(join(root, 'native/third_party/lib'))).toBe(false)
  })

  test('with the pinned SHA-256 and another npm integrity is refused', () => {
    const { local, entry } = prepared()
    const source = { kind: 'npm', package: 'lib', version: '1.0', integrity: 'sha512-AAAA' }
    expect(() => verify(join(local, 'any-name.tgz'), { ...entry, source })).toThrow('does not have the pinned integrity sha512-AAAA')
  })

  test('that was cut off while unpacking is not current, and made whole by the next set-up', async () => {
    const { root, local, entry, target } = prepared()
    put(root, 'native/third_party/.new-lib/a.c', 'on')
    put(root, 'native/third_party/lib/a.c', 'on')
    expect(sourceIsCurrent(root, entry)).toBe(false)
    await installSource(root, entry, { local })
    expect(readFileSync(join(target, 'a.c'), 'utf8')).toBe('one\n')
    expect(readdirSync(join(root, 'native/third_party'))).toEqual(['lib'])
  })

  test('is patched in the order of the patches\' names', async () => {
    const { root, local, entry, target } = prepared()
    put(root, 'native/patches/lib/0002-second.patch', patchOf('uno', 'eins'))
    put(root, 'native/patches/lib/0001-first.patch', patchOf('one', 'uno'))
    await installSource(root, entry, { local })
    expect(readFileSync(join(target, 'a.c'), 'utf8')).toBe('eins\n')
  })

  test('is unpacked afresh when a patch changed, without its tarball being fetched again', async () => {
    const { root, local, entry, target } = prepared()
    const patch = put(root, 'native/patches/lib/0001.patch', patchOf('one', 'uno'))
    await installSource(root, entry, { local })
    put(root, 'native/patches/lib/0001.patch', patchOf('one', 'eins'))
    rmSync(local, { recursive: true })
    mkdirSync(local)
    expect(sourceIsCurrent(root, entry), patch).toBe(false)
    await installSource(root, entry, { local })
    expect(readFileSync(join(target, 'a.c'), 'utf8')).toBe('eins\n')
  })

  test('keeps its last good state when a patch does not apply', async () => {
    const { root, local, entry, target } = prepared()
    await installSource(root, entry, { local })
    put(root, 'native/patches/lib/0001-late.patch', patchOf('nothing', 'like it'))
    await expect(installSource(root, entry, { local })).rejects.toThrow('0001-late.patch')
    expect(readFileSync(join(target, 'a.c'), 'utf8')).toBe('one\n')
    expect(sourceIsCurrent(root, entry)).toBe(false)
  })

  test('is refused with one sentence when TINYTWIN_SOURCES names no folder', async () => {
    const { root, entry } = prepared()
    await expect(installSource(root, entry, { local: '/nowhere/at/all' })).rejects.toThrow("TINYTWIN_SOURCES names '/nowhere/at/all'")
  })
})

const native = new URL('../../native/', import.meta.url).pathname

test('every third-party source of this repository says what it is', () => {
  const entries: { name: string, sha256: string }[] = JSON.parse(readFileSync(join(native, 'third_party.json'), 'utf8'))
  for (const entry of entries) {
    expect(entry).toMatchObject({ version: expect.any(String), licence: expect.any(String), upstream: expect.stringMatching(/^https:/) })
    expect(entry.sha256).toMatch(/^[0-9a-f]{64}$/)
  }
})

test('every patch of this repository opens with its reason', () => {
  const patches = filesUnder(join(native, 'patches'))
  expect(patches.length).toBeGreaterThan(0)
  for (const patch of patches) {
    expect(readFileSync(patch, 'utf8').indexOf('--- a/'), patch).toBeGreaterThan(60)
  }
})
