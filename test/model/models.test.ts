/** The models of test/model/models: each becomes a stub of which every method compiles. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadLibrary, stubOf } from '../../src/model/index.js'
import { compile } from '../sdk/guest.ts'
import { exercise } from './exercise.ts'

const models = join(import.meta.dirname, 'models')
const files = readdirSync(models).sort()
let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-model-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })

test('there are at least twelve', () => {
  expect(files.length).toBeGreaterThanOrEqual(12)
})

test.each(files)('%s becomes a stub whose every method type-checks', async (file) => {
  const { library } = loadLibrary(join(models, file))
  expect(library.roots).toHaveLength(1)
  const { text } = stubOf(library.model(library.roots[0]!)!, file)
  writeFileSync(join(folder, 'model.gen.ts'), text)
  const app = exercise(text)
  expect(app.split('\n').length).toBeGreaterThan(5)
  writeFileSync(join(folder, 'index.ts'), app)
  const wasm = await compile(join(folder, 'index.ts'), '--lowMemoryLimit', '65536')
  expect(WebAssembly.validate(wasm as BufferSource)).toBe(true)
})
