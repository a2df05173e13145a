/** What a command writes never takes the place of a file of another kind. */

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tinytwin } from './fake.js'

const passwords = 'root:x:0:0:root:/root:/bin/sh\n'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-files-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

function precious(name: string): string {
  const file = join(folder, name)
  writeFileSync(file, passwords)
  return file
}

test('build does not replace a file that is no WebAssembly module', async () => {
  const file = precious('passwd')
  const { code, err } = await tinytwin('build', 'blink', '--out', file)
  expect({ code, err }).toEqual({ code: 1, err: `error: '${file}' exists and is no WebAssembly module, so it is left as it is. Give another name, or remove it first\n` })
  expect(readFileSync(file, 'utf8')).toBe(passwords)
  expect(readdirSync(folder)).toEqual(['passwd'])
})

test('build does not replace a file beside it that is no source map', async () => {
  const file = precious('out.wasm.map')
  const { code, err } = await tinytwin('build', 'blink', '--out', join(folder, 'out.wasm'))
  expect(code).toBe(1)
  expect(err).toContain(`'${file}' exists and is no source map`)
  expect(readdirSync(folder)).toEqual(['out.wasm.map'])
})

test('build replaces what it built before, and an empty file', async () => {
  const file = join(folder, 'out.wasm')
  writeFileSync(file, '')
  expect((await tinytwin('build', 'blink', '--out', file)).code).toBe(0)
  expect((await tinytwin('build', 'button', '--out', file)).code).toBe(0)
})

test('sim does not replace a file that is no trace, and says so before it begins', async () => {
  const file = precious('hosts')
  const { code, out, err } = await tinytwin('sim', 'no-such-app', '--trace', file)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(`'${file}' exists and is no trace of a simulation`)
  expect(readFileSync(file, 'utf8')).toBe(passwords)
})

test('sim replaces a trace', async () => {
  const file = join(folder, 'trace.txt')
  expect((await tinytwin('sim', 'blink', '--for', '1s', '--trace', file)).code).toBe(0)
  expect((await tinytwin('sim', 'blink', '--for', '2s', '--trace', file)).code).toBe(0)
  expect(readFileSync(file, 'utf8')).toContain('\n2000 ')
})

test('a device such as /dev/null is not replaced by a file', async () => {
  const { code, err } = await tinytwin('sim', 'blink', '--for', '1s', '--trace', '/dev/null')
  expect({ code, err }).toEqual({ code: 1, err: `error: '/dev/null' is no regular file; give another name\n` })
})
