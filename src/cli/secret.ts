/** Secrets that commands are given: from a file, stdin or the environment, never shown. */

import { existsSync, readFileSync } from 'node:fs'
import { CliError } from './command.js'

export interface SecretSource {
  /** A file; - is stdin; undefined: the variable. */
  readonly source: string | undefined
  readonly variable: string
  /** In messages, such as 'the key'. */
  readonly what: string
}

const asKey = /^[A-Za-z0-9+/]{22,}={0,2}$/

/** The text without white space at its ends. Throws CliError, which repeats nothing of it. */
export function secretText({ source, variable, what }: SecretSource): string {
  if (source !== undefined && asKey.test(source) && !existsSync(source)) throw new CliError(`${what} is expected in a file, not on the command line, which every process can read`)
  const text = source === undefined ? process.env[variable] : bytesOf(source === '-' ? 0 : source, what).toString('utf8')
  if (text === undefined) throw new CliError(`${what} is missing: name its file, or set ${variable}`)
  if (text.trim() === '') throw new CliError(`${what} is empty`)
  return text.trim()
}

export function bytesOf(file: string | number, what: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new CliError(`${what} cannot be read from ${file === 0 ? 'stdin' : `'${file}'`} (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
}
