/** The byte arrays that the C tests run are what their Wasm texts say. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

test('native/test/guests.gen.h is generated from native/test/guests', () => {
  const script = new URL('../../native/test/guests/generate.mjs', import.meta.url).pathname
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
})
