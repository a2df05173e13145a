/** Whether a firmware has room on its board, by the figures of its map; what could be given up is the board's to say. */

import { partitionOf, whatToGiveUp, type Board } from '../board/index.js'
import type { FirmwareSize } from './size.js'

/** A sentence for each thing that is larger than what there is. */
export function firmwareBudget(board: Board, { flash, ram }: Pick<FirmwareSize, 'flash' | 'ram'>): string[] {
  const problems: string[] = []
  const image = partitionOf(board, 'firmware')
  const room = image === undefined ? board.flash.kib * 1024 : image.kib * 1024
  if (flash > room) {
    problems.push(`the firmware of board '${board.name}' takes ${number(flash)} B of flash, ${number(flash - room)} B more than ${image === undefined ? 'it has' : `partition '${image.name}' (${number(room)} B)`}: `
      + 'make the partition larger, or leave out what only some apps need (TLS 1.3, file upload)')
  }
  const { ramBytes, name } = board.chip
  if (ram > ramBytes) {
    problems.push(`the firmware of board '${board.name}' takes ${number(ram)} B of RAM, ${number(ram - ramBytes)} B more than the ${number(ramBytes)} of ${name}; ${whatToGiveUp(board, ram - ramBytes)}`)
  }
  return problems
}

/** What a linker says of a region that is too small, as a sentence with what to give up; undefined for anything else. */
export function overflow(board: Board, linker: string): string | undefined {
  const found = /region `(\w+)' overflowed by (\d+) bytes/.exec(linker)
  if (found === null) return undefined
  const [, region = '', bytes = ''] = found
  const over = Number(bytes)
  const isFlash = /^(firmware|vectors|FLASH)$/i.test(region)
  return `the firmware of board '${board.name}' is ${number(over)} B too large for its ${isFlash ? 'flash' : 'RAM'} ('${region}')${isFlash ? ': make the partition larger' : `; ${whatToGiveUp(board, over)}`}`
}

const number = (value: number): string => value.toLocaleString('en')
