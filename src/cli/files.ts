/** Writes files whole or not at all, and never in the place of a file that is of another kind. */

import { closeSync, mkdirSync, openSync, readSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CliError } from './command.js'

/** How a file that was written before is known by its first bytes: only such a one is replaced. */
const kinds = {
  trace: { name: 'trace of a simulation', begins: /^0 [a-z]/ },
  recording: { name: 'recording of a simulation', begins: /^\{"type":"recording",/ },
  wasm: { name: 'WebAssembly module', begins: /^\0asm/ },
  stub: { name: 'stub of tinytwin model', begins: /^\/\/ Generated from / },
  trust: { name: 'bundle of roots', begins: /^TTTB/ },
  map: { name: 'source map', begins: /^\{"version":3,/ },
} as const

export type FileKind = keyof typeof kinds

export interface OutputFile {
  readonly path: string
  readonly content: Uint8Array | string
  /** Absent: the file's place is ours, and so is whatever is there. */
  readonly kind?: FileKind
}

const headBytes = 64

/** To be asked before long work whose result goes to `path`. Throws CliError when what is there is not ours to replace. */
export function checkReplaceable(path: string, kind: FileKind): void {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there === undefined) return
  const { name, begins } = kinds[kind]
  if (there.isDirectory()) throw new CliError(`'${path}' cannot be written (EISDIR)`)
  if (!there.isFile()) throw new CliError(`'${path}' is no regular file; give another name`)
  if (there.size > 0 && !begins.test(headOf(path))) {
    throw new CliError(`'${path}' exists and is no ${name}, so it is left as it is. Give another name, or remove it first`)
  }
}

/** Each is complete before it gets its name, and the first gets it last: where it is, all are. Throws CliError. */
export function writeFiles(files: readonly OutputFile[]): void {
  for (const { path, kind } of files) if (kind !== undefined) checkReplaceable(path, kind)
  const parts = files.map(({ path, content }) => ({ path, content, part: `${path}.${process.pid}.part` }))
  let current = ''
  try {
    for (const { path, content, part } of parts) {
      current = path
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw Object.assign(new Error('a folder has this name'), { code: 'EISDIR' })
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(part, content)
    }
    for (const { path, part } of parts.toReversed()) {
      current = path
      renameSync(part, path)
    }
  } catch (error) {
    for (const { part } of parts) rmSync(part, { force: true })
    throw new CliError(`'${current}' cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
}

function headOf(path: string): string {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const head = Buffer.alloc(headBytes)
    return head.toString('latin1', 0, readSync(file, head))
  } catch (error) {
    throw new CliError(`'${path}' cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}), so it is left as it is`, { cause: error })
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
