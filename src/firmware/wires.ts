/** A board's wires as C: the macros that fill the structs of native/port/wires.h. Knows no driver. */

import type { Board, BoardPin } from '../board/index.js'
import type { RmiiSignal } from '../board/file.js'

const noPin = 'TT_NO_PIN'
const noWire = `{.pin = ${noPin}}`
const rmiiOrder: readonly RmiiSignal[] = ['refClk', 'mdio', 'mdc', 'crsDv', 'rxd0', 'rxd1', 'txEn', 'txd0', 'txd1']

/** GPIO7 and P7 are 7, PB3 is 16 + 3. */
export function pinNumber(chipPin: string): number {
  const found = /^(?:GPIO|P)([A-Z]?)(\d+)$/.exec(chipPin)
  if (found === null) throw new Error(`pin '${chipPin}' has no number; teach src/firmware/wires.ts to count it`)
  const [, bank = '', number = ''] = found
  return bank === '' ? Number(number) : 16 * (bank.charCodeAt(0) - 65) + Number(number)
}

/** Lines of board.gen.h. */
export function wiresHeader(board: Board): string[] {
  const wire = (path: string): string => {
    const found = board.wires.get(path)
    if (found === undefined) return noWire
    const { unit = 0, channel = 0, alternate = 0 } = found.signal ?? {}
    return `{.pin = ${pinNumber(found.chipPin)}, .unit = ${unit}, .channel = ${typeof channel === 'number' ? channel : 0}, .alternate = ${alternate}}`
  }
  const pin = (path: string): string => {
    const found = board.wires.get(path)
    return found === undefined ? noPin : String(pinNumber(found.chipPin))
  }
  const channelRow = (entry: BoardPin): string => {
    const at = `/pins/${entry.name}`
    if (entry.kind === 'i2c') return `{.wire = ${wire(`${at}/sda`)}, .clock = ${wire(`${at}/scl`)}, .hz = ${entry.hz}}`
    const pull = entry.kind === 'input' ? `, .pull = TT_PULL_${entry.pull.toUpperCase()}` : ''
    return `{.wire = ${wire(`${at}/pin`)}, .clock = ${noWire}${pull}}`
  }
  const uart = (path: string, baud: number): string =>
    `{.tx = ${wire(`${path}/tx`)}, .rx = ${wire(`${path}/rx`)}, .baud = ${baud}, .reset_pin = ${pin(`${path}/reset`)}}`
  const { ethernet } = board.network
  const rmii = rmiiOrder.map((name) => wire(`/network/ethernet/pins/${name}`))
  return [
    '// Initialisers of native/port/wires.h.',
    `#define TT_BOARD_WIRES${rows(board.pins.map(channelRow))}`,
    `#define TT_BOARD_CONSOLE ${uart('/console', board.console?.baud ?? 0)}`,
    `#define TT_BOARD_MODEM ${uart('/network/modem', board.network.modem?.baud ?? 0)}`,
    `#define TT_BOARD_ETHERNET {.phy = TT_PHY_${ethernet === undefined ? 'NONE' : ethernet.phy.toUpperCase()}, .phy_address = ${ethernet?.address ?? 0}, .power_pin = ${pin('/network/ethernet/power')}, .pins =${rows(rmii)}}`,
  ]
}

// One row a line.
const rows = (entries: readonly string[]): string => ` { \\\n${entries.map((entry) => `    ${entry}, \\\n`).join('')}}`
