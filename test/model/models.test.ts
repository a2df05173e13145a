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

/** An app that calls every method of the stub. */
function compiled(stub: string): Promise<Uint8Array> {
  writeFileSync(join(folder, 'model.gen.ts'), stub)
  writeFileSync(join(folder, 'index.ts'), exercise(stub))
  return compile(join(folder, 'index.ts'), '--lowMemoryLimit', '65536', '--optimizeLevel', '0', '--shrinkLevel', '0')
}

test('there are at least twelve', () => {
  expect(files.length).toBeGreaterThanOrEqual(12)
})

test.each(['pnp.reportNumber(', 'pnp.answer(', 'pnp.writer().f64("maxTemp"'])('a stub in which %s is wrong does not', async (call) => {
  const { library } = loadLibrary(join(models, '02-thermostat.json'))
  const { text } = stubOf(library.model(library.roots[0]!)!, 'model.json')
  expect(text).toContain(call)
  await expect(compiled(text.replace(call, call.replace('pnp.', 'pnp.un')))).rejects.toThrow(/Property 'un\w+' does not exist/)
})

test.each(files)('%s becomes a stub whose every method type-checks', async (file) => {
  const { library } = loadLibrary(join(models, file))
  expect(library.roots).toHaveLength(1)
  const { text } = stubOf(library.model(library.roots[0]!)!, file)
  expect(WebAssembly.validate(await compiled(text) as BufferSource)).toBe(true)
})
