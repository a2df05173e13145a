/** `tinytwin sim`: the summary, the events and the trace, the same each time. */

import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { failureOf } from '../../src/cli/sim.js'
import { spanText } from '../../src/cli/sim_words.js'
import { faultNames } from '../../src/sim/index.js'
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

test('faults happen when they are said to, and the summary counts them', async () => {
  const { out } = await tinytwin('sim', 'coffee-machine', '--for', '10m', '--fault', 'net.down@1m+2m', '--fault', 'power.cut@5m', '--fault', 'net.reset@6m', '--json')
  expect(jsonLines(out)[0]).toMatchObject({ faults: { 'net.down': 1, 'power.cut': 1, 'net.reset': 1 }, powerCuts: 1, connections: 4, lost: 0, reordered: 0, growthBytes: 0 })
})

test('random faults are every kind, in the words for people too', async () => {
  const { out } = await tinytwin('sim', 'coffee-machine', '--for', '2h', '--fault', 'random', '--seed', '3')
  for (const name of faultNames) expect(out).toMatch(new RegExp(`^  faults .*${name} 1`, 'm'))
  expect(out).toMatch(/^ {2}reconnected {2}within \d/m)
})

test.each([
  ['net.dwn@1h+1h', `--fault: there is no fault 'net.dwn' (faults: net.down, `],
  ['net.down@1h', `--fault: 'net.down@1h' does not say for how long: net.down@1h+10m`],
  ['power.cut@1h', `--fault: 'power.cut@1h' begins when the run of 1h is over; give a longer --for`],
])('--fault %s is one sentence and exit code 1', async (fault, problem) => {
  const { code, out, err } = await tinytwin('sim', 'blink', '--fault', fault)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(problem)
})

test('the help of sim has every kind of fault', async () => {
  const { out } = await tinytwin('sim', '--help')
  for (const name of faultNames) expect(out).toMatch(new RegExp(`^  ${name.replace('.', '\\.')}[ [].* [A-Z]`, 'm'))
})

test('a lost message and one out of order fail the run, a dropped one does not', () => {
  expect(failureOf({ lost: 0, reordered: 0 })).toBeUndefined()
  expect(failureOf({ lost: 2, reordered: 0 })).toBe('2 stored or acknowledged messages were lost')
  expect(failureOf({ lost: 1, reordered: 3 })).toBe('1 stored or acknowledged messages were lost, 3 messages came out of order')
})

test('a run that was recorded is replayed with the same trace, and the file is replaced by the next recording only', async () => {
  const file = join(folder, 'day.rec')
  const [summary] = jsonLines((await tinytwin('sim', 'coffee-machine', '--for', '2h', '--fault', 'random', '--seed', '5', '--record', file, '--json')).out)
  const { code, out } = await tinytwin('sim', 'coffee-machine', '--replay', file, '--trace', join(folder, 'trace.txt'), '--json')
  expect(code).toBe(0)
  expect(jsonLines(out)).toEqual([expect.objectContaining({ type: 'replay', app: 'coffee-machine', board: 'coffee-rev-a', seed: 5, trace: summary?.['trace'], recorded: summary?.['trace'], same: true })])
  expect(createHash('sha256').update(readFileSync(join(folder, 'trace.txt'))).digest('hex')).toBe(summary?.['trace'])
  expect((await tinytwin('sim', 'coffee-machine', '--for', '1m', '--record', file)).code).toBe(0)
})

test('--record does not replace a file that is no recording, and says so before it begins', async () => {
  const file = join(folder, 'notes.txt')
  writeFileSync(file, 'buy beans\n')
  const { code, err } = await tinytwin('sim', 'blink', '--for', '1s', '--record', file)
  expect({ code, err }).toEqual({ code: 1, err: `error: '${file}' exists and is no recording of a simulation, so it is left as it is. Give another name, or remove it first\n` })
  expect(readFileSync(file, 'utf8')).toBe('buy beans\n')
})

test('a replay of another app is refused, and with --anyway fails where the device does something else', async () => {
  const file = join(folder, 'blink.rec')
  await tinytwin('sim', 'blink', '--for', '1m', '--record', file)
  const refused = await tinytwin('sim', 'button', '--replay', file)
  expect(refused.code).toBe(1)
  expect(refused.err).toMatch(/blink\.rec' cannot be replayed: it was recorded with build [0-9a-f]+ of 'blink', and 'button' is build [0-9a-f]+ now\. --anyway plays it all the same\n$/)
  const played = await tinytwin('sim', 'button', '--replay', file, '--anyway')
  expect(played.code).toBe(1)
  expect(played.err).toContain('error: the run is not that of the recording: ')
})

test.each([
  ['a file that is not there', ['--replay', '/nowhere.rec'], `'/nowhere.rec' cannot be read (ENOENT)`],
  ['a file that is no recording', ['--replay', 'package.json'], `'package.json' cannot be replayed: it is no recording of a simulation`],
  ['a seed of one\'s own', ['--replay', 'x', '--seed', '3'], '--seed does not go with --replay: the recording has its own'],
  ['--anyway alone', ['--anyway'], '--anyway goes with --replay'],
])('%s is one sentence and exit code 1', async (_, argv, problem) => {
  const { code, out, err } = await tinytwin('sim', 'blink', ...argv)
  expect({ code, out, err }).toEqual({ code: 1, out: '', err: `error: ${problem}\n` })
})

test('72 hours without a network cost nothing: every message arrives, in order', async () => {
  const { out } = await tinytwin('sim', 'coffee-machine', '--for', '80h', '--fault', 'net.down@3605s+72h', '--json')
  expect(jsonLines(out)[0]).toMatchObject({ telemetry: 28_800, queued: 28_800, arrived: 28_800, refused: 0, lost: 0, dropped: 0, pending: 0, duplicates: 0, reordered: 0, growthBytes: 0 })
}, 60_000)
