/** A scratch checkout for set-up's tests, with tarballs and programs made on the spot; knows no network. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sha256 } from '../../scripts/lib/hash.mjs'

/** An empty folder of its own under the system's temporary one. */
export function scratch(): string {
  return mkdtempSync(join(tmpdir(), 'tinytwin-setup-'))
}

export function put(root: string, path: string, text: string): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** A gzipped tarball of `files` below a folder `lib-1.0`. */
export function tarball(file: string, files: Record<string, string>): string {
  const folder = scratch()
  for (const [path, text] of Object.entries(files)) put(folder, join('lib-1.0', path), text)
  mkdirSync(dirname(file), { recursive: true })
  execFileSync('tar', ['-czf', file, '-C', folder, 'lib-1.0'])
  return sha256(readFileSync(file))
}

/** An entry of native/third_party.json whose ordinary source is a Debian source package. */
export function libEntry(hash: string) {
  return {
    name: 'lib',
    version: '1.0',
    licence: 'MIT',
    holder: '2026 Somebody',
    upstream: 'https://example.org/lib-1.0.tar.gz',
    sha256: hash,
    source: { kind: 'debian-source', suite: 'trixie', source: 'lib', upstreamVersion: '1.0', file: 'lib_1.0.orig.tar.gz' },
    unpack: { from: 'lib-1.0', paths: ['a.c', 'b.c'] },
  }
}

/** Runs `work` with shell scripts on the PATH before everything else. */
export async function withPrograms<T>(programs: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const folder = scratch()
  for (const [name, script] of Object.entries(programs)) {
    chmodSync(put(folder, name, `#!/bin/sh\n${script}\n`), 0o755)
  }
  const before = process.env.PATH ?? ''
  process.env.PATH = `${folder}:${before}`
  try {
    return await work()
  } finally {
    process.env.PATH = before
  }
}
