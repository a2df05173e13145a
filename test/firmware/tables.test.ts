// A board as the C of its firmware: what a compiler makes of it, and the numbers that matter.

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { boardNames, loadBoard } from '../../src/board/index.js'
import { firmwareTables } from '../../src/firmware/tables.js'
import { projectRoot } from '../../src/board/root.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-tables-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const use = `#include "port/wires.h"
#include "board.gen.h"
const struct tt_channel_wires channels[] = TT_BOARD_WIRES;
_Static_assert(sizeof channels / sizeof channels[0] <= 64, "channels");
const struct tt_uart_wires console = TT_BOARD_CONSOLE;
const struct tt_uart_wires modem = TT_BOARD_MODEM;
const struct tt_ethernet_wires ethernet = TT_BOARD_ETHERNET;
const struct { unsigned offset, size; } slots[] = TT_BOARD_APP_SLOTS;
_Static_assert(TT_BOARD_STORE_BYTES % TT_BOARD_STORE_BLOCK_BYTES == 0, "store");
`

test('every board with a firmware becomes C that compiles without a warning', () => {
  const boards = boardNames().map(loadBoard).filter(({ firmware }) => firmware !== undefined)
  const files = boards.flatMap((board) => {
    mkdirSync(join(folder, board.name))
    for (const [name, content] of Object.entries({ ...firmwareTables(board), 'use.c': use })) writeFileSync(join(folder, board.name, name), content)
    return ['board.gen.c', 'use.c'].map((name) => join(folder, board.name, name))
  })
  expect(boards.length).toBeGreaterThanOrEqual(12)
  execFileSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', '-fsyntax-only', `-I${join(projectRoot, 'native')}`, ...files])
}, 60_000)

test('a channel says pin, unit, channel and alternate function, an I2C bus both of its wires', () => {
  const header = firmwareTables(loadBoard('nucleo-f429zi'))['board.gen.h']
  expect(header).toContain('{.wire = {.pin = 75, .unit = 1, .channel = 2, .alternate = 1}, .clock = {.pin = TT_NO_PIN}}') // buzzer: PE11 TIM1_CH2/AF1
  expect(header).toContain('{.wire = {.pin = 25, .unit = 1, .channel = 0, .alternate = 4}, .clock = {.pin = 24, .unit = 1, .channel = 0, .alternate = 4}, .hz = 100000}') // PB9 and PB8 I2C1
  expect(header).toContain('#define TT_BOARD_CONSOLE {.tx = {.pin = 56, .unit = 3, .channel = 0, .alternate = 7}, .rx = {.pin = 57,') // PD8 and PD9 USART3
})

test('the linker is told the chip\'s memory, and of the flash what is the program\'s', () => {
  expect(firmwareTables(loadBoard('nucleo-f767zi'))['memory.gen.ld']?.split('\n').slice(1)).toEqual([
    'MEMORY',
    '{',
    '    vectors (rx) : ORIGIN = 0x08000000, LENGTH = 32768',
    '    firmware (rx) : ORIGIN = 0x08040000, LENGTH = 524288',
    '    ram (rwx) : ORIGIN = 0x20020000, LENGTH = 393216',
    '    dtcm (rwx) : ORIGIN = 0x20000000, LENGTH = 131072',
    '}',
    'REGION_ALIAS("core", dtcm)',
    '',
  ])
  expect(firmwareTables(loadBoard('nucleo-f429zi'))['memory.gen.ld']).toContain('\n}\nREGION_ALIAS("vectors", firmware)\n')
})

test('a block of the store is the erase unit it lies on, not the chip\'s smallest', () => {
  const header = firmwareTables(loadBoard('nucleo-f767zi'))['board.gen.h']
  expect(header).toContain('#define TT_BOARD_STORE_BLOCK_BYTES 32768\n')
  expect(header).toContain('#define TT_BOARD_OUTBOX_BLOCK_BYTES 262144\n')
})
