/** What src imports is there after `npm start` has installed: packages and their types, none of them for development only. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface Locked { readonly dev?: boolean, readonly devOptional?: boolean }

const root = join(import.meta.dirname, '..', '..')
const locked = (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }).packages

function installedForStart(name: string): boolean {
  const entry = locked[`node_modules/${name}`]
  return entry !== undefined && entry.dev !== true && entry.devOptional !== true
}

function importedBySrc(): string[] {
  const names = new Set<string>()
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue
    const text = readFileSync(join(entry.parentPath, entry.name), 'utf8')
    for (const [, name = ''] of text.matchAll(/(?:from|import) '((?:@[^/']+\/)?[^./'][^/':]*)(?:\/[^']*)?'/g)) names.add(name)
  }
  return [...names].sort()
}

function typesOf(name: string): string {
  const text = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
  const { types, typings, exports } = JSON.parse(text) as { types?: string, typings?: string, exports?: unknown }
  const own = types !== undefined || typings !== undefined || JSON.stringify(exports ?? '').includes('.d.ts')
  return own ? name : `@types/${name.replace('@', '').replace('/', '__')}`
}

test('a fresh clone compiles: every package that src imports, and its types, are installed by npm start', () => {
  const needed = ['@types/node', ...importedBySrc().flatMap((name) => [name, typesOf(name)])]
  expect(needed.filter((name) => !installedForStart(name))).toEqual([])
})
