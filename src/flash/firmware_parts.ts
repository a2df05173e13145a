/** The firmware of a board as what is to be written: built here, or taken from where ESP-IDF left it. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { espPartitionTable, partitionOf, type Board } from '../board/index.js'
import { projectRoot, shown } from '../board/root.js'
import { buildEspFirmware, buildFirmware, espFiles } from '../firmware/index.js'
import { elfParts } from './elf.js'
import { FlashError } from './error.js'
import type { WritePart } from './flasher.js'

export interface FirmwareParts {
  readonly parts: readonly WritePart[]
  /** Worth knowing; undefined when there is nothing. */
  readonly note?: string
}

export interface FirmwarePartsOptions {
  readonly board: Board
  /** Compiled once more with the firmware, to see whether both fit. */
  readonly app: string
  readonly progress?: (what: string) => void
  /** Where ESP-IDF built it; taken as it is. Without it the firmware is built anew where ESP-IDF is in this shell. */
  readonly folder?: string | undefined
}

/** Throws FlashError or FirmwareError when there is none, or one that is not for this board. */
export async function firmwareParts({ board, app, progress = () => {}, folder }: FirmwarePartsOptions): Promise<FirmwareParts> {
  if (board.chip.esp === undefined) {
    const { elf } = await buildFirmware({ board, app, progress })
    return { parts: elfParts(readFileSync(elf), board, shown(elf)) }
  }
  if (folder !== undefined) return { parts: espParts(board, folder) }
  const own = join(projectRoot, 'build', 'firmware', board.name)
  if (process.env['IDF_PATH'] !== undefined) {
    await buildEspFirmware({ board, app, progress })
    return { parts: espParts(board, own) }
  }
  return { parts: espParts(board, own), note: `ESP-IDF is not in this shell: the firmware is the one that was built before, in ${shown(own)}` }
}

/** Chip ids of an image's header (esp_image_format.h, esp_chip_id_t), by ESP-IDF's name of the chip. */
const chipIds: Readonly<Record<NonNullable<Board['chip']['esp']>['target'], number>> = { esp32: 0, esp32s3: 9, esp32c3: 5, esp32c6: 13 }

/** What idf.py build leaves, at the places of the board's own table. */
function espParts(board: Board, folder: string): WritePart[] {
  const read = (path: string): Uint8Array => {
    const file = join(folder, path)
    if (!existsSync(file)) {
      throw new FlashError(`there is no firmware for board '${board.name}' (${shown(file)} is missing). ESP-IDF compiles it: install ESP-IDF 5.3 or newer, run . $HOME/esp/esp-idf/export.sh and this again; `
        + 'or name the folder of a finished build with --firmware, write only the app with --app-only, or only the credentials with --settings')
    }
    return readFileSync(file)
  }
  const image = (path: string): Uint8Array => {
    const bytes = read(path)
    const target = board.chip.esp?.target ?? 'esp32'
    // Magic, then 11 bytes, then the chip's id in two bytes.
    const id = bytes.length >= 24 && bytes[0] === 0xe9 ? Buffer.from(bytes).readUInt16LE(12) : undefined
    if (id !== chipIds[target]) throw new FlashError(`${shown(join(folder, path))} is no image for ${board.chip.title}. Build the firmware again, for ${target}`)
    return bytes
  }
  const built = join('partition_table', 'partition-table.bin')
  const table = Buffer.from(espPartitionTable(board))
  if (existsSync(join(folder, built)) && !table.equals(Buffer.from(read(built)).subarray(0, table.length))) {
    throw new FlashError(`the firmware in ${shown(folder)} was built for another partition table than ${board.file} has now. Build it again`)
  }
  const stateBytes = (partitionOf(board, 'state')?.kib ?? 0) * 1024
  const contents: readonly (readonly [use: Parameters<typeof partitionOf>[1], label: string, bytes: Uint8Array])[] = [
    ['boot', 'bootloader.bin', image(espFiles.bootloader)],
    ['table', 'partition-table.bin', table],
    // Erased, it means the first firmware slot, which is the one written.
    ['state', 'ota_data_initial.bin', Buffer.alloc(stateBytes, 0xff)],
    ['firmware', 'tinytwin.bin', image(espFiles.firmware)],
  ]
  return contents.map(([use, label, bytes]) => {
    const partition = partitionOf(board, use)
    if (partition === undefined) throw new FlashError(`board '${board.name}' has no partition for ${label}`)
    if (bytes.length > partition.kib * 1024) throw new FlashError(`${label} has ${bytes.length} bytes, but partition '${partition.name}' of board '${board.name}' has ${partition.kib * 1024}`)
    return { label, partition: partition.name, offset: partition.atKib * 1024, bytes }
  }).filter(({ bytes }) => bytes.length > 0)
}
