/** Keeps what was compiled under build/apps/ until a file that went into it changes. Knows files and hashes, not what they mean. */

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { projectRoot } from '../board/root.js'

/** What is kept beside the files of an entry; `data` is the caller's. */
interface Manifest {
  readonly format: number
  /** The file it was made of, absolute: when that is gone, so is the entry's use. */
  readonly owner: string
  /** Path (relative to the project where inside it) and SHA-256; null for a file that was asked for and is not there. */
  readonly inputs: readonly (readonly [path: string, sha256: string | null])[]
  readonly files: Readonly<Record<string, string>>
  readonly data: unknown
}

export interface CacheEntry {
  readonly data: unknown
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Absolute paths of the files that went in and exist. */
  readonly inputs: readonly string[]
}

/** Raise when what is kept changes its shape. */
const format = 4
const folder = join(projectRoot, 'build', 'apps')

export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}

/** A file name for what is made of `parts`, readable at its beginning. */
export function cacheKey(name: string, parts: readonly string[]): string {
  return `${name}-${sha256(parts.join('\n')).slice(0, 12)}`
}

/** The entry, if every input is as it was. */
export function readCache(key: string): CacheEntry | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, `${key}.json`), 'utf8')) as Manifest
    if (manifest.format !== format || !manifest.inputs.every(([path, hash]) => hashOf(resolve(projectRoot, path)) === hash)) return undefined
    return {
      data: manifest.data,
      files: Object.fromEntries(Object.entries(manifest.files).map(([name, file]) => [name, readFileSync(join(folder, file))])),
      inputs: manifest.inputs.filter(([, hash]) => hash !== null).map(([path]) => resolve(projectRoot, path)),
    }
  } catch {
    return undefined // not there, or being replaced: to be made again
  }
}

export interface NewEntry {
  /** The file it is made of, absolute. */
  readonly owner: string
  readonly data: unknown
  readonly files: Readonly<Record<string, Uint8Array | string>>
  /** The texts that went in, by absolute path; null for what was asked for and is not there. */
  readonly inputs: ReadonlyMap<string, string | null>
}

/** Replaces the entry as one step: a reader sees the old one or the new one. Entries whose owner is gone are removed. */
export function writeCache(key: string, entry: NewEntry): void {
  mkdirSync(folder, { recursive: true })
  const files: Record<string, string> = {}
  for (const [name, content] of Object.entries(entry.files)) {
    files[name] = `${key}-${sha256(content).slice(0, 16)}.${name}`
    replace(files[name], content)
  }
  const inputs = [...entry.inputs].map(([path, content]) => {
    const inProject = relative(projectRoot, path)
    return [inProject.startsWith('..') || isAbsolute(inProject) ? path : inProject, content === null ? null : sha256(content)] as const
  })
  replace(`${key}.json`, JSON.stringify({ format, owner: entry.owner, inputs, files, data: entry.data } satisfies Manifest))
  removeFiles(key, new Set(Object.values(files)))
  for (const orphan of orphans()) {
    rmSync(join(folder, `${orphan}.json`), { force: true })
    removeFiles(orphan, new Set())
  }
}

function removeFiles(key: string, except: ReadonlySet<string>): void {
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`${key}-`) && !name.endsWith('.part') && !except.has(name)) rmSync(join(folder, name), { force: true })
  }
}

// Keys of entries made of a file that is not there any more, or in a form nobody reads.
function orphans(): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length)).filter((key) => {
    try {
      const { owner } = JSON.parse(readFileSync(join(folder, `${key}.json`), 'utf8')) as Partial<Manifest>
      return typeof owner !== 'string' || !existsSync(owner)
    } catch {
      return false // being replaced
    }
  })
}

function hashOf(path: string): string | null {
  try {
    return sha256(readFileSync(path))
  } catch {
    return null
  }
}

function replace(name: string, content: Uint8Array | string): void {
  const part = join(folder, `${name}.${process.pid}-${randomBytes(4).toString('hex')}.part`)
  try {
    writeFileSync(part, content)
    renameSync(part, join(folder, name))
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}
