// The functions of the query language (reference E2): values in, a value out, undefined where they make no sense. They know no names.

import { isObject, type JsonValue } from '../domain/json.js'

export type Value = JsonValue | undefined

interface QueryFunction {
  /** How many operands. */
  readonly least: number
  readonly most: number
  apply(operands: readonly Value[]): Value
}

const finite = (value: number): Value => Number.isFinite(value) ? value : undefined
const isText = (value: Value): value is string => typeof value === 'string'
const isIndex = (value: Value): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0

const numeric = (calculate: (x: number) => number): QueryFunction => ({
  least: 1, most: 1, apply: ([x]) => typeof x === 'number' ? finite(calculate(x)) : undefined
})
const check = (test: (value: Value) => boolean): QueryFunction => ({ least: 1, most: 1, apply: ([value]) => test(value) })
const ofText = (calculate: (text: string) => Value): QueryFunction => ({
  least: 1, most: 1, apply: ([text]) => isText(text) ? calculate(text) : undefined
})
const ofTexts = (calculate: (text: string, fragment: string) => Value): QueryFunction => ({
  least: 2, most: 2, apply: ([text, fragment]) => isText(text) && isText(fragment) ? calculate(text, fragment) : undefined
})

/** As JSON writes numbers, with spaces around. */
const NUMBER = /^\s*[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*$/

export const functions = {
  abs: numeric(Math.abs),
  exp: numeric(Math.exp),
  power: { least: 2, most: 2, apply: ([x, y]) => typeof x === 'number' && typeof y === 'number' ? finite(x ** y) : undefined },
  square: numeric((x) => x * x),
  ceiling: numeric(Math.ceil),
  floor: numeric(Math.floor),
  sign: numeric(Math.sign),
  sqrt: numeric(Math.sqrt),
  as_number: {
    least: 1, most: 1,
    apply: ([value]) => typeof value === 'number' ? value : isText(value) && NUMBER.test(value) ? finite(Number(value)) : undefined
  },
  is_array: check(Array.isArray),
  is_bool: check((value) => typeof value === 'boolean'),
  is_defined: check((value) => value !== undefined),
  is_null: check((value) => value === null),
  is_number: check((value) => typeof value === 'number'),
  is_object: check(isObject),
  is_primitive: check((value) => value === null || isText(value) || typeof value === 'number' || typeof value === 'boolean'),
  is_string: check(isText),
  concat: { least: 2, most: 64, apply: (texts) => texts.every(isText) ? texts.join('') : undefined },
  length: ofText((text) => text.length),
  lower: ofText((text) => text.toLowerCase()),
  upper: ofText((text) => text.toUpperCase()),
  substring: {
    least: 2, most: 3,
    apply: ([text, start, length = Number.MAX_SAFE_INTEGER]) => isText(text) && isIndex(start) && isIndex(length) ? text.substring(start, start + length) : undefined
  },
  index_of: ofTexts((text, fragment) => text.indexOf(fragment)),
  starts_with: ofTexts((text, fragment) => text.startsWith(fragment)),
  ends_with: ofTexts((text, fragment) => text.endsWith(fragment)),
  contains: ofTexts((text, fragment) => text.includes(fragment))
} as const satisfies Record<string, QueryFunction>

export type FunctionName = keyof typeof functions

export function functionNamed(name: FunctionName): QueryFunction {
  return functions[name]
}

/** What a place where conditions stand allows beyond the operators. */
export type Dialect = 'twins' | 'routes'

/** By name in lower case; only IS_DEFINED outside routes [E2]. */
export function findFunction(name: string, dialect: Dialect): FunctionName | undefined {
  const lower = name.toLowerCase()
  if (!Object.hasOwn(functions, lower) || (dialect === 'twins' && lower !== 'is_defined')) { return undefined }
  return lower as FunctionName
}
