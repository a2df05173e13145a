/** What an app and a firmware take of a board, and the sentence for what is too much. */

import { mkdirSync, mkdtempSync, existsSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { appBudget, buildApp } from '../../src/build/index.js'
import { firmwareBudget } from '../../src/firmware/index.js'
import { overflow } from '../../src/firmware/budget.js'
import { jsonLines, tinytwin } from '../cli/fake.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-budget-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

/** The sizes of the board that is extended, as they were: what it has now is its own affair. */
const memory = { guestBytes: 16384, guestStackBytes: 2048, telemetryBytes: 3072, replyBytes: 1024, reportBytes: 1024, inboxBytes: 2560, packetBytes: 1024, receiveBytes: 2048 }
const firmware = { port: 'qemu_mps2', vmBytes: 49152, tlsBytes: 30720, appStackBytes: 4096, linkStackBytes: 4608 }

function write(extra: object): string {
  mkdirSync(join(folder, 'tight'), { recursive: true })
  const file = join(folder, 'tight', 'board.json')
  writeFileSync(file, JSON.stringify({ name: 'tight', extends: 'qemu-mps2', memory, firmware, ...extra }))
  return file
}

const partitions = (app: number, code: number) => ({
  flash: {
    partitions: [
      { name: 'settings', use: 'settings', atKib: 0, kib: 16 },
      { name: 'wasm0', use: 'app', atKib: 64, kib: app },
      { name: 'store', use: 'store', atKib: 192, kib: 64 },
      { name: 'code', use: 'code', atKib: 512, kib: code },
    ],
  },
})

test('an app fits: build says how much it takes of slot, compiled code and RAM', async () => {
  const out = join(folder, 'app.wasm')
  const board = write(partitions(64, 192))
  const { code, out: said } = await tinytwin('build', 'blink', '--board', board, '--out', out, '--json')
  const [line] = jsonLines(said)
  expect(code).toBe(0)
  const { wasm, code: bytes } = (await buildApp({ app: 'blink', board })).sizes
  expect(line?.['budget']).toEqual({ ram: { bytes: 124_928, of: 4_194_304 }, slot: { bytes: wasm + 48, of: 65_536 }, code: { bytes: 13 * bytes + 2048, of: 196_608 } })
})

test('a slot that is too small fails the build, which writes nothing', async () => {
  const out = join(folder, 'app.wasm')
  const { code, err } = await tinytwin('build', 'coffee-machine', '--board', write(partitions(8, 192)), '--out', out)
  expect(code).toBe(1)
  expect(err).toMatch(/^error: coffee-machine takes 1\d,\d{3} B, \d,\d{3} B more than partition 'wasm0' of board 'tight' \(8,192 B\): make 'wasm0' \d\d KiB instead of 8, or the app smaller\n$/)
  expect(existsSync(out)).toBe(false)
})

test('compiled code that does not fit in its partition fails the build', async () => {
  const { code, err } = await tinytwin('build', 'coffee-machine', '--board', write(partitions(64, 64)), '--out', join(folder, 'app.wasm'))
  expect(code).toBe(1)
  expect(err).toMatch(/^error: compiled by the interpreter coffee-machine takes about 1\d\d,\d{3} B, \d\d,\d{3} B more than partition 'code' of board 'tight' \(65,536 B\): make 'code' 1\d\d KiB instead of 64, or the app smaller\n$/)
})

test('without a partition for it compiled code is held against the interpreter\'s heap', async () => {
  const flash = { partitions: partitions(64, 64).flash.partitions.slice(0, 3) }
  const { problems } = appBudget(await buildApp({ app: 'coffee-machine', board: write({ flash }) }))
  expect(problems).toMatchObject([expect.stringMatching(/^compiled by .* more than firmware\.vmBytes of board 'tight' leaves \(14,336 B\): give it a partition of use 'code', which saves RAM, or \d+,\d{3} B more of vmBytes$/)])
  expect(appBudget(await buildApp({ app: 'blink', board: write({ flash }) })).problems).toEqual([])
})

test('a budget beyond the chip\'s RAM fails the build and names what to give up', async () => {
  const { code, err } = await tinytwin('build', 'blink', '--board', write({ chip: 'stm32f405', firmware: { ...firmware, port: 'stm32' }, pins: null }))
  expect(code).toBe(1)
  expect(err).toContain(`'pins' is missing`)
  const pins = { led: { pin: 'PA10' }, button: null, boiler: null, pump: null, probe: null, buzzer: null, i2c0: null }
  const over = await tinytwin('build', 'blink', '--board', write({ chip: 'stm32f405', firmware: { ...firmware, port: 'stm32' }, memory: { ...memory, telemetryBytes: 32_768 }, pins, parts: null }))
  expect(over.err).toMatch(/at \/memory: the budget takes 151552 bytes of RAM \(guest memory 16384, .*\), 20480 more than the 131072 of stm32f405; give up: memory\.telemetryBytes 32768 → 3072 saves 29,696 B since telemetry waits in the outbox on flash\n$/)
})

test('a firmware larger than its partition or its chip\'s RAM is told with what to give up', () => {
  const board = loadBoard('nucleo-f413zh')
  expect(firmwareBudget(board, { flash: 230_000, ram: 120_000 })).toEqual([])
  expect(firmwareBudget(board, { flash: 400_000, ram: 330_000 })).toEqual([
    `the firmware of board 'nucleo-f413zh' takes 400,000 B of flash, 6,784 B more than partition 'firmware' (393,216 B): make the partition larger, or leave out what only some apps need (TLS 1.3, file upload)`,
    `the firmware of board 'nucleo-f413zh' takes 330,000 B of RAM, 2,320 B more than the 327,680 of stm32f413; give up: memory.telemetryBytes 16384 → 3072 saves 13,312 B since telemetry waits in the outbox on flash`,
  ])
})

test('what a linker says of a region becomes the same sentence, and nothing else does', () => {
  const board = loadBoard('nucleo-f413zh')
  expect(overflow(board, `ld: firmware.elf section \`.bss' will not fit in region \`ram'\nld: region \`ram' overflowed by 4120 bytes\n`))
    .toBe(`the firmware of board 'nucleo-f413zh' is 4,120 B too large for its RAM ('ram'); give up: memory.telemetryBytes 16384 → 3072 saves 13,312 B since telemetry waits in the outbox on flash`)
  expect(overflow(board, `ld: region \`firmware' overflowed by 8 bytes`)).toBe(`the firmware of board 'nucleo-f413zh' is 8 B too large for its flash ('firmware'): make the partition larger`)
  expect(overflow(board, 'error: expected declaration')).toBeUndefined()
})

test('a board whose firmware is compiled elsewhere is told by what its file declares', async () => {
  const { code, out } = await tinytwin('size', 'coffee-machine', '--board', 'esp32-c3-devkitm', '--json')
  expect(code).toBe(0)
  expect(jsonLines(out).at(-1)).toMatchObject({ type: 'size', board: 'esp32-c3-devkitm', declared: true, ram: 288_768, components: { 'guest memory': { flash: 0, ram: 16_384 }, 'system': { flash: 0, ram: 98_304 } } })
  expect((await tinytwin('size', 'coffee-machine', '--board', 'esp32-c3-devkitm')).out).toMatch(/^as boards\/esp32-c3-devkitm\/board\.json declares it; nothing here compiles port esp_idf, bytes:\n/)
})
