/** What tests of flashing share: firmware as ESP-IDF leaves it, and a command line with an env file of its own. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { espPartitionTable, loadBoard } from '../../src/board/index.js'

const ids: Readonly<Record<string, number>> = { esp32: 0, esp32c3: 5, esp32s3: 9, esp32c6: 13 }

/** Bytes that do not compress and differ from name to name, behind the head of an image for this chip. */
export function espImage(target: string, bytes: number, seed: number): Buffer {
  const image = Buffer.alloc(bytes)
  let state = seed >>> 0
  for (let at = 24; at < bytes; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    image[at] = state >>> 24
  }
  image.set([0xe9, 1, 2, 0x20])
  image.writeUInt16LE(ids[target] ?? 0, 12)
  return image
}

export interface EspFirmware {
  readonly bootloader: Buffer
  readonly firmware: Buffer
}

/** As idf.py build leaves it. */
export function putEspFirmware(folder: string, boardName: string, { firmwareBytes = 61_003 } = {}): EspFirmware {
  const board = loadBoard(boardName)
  const target = board.chip.esp?.target ?? ''
  const bootloader = espImage(target, 20_481, 1)
  const firmware = espImage(target, firmwareBytes, 2)
  const put = (path: string, content: Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  put('bootloader/bootloader.bin', bootloader)
  put('partition_table/partition-table.bin', espPartitionTable(board))
  put('tinytwin.bin', firmware)
  return { bootloader, firmware }
}
