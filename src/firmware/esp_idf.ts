/** Has ESP-IDF compile the firmware of a board of Espressif: its project is native/main/esp_idf. Knows no flasher. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Board } from '../board/index.js'
import { projectRoot } from '../board/root.js'
import { FirmwareError } from './error.js'

/** Where the project leaves what is to be flashed, relative to the build's folder. */
export const espFiles = { bootloader: 'bootloader/bootloader.bin', firmware: 'tinytwin.bin', elf: 'tinytwin.elf', map: 'tinytwin.map' } as const

/** The arguments of idf.py, to be run with Python of ESP-IDF's environment. `folder` is the build's, `tables` the board's generated files. */
export function idfArguments(board: Board, folder: string, tables: string): readonly string[] {
  const { esp } = board.chip
  if (esp === undefined) throw new FirmwareError(`board '${board.name}' has no chip of Espressif; its firmware is compiled here`)
  return [
    '-C', join(projectRoot, 'native', 'main', 'esp_idf'), '-B', folder,
    `-DIDF_TARGET=${esp.target}`,
    `-DTT_GENERATED=${tables}`,
    // Of this board alone: another one's choices are not to stick.
    `-DSDKCONFIG=${join(folder, 'sdkconfig')}`,
    `-DSDKCONFIG_DEFAULTS=sdkconfig.defaults;${join(tables, 'sdkconfig.board')}`,
    'build',
  ]
}

/** What of sdkconfig is the board's. */
export function sdkconfigOf(board: Board, tables: string): string {
  const mib = board.flash.kib / 1024
  return [
    `# Generated from ${board.file} by src/firmware/esp_idf.ts. Do not edit.`,
    `CONFIG_ESPTOOLPY_FLASHSIZE_${mib}MB=y`,
    `CONFIG_PARTITION_TABLE_CUSTOM_FILENAME="${join(tables, 'partitions.csv')}"`,
    `CONFIG_PARTITION_TABLE_OFFSET=0x${((board.flash.partitions.find(({ use }) => use === 'table')?.atKib ?? 32) * 1024).toString(16)}`,
    '',
  ].join('\n')
}

/** ESP-IDF's folder and its idf.py. Throws FirmwareError with what to do where it is not installed or not in this shell. */
export function findIdf(environment: NodeJS.ProcessEnv = process.env): { readonly path: string, readonly tool: string } {
  const path = environment['IDF_PATH']
  if (path === undefined || path === '') {
    throw new FirmwareError('ESP-IDF compiles the firmware of this board and is not in this shell. Install ESP-IDF 5.3 or newer, then run: . $HOME/esp/esp-idf/export.sh')
  }
  const tool = join(path, 'tools', 'idf.py')
  if (!existsSync(tool)) throw new FirmwareError(`IDF_PATH is ${path}, which has no tools/idf.py. Install ESP-IDF 5.3 or newer, then run its export.sh`)
  return { path, tool }
}
