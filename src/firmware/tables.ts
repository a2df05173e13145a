/** A board as the C of a firmware: its table, and the sizes and places that must be known when it is compiled. */

import { boardsSource } from '../board/emit_c.js'
import type { Board } from '../board/index.js'
import { FirmwareError } from './error.js'
import type { FirmwareFile, Partition } from '../board/file.js'

export function firmwareOf(board: Board): FirmwareFile {
  if (board.firmware === undefined) throw new FirmwareError(`board '${board.name}' has no firmware; give its board.json a 'firmware' or take another board`)
  if (board.network.tls.version === '1.3') throw new FirmwareError(`board '${board.name}' wants TLS 1.3, which no firmware here is built with yet; take 1.2`)
  return board.firmware
}

export function partitionFor(board: Board, use: Partition['use']): Partition {
  const partition = board.flash.partitions.find((entry) => entry.use === use)
  if (partition === undefined) throw new FirmwareError(`board '${board.name}' has no partition for ${use}; add one to the flash of its board.json`)
  return partition
}

/** Board files' contents by name. */
export function firmwareTables(board: Board): Readonly<Record<string, string>> {
  const { vmBytes, tlsBytes } = firmwareOf(board)
  const { telemetryBytes, replyBytes, reportBytes, inboxBytes, packetBytes, receiveBytes } = board.memory
  const lanes = telemetryBytes + replyBytes + 2 * reportBytes + inboxBytes + packetBytes + receiveBytes
  const settings = partitionFor(board, 'settings')
  const store = partitionFor(board, 'store')
  const code = board.flash.partitions.find(({ use }) => use === 'code') ?? { atKib: 0, kib: 0 }
  partitionFor(board, 'app')
  const slots = board.flash.partitions.filter(({ use }) => use === 'app').map(({ atKib, kib }) => `{${atKib * 1024}, ${kib * 1024}}`)
  const header = [
    `// Generated from ${board.file} by src/firmware/tables.ts. Do not edit.`,
    '#pragma once',
    '',
    '#include "core/board.h"',
    '',
    'extern const struct tt_board *const tt_boards[]; // one and NULL',
    '',
    '// Bytes, whole words. What tt_device_memory says, and room for its alignment.',
    `#define TT_BOARD_DEVICE_BYTES ((sizeof(struct tt_device) + ${lanes} + 48) / 8 * 8)`,
    `#define TT_BOARD_VM_BYTES ${vmBytes}`,
    `#define TT_BOARD_TLS_BYTES ${tlsBytes}`,
    '',
    '// Offsets in the flash and sizes, bytes; 0: there is no such partition.',
    `#define TT_BOARD_SETTINGS_OFFSET ${settings.atKib * 1024}`,
    `#define TT_BOARD_SETTINGS_BYTES ${settings.kib * 1024}`,
    `#define TT_BOARD_STORE_OFFSET ${store.atKib * 1024}`,
    `#define TT_BOARD_STORE_BYTES ${store.kib * 1024}`,
    `#define TT_BOARD_CODE_OFFSET ${code.atKib * 1024}`,
    `#define TT_BOARD_CODE_BYTES ${code.kib * 1024}`,
    `#define TT_BOARD_APP_SLOTS {${slots.join(', ')}}`,
    '',
  ].join('\n')
  return { 'board.gen.h': header, 'board.gen.c': boardsSource([board], 'board.gen.h') }
}
