/** What is made of a board file for people and for flash tools: pages, partition tables, commands. */

import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { boardNames, boardPage, espPartitionsCsv, espPartitionTable, flashCommands, loadBoard, outboxHours, ramBudget, whatToGiveUp } from '../../src/board/index.js'
import { jsonLines, tinytwin } from '../cli/fake.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-page-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

/** Of a board with four partitions. */
function small(partitions: readonly object[] = [
  { name: 'boot', use: 'boot', atKib: 0, kib: 32 },
  { name: 'table', use: 'table', atKib: 32, kib: 4 },
  { name: 'nvs', use: 'nvs', atKib: 36, kib: 16 },
  { name: 'ota_0', use: 'firmware', atKib: 64, kib: 1536 },
  { name: 'wasm0', use: 'app', atKib: 1600, kib: 128 },
]): string {
  mkdirSync(join(folder, 'small'), { recursive: true })
  const file = join(folder, 'small', 'board.json')
  writeFileSync(file, JSON.stringify({ name: 'small', extends: 'esp32-c3-devkitm', flash: { partitions } }))
  return file
}

test('ESP-IDF\'s binary table has a row of 32 bytes for each partition, then their MD5, and is erased flash behind it', () => {
  const rows = [
    // magic aa50, type, subtype, offset, size, label, flags
    ['aa50', '01', '02', '00900000', '00400000', '6e7673'.padEnd(32, '0'), '00000000'],
    ['aa50', '00', '10', '00000100', '00001800', '6f74615f30'.padEnd(32, '0'), '00000000'],
    ['aa50', '01', '40', '00001900', '00000200', '7761736d30'.padEnd(32, '0'), '00000000'],
  ].flat().join('')
  const digest = createHash('md5').update(Buffer.from(rows, 'hex')).digest('hex')
  const table = Buffer.from(espPartitionTable(loadBoard(small())))
  expect(table.toString('hex')).toBe((rows + 'ebeb' + 'ff'.repeat(14) + digest).padEnd(2 * 0xc00, 'f'))
})

test('partitions.csv names what ESP-IDF knows and numbers what is ours; loader and table stay out', () => {
  expect(espPartitionsCsv(loadBoard(small())).split('\n').slice(1)).toEqual([
    '# name, type, subtype, offset, size',
    'nvs, data, nvs, 0x9000, 0x4000',
    'ota_0, app, ota_0, 0x10000, 0x180000',
    'wasm0, data, 0x40, 0x190000, 0x20000',
    '',
  ])
})

test('each use of data has a subtype of its own', () => {
  const rows = espPartitionsCsv(loadBoard('coffee-rev-a')).split('\n').slice(2, -1).map((row) => row.split(', '))
  const kinds = rows.filter(([name]) => name !== 'wasm1').map(([, type, subtype]) => `${type} ${subtype}`)
  expect(new Set(kinds).size).toBe(kinds.length)
  expect(kinds).toContain('data 0x45') // files
})

test('a chip without such a table refuses to make one', async () => {
  expect(() => espPartitionTable(loadBoard('nucleo-f429zi'))).toThrow('stm32f429 has no ESP-IDF partition table')
  expect((await tinytwin('boards', 'nucleo-f429zi', '--csv')).err).toBe(`error: board 'nucleo-f429zi' has ST STM32F429, which has no partitions.csv; leave --csv out to see its flash\n`)
})

test('vectors with a partition of their own are written apart, so that what lies between is not erased', () => {
  expect(flashCommands(loadBoard('nucleo-f413zh'))).toEqual([
    { tool: 'st-flash', commands: ['st-flash write vectors.bin 0x08000000', 'st-flash write firmware.bin 0x08020000', 'st-flash --reset write app.bin 0x08080000'] },
    {
      tool: 'openocd',
      commands: ['openocd -f board/st_nucleo_f4.cfg -c "program vectors.bin 0x08000000 verify" -c "program firmware.bin 0x08020000 verify" -c "program app.bin 0x08080000 verify" -c "reset run" -c exit'],
    },
  ])
})

