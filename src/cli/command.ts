/** What a command is, and how its words become values; one description serves parsing and help. */

import { parseArgs } from 'node:util'
import { suggestion } from '../board/nearest.js'
import { parseSpan } from '../sim/duration.js'
import type { Terminal } from './terminal.js'

/** Said to the person as it is; exit code 1. */
export class CliError extends Error {
  override readonly name = 'CliError'
}

export interface Option {
  /** Without the dashes. */
  readonly name: string
  /** What stands for the value in help, such as DURATION; absent for a switch. */
  readonly value?: string
  /** May be given more than once. */
  readonly repeat?: boolean
  readonly doc: string
}

export interface Command {
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** A paragraph, for its own help. */
  readonly doc: string
  /** Positional arguments in order; optional ones in brackets in help. */
  readonly arguments: readonly { readonly name: string, readonly doc: string, readonly optional?: boolean }[]
  readonly options: readonly Option[]
  /** More to choose from, such as the values of an option. */
  readonly lists?: readonly { readonly title: string, readonly rows: readonly (readonly [left: string, right: string])[] }[]
  /** Command lines without the program's name, each with what it does. */
  readonly examples: readonly (readonly [line: string, doc: string])[]
  /** The exit code. */
  readonly run: (invocation: Invocation) => Promise<number>
}

export interface Invocation {
  readonly args: Arguments
  readonly terminal: Terminal
}

/** Every command has these. */
export const commonOptions: readonly Option[] = [
  { name: 'json', doc: 'One JSON object a line on stdout.' },
  { name: 'help', doc: 'This text.' },
]

/** The words of one command line, checked against the command's description. */
export class Arguments {
  readonly positionals: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>
  readonly #flags: ReadonlySet<string>

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>, flags: ReadonlySet<string>) {
    this.positionals = positionals
    this.#values = values
    this.#flags = flags
  }

  get json(): boolean {
    return this.flag('json')
  }

  flag(name: string): boolean {
    return this.#flags.has(name)
  }

  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** Milliseconds. */
  span(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    try {
      return parseSpan(text)
    } catch (error) {
      throw new CliError(`--${name}: ${(error as Error).message}`, { cause: error })
    }
  }

  whole(name: string, { min, max }: { readonly min: number, readonly max: number }): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw new CliError(`--${name}: '${text}' is not a whole number from ${min} to ${max}`)
    return value
  }

  choice<Choice extends string>(name: string, choices: readonly Choice[]): Choice | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const found = choices.find((choice) => choice === text)
    if (found === undefined) throw new CliError(`--${name}: '${text}' is not one of ${choices.join(', ')}.${suggestion(text, choices)}`)
    return found
  }
}

/** Throws CliError for a word the command does not know, or one it misses. */
export function parseCommandLine(command: Command, argv: readonly string[]): Arguments {
  const options = [...command.options, ...commonOptions]
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(options.map(({ name, value }) => [name, { type: value === undefined ? 'boolean' : 'string', multiple: true } as const])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const positionals: string[] = []
  const values = new Map<string, string[]>()
  const flags = new Set<string>()
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const option = options.find(({ name }) => name === token.name)
    if (option === undefined) {
      throw new CliError(`'${command.name}' has no option '${token.rawName}'.${optionSuggestion(token.name, options)} See: tinytwin ${command.name} --help`)
    }
    if (option.value === undefined) {
      if (token.value !== undefined) throw new CliError(`--${option.name} takes no value`)
      flags.add(option.name)
      continue
    }
    if (token.value === undefined || token.value === '' || (!token.inlineValue && /^-(?!\d)/.test(token.value))) {
      throw new CliError(`--${option.name} needs a value: --${option.name} ${option.value}`)
    }
    const given = values.get(option.name)
    if (given !== undefined && option.repeat !== true) throw new CliError(`--${option.name} is given twice`)
    values.set(option.name, [...given ?? [], token.value])
  }
  if (!flags.has('help')) checkCount(command, positionals)
  return new Arguments(positionals, values, flags)
}

function checkCount(command: Command, positionals: readonly string[]): void {
  const missing = command.arguments.find(({ optional }, index) => optional !== true && positionals[index] === undefined)
  if (missing !== undefined) throw new CliError(`'${command.name}' needs ${missing.name}: ${missing.doc} See: tinytwin ${command.name} --help`)
  const extra = positionals[command.arguments.length]
  if (extra !== undefined) throw new CliError(`'${command.name}' does not know what to do with '${extra}'. See: tinytwin ${command.name} --help`)
}

function optionSuggestion(name: string, options: readonly Option[]): string {
  return suggestion(name, options.map((option) => option.name)).replace(`'`, `'--`)
}
