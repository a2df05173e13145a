import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { capabilities, errors, events } from '../../src/abi/abi.js'
import { drifted, generated } from '../../src/abi/generate.js'

const root = new URL('../..', import.meta.url).pathname

test('the generated files are what the description says', () => {
  expect(drifted(root)).toEqual([])
})

test('an empty checkout has drifted in every generated file', () => {
  expect(drifted(mkdtempSync(join(tmpdir(), 'tinytwin-abi-')))).toEqual(Object.keys(generated()))
})

test('every generated file names its source in the first line', () => {
  for (const content of Object.values(generated())) {
    expect(content.split('\n', 1)[0]).toBe('// Generated from src/abi/abi.ts by src/abi/generate.ts. Do not edit.')
  }
})

test('no two calls, errors or events share a name or a number', () => {
  const names = capabilities.flatMap(({ name, calls }) => calls.map((call) => `${name}.${call.name}`))
  const codes = Object.values(errors).map(({ code }) => code)
  const kinds = Object.values(events).map(({ kind }) => kind)
  for (const values of [names, codes, kinds]) { expect(new Set<unknown>(values).size).toBe(values.length) }
})

test('a shim checks the range of every pointer before its body runs', () => {
  const source = generated()['native/core/abi.gen.c']!
  const shims = source.split('static const char *').slice(1)
  const pointers = capabilities.flatMap(({ calls }) => calls).flatMap(({ parameters }) => parameters)
    .filter(({ kind }) => kind === 'text' || kind === 'units' || kind === 'bytes' || kind === 'out').length
  expect(source.match(/return tt_trap_bounds;/g)).toHaveLength(pointers)
  for (const shim of shims) {
    const body = shim.lastIndexOf('tt_abi_')
    expect(shim.lastIndexOf('return tt_trap_bounds;')).toBeLessThan(body)
  }
})
