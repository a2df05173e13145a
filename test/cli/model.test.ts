/** `tinytwin model`: what it writes, what it leaves alone, and a sentence for what it cannot read. */

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { jsonLines, tinytwin } from './fake.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-model-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const counter = (id: string, more = ''): string => `{ "@context": "dtmi:dtdl:context;2", "@id": "${id}", "@type": "Interface"${more},\n  "contents": [{ "@type": "Telemetry", "name": "count", "schema": "integer" }] }\n`

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

test('a model file gets its stub beside it, whose first line says where it comes from', async () => {
  const { code, out } = await tinytwin('model', write('counter.json', counter('dtmi:a:Counter;1')), '--json')
  expect(code).toBe(0)
  expect(jsonLines(out)).toEqual([{ type: 'model', model: 'dtmi:a:Counter;1', file: join(folder, 'model.gen.ts'), written: true, telemetry: 1, property: 0, command: 0, component: 0 }])
  const stub = readFileSync(join(folder, 'model.gen.ts'), 'utf8')
  expect(stub.split('\n')[0]).toBe('// Generated from counter.json by tinytwin model. Do not edit.')
  expect(stub).toContain('export const modelId = "dtmi:a:Counter;1";')
})

test('the same model makes the same stub again, and writes nothing', async () => {
  const file = write('counter.json', counter('dtmi:a:Counter;1'))
  await tinytwin('model', file)
  const again = await tinytwin('model', file, '--json')
  expect(jsonLines(again.out)[0]).toMatchObject({ written: false })
})

test('--check writes nothing and fails where the stub is missing or old', async () => {
  const file = write('counter.json', counter('dtmi:a:Counter;1'))
  const missing = await tinytwin('model', file, '--check')
  expect(missing).toMatchObject({ code: 1, err: expect.stringContaining(`model.gen.ts' is not there`) })
  expect(readdirSync(folder)).toEqual(['counter.json'])
  await tinytwin('model', file)
  expect((await tinytwin('model', file, '--check')).code).toBe(0)
  write('counter.json', counter('dtmi:a:Counter;2'))
  expect(await tinytwin('model', file, '--check')).toMatchObject({ code: 1, err: expect.stringContaining('is not what the model says') })
})

test('of several interfaces that could be the device\'s one must be named', async () => {
  write('a.json', counter('dtmi:a:A;1'))
  write('b.json', counter('dtmi:a:B;1'))
  const out = join(folder, 'stub.ts')
  expect((await tinytwin('model', folder, '--out', out)).err).toBe('error: there are several interfaces that could be the device\'s: dtmi:a:A;1, dtmi:a:B;1. Say which: --id DTMI\n')
  expect((await tinytwin('model', folder, '--out', out, '--id', 'dtmi:a:C;1')).err).toContain(`has no interface 'dtmi:a:C;1' (it has dtmi:a:A;1, dtmi:a:B;1)`)
  expect((await tinytwin('model', folder, '--out', out, '--id', 'dtmi:a:B;1')).code).toBe(0)
  expect(readFileSync(out, 'utf8')).toContain('"dtmi:a:B;1"')
})

test('an app gets its stub before it has any code, and the build says what to write next', async () => {
  write('model.json', counter('dtmi:a:Counter;1'))
  write('app.json', '{ "model": "dtmi:a:Counter;1" }')
  expect(await tinytwin('model', folder)).toMatchObject({ code: 0, out: expect.stringContaining('model.gen.ts: dtmi:a:Counter;1, 1 telemetry') })
  expect(readdirSync(folder).sort()).toEqual(['app.json', 'model.gen.ts', 'model.json'])
})

test('the build says what the device announces', async () => {
  const { out } = await tinytwin('build', 'thermostat', '--out', join(folder, 'app.wasm'), '--json')
  expect(jsonLines(out)[0]).toMatchObject({ app: 'thermostat', model: 'dtmi:com:tinytwin:RoomController;1' })
})

test('a file that it did not write is left alone', async () => {
  const file = write('counter.json', counter('dtmi:a:Counter;1'))
  const mine = write('mine.ts', 'export const x = 1;\n')
  expect(await tinytwin('model', file, '--out', mine)).toMatchObject({ code: 1, err: expect.stringContaining('exists and is no stub of tinytwin model, so it is left as it is') })
  expect(readFileSync(mine, 'utf8')).toBe('export const x = 1;\n')
})

test('what a device has no use for is a note with its place', async () => {
  const file = write('counter.json', counter('dtmi:a:Counter;1').replace('[{', '[{ "@type": "Relationship", "name": "r" }, {'))
  const { code, err } = await tinytwin('model', file)
  expect(code).toBe(0)
  expect(err).toMatch(/^note: .*counter\.json:2:51: the relationship 'r' is ignored/)
})

test.each<[string, (folder: string) => string, RegExp]>([
  ['a file that is not there', (folder) => join(folder, 'no.json'), /no\.json:1:1: there is no model file or folder of this name/],
  ['a folder without models', (folder) => folder, /there is no model: no \.json file in this folder/],
  ['a model that is wrong', (folder) => { writeFileSync(join(folder, 'm.json'), counter('dtmi:a:Counter;1').replace('integer', 'int')); return join(folder, 'm.json') }, /m\.json:2:67: there is no schema 'int'.*\n.*\n +\^/],
  ['a file that is not UTF-8', (folder) => { writeFileSync(join(folder, 'm.json'), Buffer.from([0x22, 0xff, 0x22])); return join(folder, 'm.json') }, /m\.json:1:1: the file is not UTF-8/],
  ['an app without a model', () => 'blink', /the app 'blink' has no model: add "model": "dtmi:…" to its app\.json/],
])('%s is a sentence', async (_, path, message) => {
  mkdirSync(folder, { recursive: true })
  const { code, out, err } = await tinytwin('model', path(folder))
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(message)
})
