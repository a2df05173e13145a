/** Writes files whole or not at all. */

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { CliError } from './command.js'

/** All of them or none get their names; each is complete before it does. Throws CliError. */
export function writeFiles(files: readonly (readonly [path: string, content: Uint8Array | string])[]): void {
  const parts = files.map(([path, content]) => ({ path, content, part: `${path}.${process.pid}.part` }))
  let current = ''
  try {
    for (const { path, content, part } of parts) {
      current = path
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(part, content)
    }
    for (const { path, part } of parts) {
      current = path
      renameSync(part, path)
    }
  } catch (error) {
    for (const { part } of parts) rmSync(part, { force: true })
    throw new CliError(`'${current}' cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
}
