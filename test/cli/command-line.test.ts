/** The command line: help for everything, and one sentence with exit code 1 for whatever is wrong, with nothing half-written. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { boardNames } from '../../src/board/index.js'
import { commands } from '../../src/cli/main.js'
import { freePorts, jsonLines, tinytwin } from './fake.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-cli-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

test('help lists every command', async () => {
  const { code, out, err } = await tinytwin('--help')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  for (const { name, summary } of commands) expect(out).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, 'm'))
})

test('no word at all is answered with help', async () => {
  expect(await tinytwin()).toEqual(await tinytwin('--help'))
})

test.each(commands.map(({ name }) => name))('the help of %s has its arguments, its options and examples, in lines that fit', async (name) => {
  const { code, out } = await tinytwin(name, '--help')
  const command = commands.find((candidate) => candidate.name === name)
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`^Usage: tinytwin ${name}`))
  for (const option of [...command?.options ?? [], { name: 'json' }, { name: 'help' }]) expect(out).toContain(`--${option.name}`)
  expect(out).toContain('Examples:')
  expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(100)
  expect(await tinytwin('help', name)).toEqual({ code, out, err: '' })
})

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(await tinytwin('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' })
})

test.each([
  ['an unknown command', ['siim'], `there is no command 'siim' (commands: dev, sim, build, flash, monitor, size, model, apps, boards, hub, device, twin, method, c2d, query, trust). Did you mean 'sim'? See: tinytwin --help`],
  ['an option before the command', ['--jsn'], `there is no option '--jsn'`],
  ['an unknown option', ['sim', 'blink', '--sed', '7'], `'sim' has no option '--sed'. Did you mean '--seed'? See: tinytwin sim --help`],
  ['an unknown short option', ['sim', 'blink', '-x'], `'sim' has no option '-x'.`],
  ['an option without its value', ['sim', 'blink', '--for'], '--for needs a value: --for DURATION'],
  ['an option whose value is the next option', ['sim', 'blink', '--for', '--json'], '--for needs a value: --for DURATION'],
  ['a switch with a value', ['sim', 'blink', '--json=1'], '--json takes no value'],
  ['an option given twice', ['sim', 'blink', '--seed', '1', '--seed', '2'], '--seed is given twice'],
  ['a missing argument', ['sim'], `'sim' needs APP: A name (see: tinytwin apps)`],
  ['an argument too many', ['sim', 'blink', 'button'], `'sim' does not know what to do with 'button'`],
  ['an unknown app', ['sim', 'blnk'], `there is no app 'blnk' (apps: `],
  ['an unknown board', ['build', 'blink', '--board', 'blink-nan'], `there is no board 'blink-nan' (boards: ${boardNames().join(', ')}; or give the path of a board.json). Did you mean 'blink-nano'?`],
  ['a span of time that is none', ['sim', 'blink', '--for', '3 hours'], `--for: '3 hours' is not a span of time (250ms, 20s, 5m, 72h, 7d, 1h30m)`],
  ['more real time than a timer has', ['dev', 'blink', '--for', '25d'], '--for: at most 24d in real time'],
  ['a seed that is no whole number', ['sim', 'blink', '--seed', '1.5'], `--seed: '1.5' is not a whole number from 0 to 4294967295`],
  ['a seed beyond 32 bits', ['sim', 'blink', '--seed', '4294967296'], 'is not a whole number from 0 to 4294967295'],
  ['an unknown engine', ['sim', 'blink', '--engine', 'wasm'], `--engine: 'wasm' is not one of wasm3, v8. Did you mean 'wasm3'?`],
  ['a port beyond 65535', ['hub', '--mqtts', '70000'], `--mqtts: '70000' is not a whole number from 0 to 65535`],
  ['a device id the hub does not take', ['hub', ...freePorts, '--data', '{folder}/hub', '--device', 'a b'], 'a device id is 1 to 128 letters'],
  ['a folder where none can be made', ['dev', 'blink', '--for', '1s', '--data', '/proc/tinytwin'], `the folder '/proc/tinytwin' cannot be written (ENOENT); give another with --data`],
  ['a negative time', ['sim', 'blink', '--for', '-1s'], `--for: '-1s' is not a span of time (250ms, 20s, 5m, 72h, 7d, 1h30m)`],
  ['a folder that cannot be one', ['hub', ...freePorts, '--data', 'package.json'], `the folder 'package.json' cannot be written (EEXIST); give another with --data`],
  ['an address that is not here', ['hub', ...freePorts, '--host', '192.0.2.1', '--data', '{folder}/hub'], '192.0.2.1 cannot be listened on (EADDRNOTAVAIL)'],
  ['a budget that is not there', ['size', '--budget', '{folder}/none.json'], 'none.json cannot be read as JSON'],
])('%s is one sentence and exit code 1', async (_, argv, problem) => {
  const { code, out, err } = await tinytwin(...argv.map((word) => word.replace('{folder}', folder)))
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toContain(`error: `)
  expect(err).toContain(problem)
  expect(err.trimEnd()).not.toContain('\n')
})

test('build writes the module and its map, and says the same in JSON', async () => {
  const out = join(folder, 'new', 'blink.wasm')
  const [line] = jsonLines((await tinytwin('build', 'blink', '--out', out, '--json')).out)
  expect(readdirSync(join(folder, 'new')).sort()).toEqual(['blink.wasm', 'blink.wasm.map'])
  expect(line).toMatchObject({ type: 'build', app: 'blink', board: 'blink-nano', file: out, wasm: readFileSync(out).length })
})

test('build leaves nothing behind when the app does not fit the board', async () => {
  const out = join(folder, 'out.wasm')
  const { code, err } = await tinytwin('build', 'i2c-probe', '--board', 'blink-nano', '--out', out)
  expect(code).toBe(1)
  expect(err).toContain(`board 'blink-nano' has no pin 'i2c0' (pins: led, button)`)
  expect(readdirSync(folder)).toEqual([])
})

test('build leaves neither file when one of them cannot be written', async () => {
  const out = join(folder, 'out.wasm')
  mkdirSync(`${out}.map`)
  const { code, err } = await tinytwin('build', 'blink', '--out', out)
  expect({ code, err }).toEqual({ code: 1, err: `error: '${out}.map' cannot be written (EISDIR)\n` })
  expect(readdirSync(folder)).toEqual(['out.wasm.map'])
})

test('a broken board file is named with its place before anything is compiled or written', async () => {
  const file = join(folder, 'board.json')
  writeFileSync(file, '{"name":"x","extends":"blink-nano","pins":{"led":{"kind":"outptu"}}}')
  const { code, err } = await tinytwin('build', 'blink', '--board', file, '--out', join(folder, 'out.wasm'))
  expect(code).toBe(1)
  expect(err).toMatch(/^error: .*board\.json at \/pins\/led\/kind: "outptu" is not one of .* Did you mean 'output'\?\n$/)
  expect(existsSync(join(folder, 'out.wasm'))).toBe(false)
})

test('boards and apps are listed, also in JSON', async () => {
  expect((await tinytwin('boards')).out).toMatch(/^ {2}blink-nano .*led \(output\)/ms)
  expect(jsonLines((await tinytwin('boards', '--json')).out).map(({ board }) => board)).toEqual(boardNames())
  expect(jsonLines((await tinytwin('apps', '--json')).out)).toContainEqual({ type: 'app', app: 'coffee-machine', board: 'coffee-rev-a' })
})
