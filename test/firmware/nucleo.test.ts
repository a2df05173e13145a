// The firmware of the STM32 boards that no emulator here has: it compiles, links, and lies where the chip looks for it. It has run on no hardware.

import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildFirmware, buildTools, howToInstall, type BuiltFirmware } from '../../src/firmware/index.js'

const all = process.env['TINYTWIN_ALL_BOARDS'] === '1'
const boards = ['nucleo-f429zi', 'nucleo-f767zi', 'nucleo-f413zh']
const install = howToInstall(buildTools(loadBoard(boards[0]!)))

/** Addresses by symbol. */
function symbolsOf(elf: string): ReadonlyMap<string, number> {
  const lines = execFileSync('arm-none-eabi-nm', [elf], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\n')
  return new Map(lines.map((line) => [line.slice(11), parseInt(line.slice(0, 8), 16)]))
}

describe.each(boards)('%s', (name) => {
  const skipped = install !== undefined ? `run ${install}` : !all && name !== boards[0] ? 'TINYTWIN_ALL_BOARDS=1 builds it too' : undefined
  let built: BuiltFirmware

  test.skipIf(skipped !== undefined)(`the whole client fits in its memories${skipped === undefined ? '' : ` (skipped: ${skipped})`}`, async () => {
    built = await buildFirmware({ board: name, app: 'coffee-machine' })
    const { flash, ram, components } = built.size
    const room = built.board.flash.partitions.filter(({ use }) => use === 'firmware' || use === 'boot').reduce((sum, { kib }) => sum + kib * 1024, 0)
    expect(flash).toBeLessThan(room)
    expect(flash).toBeLessThan(256 * 1024)
    expect(ram).toBeLessThan(built.board.chip.regions!.reduce((sum, { bytes }) => sum + bytes, 0))
    expect(components['port']!.flash).toBeLessThan(18 * 1024)
  }, 300_000)

  test.skipIf(skipped !== undefined)('vectors are where the chip starts, what DMA reaches is in a RAM it reaches', () => {
    const symbols = symbolsOf(built.elf)
    const [main, core] = built.board.chip.regions!
    const within = (symbol: string, region: typeof main): boolean => {
      const at = symbols.get(symbol)! - Number(region!.address)
      return at >= 0 && at <= region!.bytes
    }
    expect(symbols.get('tt_vectors')).toBe(0x08000000)
    expect(within('tt_stack_top', main)).toBe(true)
    expect(within('tt_dma_start', main)).toBe(true)
    expect(symbols.get('tt_dma_start')! % (16 * 1024)).toBe(0)
    expect(within('vm_memory', core ?? main)).toBe(true)
  })
})
