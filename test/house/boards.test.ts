import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generated } from '../../src/board/generate.js'
import { readmeWithTables } from '../../src/board/readme.js'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test.each(Object.keys(generated))('%s is what the board files say', (path) => {
  expect(generated[path]!(read(path))).toBe(read(path))
})

test('a README that lost a table is an error that names it', () => {
  expect(() => readmeWithTables('# TinyTwin\n')).toThrow('<!-- capabilities -->')
})

test('a stale table is replaced and the rest is left alone', () => {
  const stale = 'a\n<!-- capabilities -->\nold\n<!-- /capabilities -->\nb\n<!-- boards -->\n<!-- /boards -->\nc\n'
  const fresh = readmeWithTables(stale)
  expect(fresh).not.toContain('old')
  expect(fresh.split('\n').filter((line) => /^[abc]$/.test(line))).toEqual(['a', 'b', 'c'])
})
