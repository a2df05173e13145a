// Queries changed at random from a seeded generator: each is understood or refused with a position, in bounded time.

import { expect, test } from 'vitest'
import type { JsonObject } from '../../../src/hub/domain/json.js'
import { parseCondition, parseQuery } from '../../../src/hub/query/parser.js'
import { isMatch, selectPage } from '../../../src/hub/query/select.js'
import { QueryError } from '../../../src/hub/query/syntax.js'
import table from '../../vectors/query.json' with { type: 'json' }
import { generator } from '../fuzzing.js'

const twin = table.twin as JsonObject
const conditions = [...table.twins, ...table.routes].map(([text]) => text as string)
const queries = [
  'SELECT * FROM devices', 'SELECT TOP 5 deviceId, tags.site AS site FROM devices WHERE tags.site.floor > 2',
  'SELECT status AS s, COUNT() AS n, AVG(version) AS v FROM devices.modules GROUP BY status', 'SELECT * FROM devices.jobs WHERE devices.jobs.jobId = "j"'
]
const pieces = ['(', ')', '[', ']', '[[', ']]', '.', ',', "'", '"', '\\', '\\u00', '$', '-', '*', '<>', '!=', '%', ' ', '\u0000', '\ud800', '💥', 'NOT ', ' AND ', ' IN ', 'SELECT ', ' FROM ', 'GROUP BY ', '0x', '1e', '__proto__', 'constructor', 'null', 'undefined', 'is_defined(', 'concat(']

function mutated(texts: readonly string[], random: (below: number) => number): string {
  let text = texts[random(texts.length)]!
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(text.length + 1)
    text = text.slice(0, at) + (random(3) === 0 ? '' : pieces[random(pieces.length)]!) + text.slice(at + random(3))
  }
  return text
}

function understood(use: () => void): boolean {
  try {
    use()
    return true
  } catch (error) {
    if (!(error instanceof QueryError) || !(error.position >= 1)) { throw error }
    return false
  }
}

test('100,000 changed conditions and queries are evaluated or refused with a position', () => {
  const random = generator(17)
  let good = 0
  for (let i = 0; i < 50_000; i++) {
    const condition = mutated(conditions, random)
    const query = mutated(queries, random)
    if (understood(() => isMatch(parseCondition(condition, i % 2 === 0 ? 'twins' : 'routes'), twin))) { good++ }
    if (understood(() => selectPage(parseQuery(query), () => [{ key: 'a', fields: twin }, { key: 'b', fields: {} }], { maxItems: 1 }))) { good++ }
  }
  expect(good).toBeGreaterThan(10_000)
  expect(({} as Record<string, unknown>)['n']).toBeUndefined()
})

test.each([
  ['an unclosed string', `a = '${'\\\\'.repeat(8000)}`],
  ['parentheses alone', '('.repeat(16_000)],
  ['brackets alone', '['.repeat(16_000)],
  ['a name without end', `[[${'a'.repeat(16_000)}`],
  ['spaces', ' '.repeat(16_000)],
  ['NOTs', 'NOT '.repeat(4000)],
  ['signs', '-'.repeat(16_000)],
  ['dollars', '$-a'.repeat(5000)]
])('%s of 16,000 characters take less than 100 ms of a processor', (_, text) => {
  const before = process.cpuUsage()
  understood(() => parseCondition(text))
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 1000).toBeLessThan(100)
})
