/** Boards that do not come with TinyTwin: each is one file of at most 40 lines, and nothing else had to be touched for it. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { boardNames, boardPage, espPartitionTable, loadBoard, ramBytes } from '../../src/board/index.js'
import { projectRoot } from '../../src/board/root.js'
import { buildApp } from '../../src/build/index.js'
import { buildFirmware, buildTools, firmwareBudget, howToInstall } from '../../src/firmware/index.js'
import { firmwareTables } from '../../src/firmware/tables.js'
import { simulate } from '../../src/sim/index.js'

const outside = join(projectRoot, 'test', 'board', 'outside')
const files = readdirSync(outside).map((name) => join(outside, name))
const folder = mkdtempSync(join(tmpdir(), 'tinytwin-outside-'))
afterAll(() => { rmSync(folder, { recursive: true }) })

test('there are ten and more, none of them one of ours, none longer than 40 lines', () => {
  expect(files.length).toBeGreaterThanOrEqual(10)
  expect(files.map((file) => loadBoard(file).name).filter((name) => boardNames().includes(name))).toEqual([])
  expect(Math.max(...files.map((file) => readFileSync(file, 'utf8').trimEnd().split('\n').length))).toBeLessThanOrEqual(40)
})

test.each(files.map((file) => [loadBoard(file).name, file]))('an app is built for %s, with its tables, its page and its flash', async (name, file) => {
  const board = loadBoard(file)
  const app = board.pins.some((pin) => pin.name === 'boiler') ? 'coffee-machine' : 'blink'
  const built = await buildApp({ app, board })
  expect(built.board.name).toBe(name)
  mkdirSync(join(folder, name))
  for (const [table, content] of Object.entries(firmwareTables(board))) writeFileSync(join(folder, name, table), content)
  execFileSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', `-I${join(projectRoot, 'native')}`, join(folder, name, 'board.gen.c')])
  expect(boardPage(board, 'text')).toContain(board.title)
  if (board.chip.esp !== undefined) expect(espPartitionTable(board)).toHaveLength(3072)
}, 60_000)

/** One file in a folder of its own, as somebody would write it. */
function added(): string {
  mkdirSync(join(folder, 'door'), { recursive: true })
  const file = join(folder, 'door', 'board.json')
  writeFileSync(file, `{
  "name": "door",
  "title": "A door opener on a pyboard",
  "extends": "${join(outside, 'pyboard-v1-1.json')}",
  "pins": { "button": null, "boiler": null, "pump": null, "probe": null, "buzzer": null, "i2c0": null, "lock": { "kind": "output", "pin": "Y7", "safe": 1 } },
  "aliases": { "Y7": "PB14", "Y8": "PB15" },
  "parts": { "boiler": null }
}
`)
  return file
}

test('a board that is added in a folder somewhere runs an app in the simulator', async () => {
  const source = join(folder, 'open.ts')
  writeFileSync(source, 'import { OutputPin } from "tinytwin";\nconst lock = OutputPin.open("Y7");\nlock.write(false);\n')
  await using door = await simulate(source, { board: added(), seed: 3 })
  await door.advance('1s')
  expect(door.pin('lock').level).toBe(0)
})

const install = howToInstall(buildTools(loadBoard('qemu-netduinoplus2')))

describe.skipIf(install !== undefined)(`with a cross compiler${install === undefined ? '' : ` (skipped: run ${install})`}`, () => {
  test('a board that is added in a folder somewhere gets a firmware', async () => {
    const { elf, board, size } = await buildFirmware({ app: 'blink', board: added() })
    expect(board.name).toBe('door')
    expect(readFileSync(elf).includes('door\0')).toBe(true)
    expect(firmwareBudget(board, size)).toEqual([])
    expect(size.ram).toBeLessThanOrEqual(ramBytes(board, board.chip))
  }, 240_000)
})