test('an ESP32 has its loader at 0x1000, an ESP32-C3 at 0', () => {
  expect(flashCommands(loadBoard('esp32-devkitc'))[0]?.commands[0]).toBe(
    'esptool --chip esp32 --port PORT write_flash 0x1000 bootloader.bin 0x8000 partition-table.bin 0xe000 ota_data_initial.bin 0x10000 firmware.bin 0x320000 app.bin')
  expect(flashCommands(loadBoard('esp32-c3-devkitm'))[0]?.commands[0]).toContain('write_flash 0x0 bootloader.bin')
})

test('the page of every board shows each of its pins, every partition, the RAM it takes and its proof', () => {
  for (const board of boardNames().map(loadBoard)) {
    const page = boardPage(board, 'markdown')
    for (const { name, kind } of board.pins) expect(page).toContain(`| ${name} | ${kind} | `)
    for (const { name, use } of board.flash.partitions) expect(page).toContain(`| ${name} | ${use} | 0x`)
    expect(page).toContain(`Proof: ${board.proof}, `)
    const taken = Object.values(ramBudget(board, board.chip)).reduce((sum, bytes) => sum + bytes, 0)
    expect(page).toContain(`| all | ${taken.toLocaleString('en')} of `)
  }
})

test('the page tells what is printed beside a pin, which unit serves it, and what to know of it', async () => {
  const { code, out } = await tinytwin('boards', 'xiao-esp32c3')
  expect(code).toBe(0)
  expect(out).toMatch(/^ {2}probe +analog +GPIO2 +D0, A0 +ADC1_CH2 +Strapping pin/m)
  expect((await tinytwin('boards', 'xiao-esp32c3', '--md')).out).toContain('| probe | analog | GPIO2 | D0, A0 | ADC1_CH2 |')
  expect(jsonLines((await tinytwin('boards', 'xiao-esp32c3', '--json')).out)).toMatchObject([{ type: 'board', board: 'xiao-esp32c3', proof: loadBoard('xiao-esp32c3').proof, pins: expect.arrayContaining([{ pin: 'probe', kind: 'analog', chipPins: ['GPIO2'], printed: ['D0', 'A0'] }]) }])
})

test('a page is of one board, and one that there is', async () => {
  expect(await tinytwin('boards', '--md')).toMatchObject({ code: 1, err: 'error: a page is of one board: tinytwin boards BOARD --md\n' })
  expect((await tinytwin('boards', 'xiao-esp32c4')).err).toContain(`Did you mean 'xiao-esp32c3'?`)
})

test('the hours an outbox holds leave an eighth for urgent messages and one erase unit free', () => {
  // 512 - 64 - 1 units of 4,096 - 68 bytes, each 53 messages of 64 + 8 + 4, one in 10 s
  expect(outboxHours(loadBoard('coffee-rev-a'))).toBe(65)
  expect(outboxHours(loadBoard('blink-nano'))).toBe(0)
})

test('over budget one sacrifice is named where one is enough, the least missed first, else those that are enough together', () => {
  const board = loadBoard('esp32-c3-devkitm')
  expect(whatToGiveUp(board, 10_000)).toBe('give up: memory.telemetryBytes 32768 → 3072 saves 29,696 B since telemetry waits in the outbox on flash')
  expect(whatToGiveUp(board, 35_000)).toBe('give up: memory.telemetryBytes 32768 → 3072 saves 29,696 B since telemetry waits in the outbox on flash; '
    + 'network.tls.receiveBytes 16384 → 4096 saves 12,288 B if the peer is known to send records so short; take as much from firmware.tlsBytes')
  expect(whatToGiveUp(board, 1_000_000)).toMatch(/; 924,736 B are still missing: take a larger chip$/)
})
