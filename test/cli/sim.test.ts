/** `tinytwin sim`: the summary, the events and the trace, the same each time. */

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { spanText } from '../../src/cli/sim.js'
import { jsonLines, tinytwin } from './fake.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-sim-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

test('with --json there is the summary and nothing else', async () => {
  const { code, out } = await tinytwin('sim', 'coffee-machine', '--for', '1m', '--seed', '7', '--json')
  expect(code).toBe(0)
  expect(jsonLines(out)).toEqual([expect.objectContaining({
    type: 'summary', app: 'coffee-machine', board: 'coffee-rev-a', engine: 'wasm3', seed: 7, virtualMs: 60_000,
    telemetry: 6, lost: 0, dropped: 0, duplicates: 0, reordered: 0, crashes: 0, trace: expect.stringMatching(/^[0-9a-f]{64}$/),
  })])
})

async function traceOf(engine: string, seed: string): Promise<unknown> {
  const { out } = await tinytwin('sim', 'coffee-machine', '--for', '10m', '--seed', seed, '--engine', engine, '--json')
  return jsonLines(out)[0]?.['trace']
}

test('two runs with one seed, one of them on V8, have the same trace', async () => {
  expect(await traceOf('v8', '3')).toBe(await traceOf('wasm3', '3'))
})

test('the trace file holds what its hash in the summary is of', async () => {
  const file = join(folder, 'trace.txt')
  const [summary] = jsonLines((await tinytwin('sim', 'blink', '--for', '10s', '--trace', file, '--json')).out)
  expect(createHash('sha256').update(readFileSync(file)).digest('hex')).toBe(summary?.['trace'])
})

test('a trace that cannot be written is one sentence, and no part of it stays', async () => {
  mkdirSync(join(folder, 'trace.txt'))
  const { code, err, out } = await tinytwin('sim', 'blink', '--for', '1s', '--trace', join(folder, 'trace.txt'), '--json')
  expect({ code, out, err }).toEqual({ code: 1, out: '', err: `error: '${join(folder, 'trace.txt')}' cannot be written (EISDIR)\n` })
  expect(readdirSync(folder)).toEqual(['trace.txt'])
})

test('with --events telemetry and log lines stand before the summary, in order of time', async () => {
  const lines = jsonLines((await tinytwin('sim', 'coffee-machine', '--for', '30s', '--events', '--json')).out)
  expect(lines.filter(({ type }) => type === 'telemetry').map(({ atMs }) => atMs)).toEqual([10_000, 20_000, 30_000])
  expect(lines.at(-1)?.['type']).toBe('summary')
})

test('a crash is shown with the line of TypeScript it happened in', async () => {
  mkdirSync(join(folder, 'stuck'))
  writeFileSync(join(folder, 'stuck', 'index.ts'), 'import { after } from "tinytwin";\n\nafter(1000, () => {\n  while (true) {}\n});\n')
  const { out } = await tinytwin('sim', join(folder, 'stuck'), '--board', 'blink-nano', '--for', '2s')
  expect(out).toMatch(/crash +.*stuck\/index\.ts:[34]:\d+.* \(build [0-9a-f]{16}, offset \d+\)\n/)
})

test.each([[86_400_000, '24h'], [5_400_000, '1h30m'], [172_800_000, '2d'], [1500, '1s500ms'], [0, '0s']])('%d ms is said as %s', (ms, text) => {
  expect(spanText(ms)).toBe(text)
})
