/** JSON in options, and documents as a person reads them. */

import { CliError, type Arguments } from '../command.js'
import type { Terminal } from '../terminal.js'

/** Throws CliError that names the option. */
export function jsonOption(args: Arguments, name: string): unknown {
  const text = args.text(name)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new CliError(`--${name}: '${text}' is not JSON (${(error as Error).message}). Quote it for the shell, such as '{"target":93}'`, { cause: error })
  }
}

/** `name=value` pairs of an option that may be repeated. */
export function pairs(args: Arguments, name: string): Record<string, string> {
  return Object.fromEntries(args.texts(name).map((pair) => {
    const equals = pair.indexOf('=')
    if (equals < 1) throw new CliError(`--${name}: '${pair}' must be NAME=VALUE`)
    return [pair.slice(0, equals), pair.slice(equals + 1)]
  }))
}

/** The document: a line with --json, indented for a person. */
export function printDocument(terminal: Terminal, args: Arguments, document: unknown): void {
  terminal.print(`${JSON.stringify(document, null, args.json ? undefined : 2)}\n`)
}
