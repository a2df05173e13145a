/** Reads JSON files and holds them against boards/*.schema.json; knows no rule that a schema can state itself. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type DefinedError, type ValidateFunction } from 'ajv'
import { BoardError } from './error.js'
import { suggestion } from './nearest.js'
import { projectRoot, shown } from './root.js'
import type { BoardFile, ChipFile } from './file.js'

/** A larger file is no board; it is not read into memory. */
const fileBytesMax = 1024 * 1024

const compiled = new Map<string, ValidateFunction>()

/** The JSON object in a file. */
export function readObject(file: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new BoardError(shown(file), '', `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
  if (text.length > fileBytesMax) throw new BoardError(shown(file), '', 'is larger than 1 MiB, so it is no board')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new BoardError(shown(file), '', `is not JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`, { cause: error })
  }
  if (!isObject(value)) throw new BoardError(shown(file), '', 'must be a JSON object')
  const twice = keyGivenTwice(text)
  if (twice !== undefined) throw new BoardError(shown(file), twice.path, `'${twice.key}' is there twice; take one of them out`)
  return value
}

// JSON.parse takes the last of two equal keys without a word. The text is known to be JSON.
function keyGivenTwice(text: string): { readonly path: string, readonly key: string } | undefined {
  /** The objects and lists around the place, innermost last; `at` is the key or index in it. */
  const around: { readonly keys: Set<string> | undefined, at: string }[] = []
  const tokens = text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]/g)
  let before = ''
  for (const [token] of tokens) {
    const inner = around.at(-1)
    if (token === '{' || token === '[') around.push({ keys: token === '{' ? new Set() : undefined, at: '0' })
    else if (token === '}' || token === ']') around.pop()
    else if (token === ',' && inner?.keys === undefined && inner !== undefined) inner.at = String(Number(inner.at) + 1)
    else if (token.startsWith('"') && inner?.keys !== undefined && (before === '{' || before === ',')) {
      const key = JSON.parse(token) as string
      if (inner.keys.has(key)) return { path: around.slice(0, -1).map(({ at }) => `/${at}`).join(''), key }
      inner.keys.add(key)
      inner.at = key
    }
    before = token
  }
  return undefined
}

export function checkBoard(value: unknown, file: string): BoardFile {
  check('board', value, file)
  return value as BoardFile
}

export function checkChip(value: unknown, file: string): ChipFile {
  check('chip', value, file)
  return value as ChipFile
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function check(schema: 'board' | 'chip', value: unknown, file: string): void {
  let validate = compiled.get(schema)
  if (validate === undefined) {
    const ajv = new Ajv({ allErrors: true, strict: true, strictRequired: false, strictTypes: false, verbose: true, useDefaults: true })
    validate = ajv.compile(JSON.parse(readFileSync(join(projectRoot, 'boards', `${schema}.schema.json`), 'utf8')) as object)
    compiled.set(schema, validate)
  }
  if (validate(value)) return
  const error = mostTelling(validate.errors as DefinedError[])
  throw new BoardError(shown(file), error.instancePath, problem(error))
}

// `if` and `propertyNames` only repeat that what they hold failed; a name nobody knows explains the one that is missing.
function mostTelling(errors: readonly DefinedError[]): DefinedError {
  const order = ['additionalProperties', 'pattern', 'enum', 'required']
  const rank = (error: DefinedError) => (order.indexOf(error.keyword) + order.length + 1) % (order.length + 1)
  const telling = errors.filter((error) => error.keyword !== 'if' && error.keyword !== 'propertyNames')
  return telling.sort((a, b) => rank(a) - rank(b))[0] as DefinedError
}

function problem(error: DefinedError): string {
  switch (error.keyword) {
    case 'additionalProperties': {
      const word = error.params.additionalProperty
      const known = Object.keys((error.parentSchema?.['properties'] ?? {}) as object)
      return `unknown property '${word}' (known: ${known.filter((name) => name !== '$schema').join(', ')}).${suggestion(word, known)}`
    }
    case 'required':
      return `'${error.params.missingProperty}' is missing${describe(error)}`
    case 'enum': {
      const allowed = error.params.allowedValues as readonly unknown[]
      const word = typeof error.data === 'string' ? suggestion(error.data, allowed.map(String)) : ''
      return `${JSON.stringify(error.data)} is not one of ${allowed.map((value) => JSON.stringify(value)).join(', ')}.${word}`
    }
    case 'pattern':
      return error.propertyName === undefined
        ? `${JSON.stringify(error.data)} does not match ${error.params.pattern}`
        : `the name '${error.propertyName}' does not match ${error.params.pattern}`
    case 'type':
      return `must be ${error.params.type === 'integer' ? 'a whole number' : `of type ${error.params.type}`}, not ${JSON.stringify(error.data)?.slice(0, 60)}`
    case 'minimum':
    case 'maximum':
      return `${String(error.data)} is ${error.keyword === 'minimum' ? 'less than' : 'more than'} ${error.params.limit}`
    case 'multipleOf':
      return `${String(error.data)} is not a multiple of ${error.params.multipleOf}`
    default:
      return error.message ?? 'is not valid'
  }
}

// What a missing property would have said, from the schema beside the `required` that failed.
function describe(error: DefinedError): string {
  if (error.keyword !== 'required') return ''
  const properties = error.parentSchema?.['properties'] as Record<string, { description?: string }> | undefined
  const text = properties?.[error.params.missingProperty]?.description
  return text === undefined ? '' : ` (${text.replace(/\.$/, '')})`
}
