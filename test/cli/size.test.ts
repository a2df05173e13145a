/** `tinytwin size`: everything within its budget, and a plain word about what is not. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLines, tinytwin } from './fake.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-size-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

function write(text: string): string {
  const file = join(folder, 'budget.json')
  writeFileSync(file, text)
  return file
}

function read(file: string): Record<string, number> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>
}

/** A budget that all is within now. */
async function fitting(): Promise<Record<string, number>> {
  const file = write('{}')
  await tinytwin('size', '--budget', file, '--accept')
  return read(file)
}

test('every app and every object of the runtime is within its budget, and every budget is of something', async () => {
  const { code, out, err } = await tinytwin('size', '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const lines = jsonLines(out)
  expect(lines.slice(0, -1).map(({ name }) => name).sort()).toEqual(Object.keys(read('test/size-budget.json')).sort())
  expect(lines.at(-1)).toMatchObject({ type: 'summary', over: [] })
})

test('an app over its budget fails, saying by how much', async () => {
  const budget = await fitting()
  const blink = jsonLines((await tinytwin('size', '--budget', join(folder, 'budget.json'), '--json')).out).find(({ name }) => name === 'apps/blink')
  const { code, err } = await tinytwin('size', '--budget', write(JSON.stringify({ ...budget, 'apps/blink': Number(blink?.['bytes']) - 7 })))
  expect(code).toBe(1)
  expect(err).toMatch(/^error: apps\/blink has \d+ bytes, 7 more than its budget of \d+ in .*budget\.json\n$/)
})

test('what has no budget fails by name', async () => {
  const { 'core/json.c': _, ...rest } = await fitting()
  const { code, err } = await tinytwin('size', '--budget', write(JSON.stringify(rest)))
  expect(code).toBe(1)
  expect(err).toMatch(/^error: core\/json\.c has \d+ bytes and no budget; add one to .*budget\.json\n$/)
})

test('accepting gives a new budget only to what is over its own or has none, and forgets what is gone', async () => {
  const budget = await fitting()
  const { 'core/json.c': _, ...rest } = budget
  const changed = { ...rest, 'apps/blink': 1, 'apps/button': 99_999, 'core/gone.c': 5 }
  expect((await tinytwin('size', '--budget', write(JSON.stringify(changed)), '--accept')).code).toBe(0)
  expect(read(join(folder, 'budget.json'))).toEqual({ ...budget, 'apps/button': 99_999 })
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
