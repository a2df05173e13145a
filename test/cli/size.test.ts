/** `tinytwin size`: everything within its budget, and a plain word about what is not. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLines, tinytwin } from './fake.js'

let folder: string
let budget: Record<string, number>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tinytwin-size-'))
  budget = JSON.parse(readFileSync('test/size-budget.json', 'utf8')) as Record<string, number>
})
afterEach(() => { rmSync(folder, { recursive: true }) })

function write(text: string): string {
  const file = join(folder, 'budget.json')
  writeFileSync(file, text)
  return file
}

test('every app and every object of the runtime is within its budget, and every budget is of something', async () => {
  const { code, out, err } = await tinytwin('size', '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const lines = jsonLines(out)
  expect(lines.slice(0, -1).map(({ name }) => name).sort()).toEqual(Object.keys(budget).sort())
  expect(lines.at(-1)).toMatchObject({ type: 'summary', over: [] })
})

test('an app over its budget fails, saying by how much', async () => {
  const blink = jsonLines((await tinytwin('size', '--json')).out).find(({ name }) => name === 'apps/blink')
  const file = write(JSON.stringify({ ...budget, 'apps/blink': Number(blink?.['bytes']) - 7 }))
  const { code, err } = await tinytwin('size', '--budget', file)
  expect(code).toBe(1)
  expect(err).toMatch(/^error: apps\/blink has \d+ bytes, 7 more than its budget of \d+ in .*budget\.json\n$/)
})

test('what has no budget fails by name', async () => {
  const { 'core/json.c': _, ...rest } = budget
  const { code, err } = await tinytwin('size', '--budget', write(JSON.stringify(rest)))
  expect(code).toBe(1)
  expect(err).toMatch(/^error: core\/json\.c has \d+ bytes and no budget; add one to .*budget\.json\n$/)
})

test('accepting gives a new budget only to what is over its own or has none, and forgets what is gone', async () => {
  const file = write(JSON.stringify({ ...budget, 'apps/blink': 1, 'core/gone.c': 5 }))
  expect((await tinytwin('size', '--budget', file, '--accept')).code).toBe(0)
  const { 'apps/blink': blink, ...rest } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>
  const { 'apps/blink': _, ...expected } = budget
  expect(rest).toEqual(expected)
  expect(blink).toBeGreaterThan(1000)
  expect((await tinytwin('size', '--budget', file)).code).toBe(0)
})

test.each([
  ['{', 'cannot be read as JSON'],
  ['[1]', 'must be an object of names and bytes'],
  ['{"apps/blink":"1k"}', `the budget of 'apps/blink' is not a whole number of bytes`],
])('a budget file of %s is one sentence', async (text, problem) => {
  const { code, out, err } = await tinytwin('size', '--budget', write(text))
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(problem)
})
