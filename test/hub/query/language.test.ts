// The query language against a table (test/vectors/query.json): values of expressions on one twin, and what is wrong with wrong ones.

import { expect, test } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/hub/domain/json.js'
import { evaluate } from '../../../src/hub/query/evaluate.js'
import type { Dialect } from '../../../src/hub/query/functions.js'
import { parseCondition, parseQuery } from '../../../src/hub/query/parser.js'
import { resolveIn } from '../../../src/hub/query/select.js'
import { QueryError } from '../../../src/hub/query/syntax.js'
import table from '../../vectors/query.json' with { type: 'json' }

const twin = table.twin as JsonObject

function valueOf(text: string, dialect: Dialect): JsonValue {
  const value = evaluate(parseCondition(text, dialect).where!, resolveIn(twin))
  return value === undefined ? 'undefined' : value
}

function errorOf(parse: () => unknown): QueryError {
  try {
    parse()
  } catch (error) {
    if (error instanceof QueryError) { return error }
    throw error
  }
  throw new Error('it was understood')
}

test.each(table.twins as [string, JsonValue][])('of a twin, %s is %s', (text, value) => {
  expect(valueOf(text, 'twins')).toEqual(value)
})

test.each(table.routes as [string, JsonValue][])('in a route, %s is %s', (text, value) => {
  expect(valueOf(text, 'routes')).toEqual(value)
})

test.each(table.queryErrors as [string, number, string][])('the query %s is refused at character %i, where %s is expected', (text, position, expected) => {
  expect(errorOf(() => parseQuery(text))).toMatchObject({ position, expected })
})

test.each(table.conditionErrors as [string, number, string][])('the condition %s is refused at character %i, where %s is expected', (text, position, expected) => {
  expect(errorOf(() => parseCondition(text))).toMatchObject({ position, expected })
})

test('a refusal is one sentence that quotes what it found without its control characters', () => {
  expect(errorOf(() => parseQuery('SELECT * FROM devices WHERE a = 1 \u0007')).message).toBe(`expected a name, a constant or an operator at character 35, found '\\u0007'`)
  expect(errorOf(() => parseQuery('SELECT * FROM')).message).toBe('expected devices, devices.modules or devices.jobs at character 14, found the end')
})

const nested = (levels: number): string => `${'('.repeat(levels)}true${')'.repeat(levels)}`

test('nesting beyond 32 levels is refused where it begins', () => {
  expect(valueOf(nested(32), 'twins')).toBe(true)
  expect(errorOf(() => parseCondition(nested(33)))).toMatchObject({ position: 33, expected: 'nesting of at most 32 levels' })
  expect(errorOf(() => parseCondition('NOT '.repeat(40) + 'true'))).toMatchObject({ position: 129 })
  expect(errorOf(() => parseCondition('- '.repeat(40) + '1'))).toMatchObject({ position: 65 })
})

test('a text of more than 16,384 characters is refused, and one as long of operators is not too deep', () => {
  expect(errorOf(() => parseCondition(`a = 1${' '.repeat(16_380)}`))).toMatchObject({ position: 16_385 })
  expect(valueOf(`${'1+'.repeat(8000)}0 = 8000`, 'twins')).toBe(true)
  expect(valueOf(`${'true and '.repeat(1800)}true`, 'twins')).toBe(true)
})
