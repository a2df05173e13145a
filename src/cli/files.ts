/** Writes files whole or not at all. */

import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CliError } from './command.js'

/** Each is complete before it gets its name, and the first gets it last: where it is, all are. Throws CliError. */
export function writeFiles(files: readonly (readonly [path: string, content: Uint8Array | string])[]): void {
  const parts = files.map(([path, content]) => ({ path, content, part: `${path}.${process.pid}.part` }))
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
