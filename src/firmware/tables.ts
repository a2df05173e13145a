/** A board as the C of a firmware: its table, and the sizes and places that must be known when it is compiled. */

import { boardsSource } from '../board/emit_c.js'
import { espPartitionsCsv, type Board } from '../board/index.js'
import { FirmwareError } from './error.js'
import { wiresHeader } from './wires.js'
import type { BoardPartition } from '../board/board.js'
import type { FirmwareFile, Partition } from '../board/file.js'

export function firmwareOf(board: Board): FirmwareFile {
  if (board.firmware === undefined) throw new FirmwareError(`board '${board.name}' has no firmware; give its board.json a 'firmware' or take another board`)
  if (board.network.tls.version === '1.3') throw new FirmwareError(`board '${board.name}' wants TLS 1.3, which no firmware here is built with yet; take 1.2`)
  return board.firmware
}

export function partitionFor(board: Board, use: Partition['use']): BoardPartition {
  const partition = board.flash.partitions.find((entry) => entry.use === use)
  if (partition === undefined) throw new FirmwareError(`board '${board.name}' has no partition for ${use}; add one to the flash of its board.json`)
  return partition
}

/** Board files' contents by name. */
export function firmwareTables(board: Board): Readonly<Record<string, string>> {
  const { vmBytes, tlsBytes } = firmwareOf(board)
  const { telemetryBytes, replyBytes, reportBytes, inboxBytes, packetBytes, receiveBytes, uploadBytes } = board.memory
  const lanes = telemetryBytes + replyBytes + 2 * reportBytes + inboxBytes + packetBytes + receiveBytes + uploadBytes
  const settings = partitionFor(board, 'settings')
  const store = partitionFor(board, 'store')
  const { chip } = board
  const optional = (use: Partition['use']) => board.flash.partitions.find((entry) => entry.use === use) ?? { atKib: 0, kib: 0, eraseBytes: 0 }
  const code = optional('code')
  const trust = optional('trust')
  const outbox = optional('outbox')
  const files = optional('files')
  partitionFor(board, 'app')
  const slots = board.flash.partitions.filter(({ use }) => use === 'app').map(({ atKib, kib }) => `{${atKib * 1024}, ${kib * 1024}}`)
  const data = board.flash.partitions.filter(({ use }) => use !== 'boot' && use !== 'firmware')
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
    `#define TT_BOARD_STORE_BLOCK_BYTES ${store.eraseBytes}`,
    `#define TT_BOARD_FILES_OFFSET ${files.atKib * 1024}`,
    `#define TT_BOARD_FILES_BYTES ${files.kib * 1024}`,
    '// NULL leaves all of HTTP out of the firmware.',
    `#define TT_BOARD_UPLOADER ${uploadBytes > 0 ? '(&tt_uploader)' : 'NULL'}`,
    `#define TT_BOARD_OUTBOX_OFFSET ${outbox.atKib * 1024}`,
    `#define TT_BOARD_OUTBOX_BYTES ${outbox.kib * 1024}`,
    `#define TT_BOARD_OUTBOX_BLOCK_BYTES ${outbox.eraseBytes}`,
    `#define TT_BOARD_TRUST_OFFSET ${trust.atKib * 1024}`,
    `#define TT_BOARD_TRUST_BYTES ${trust.kib * 1024}`,
    `#define TT_BOARD_CODE_OFFSET ${code.atKib * 1024}`,
    `#define TT_BOARD_CODE_BYTES ${code.kib * 1024}`,
    '',
    '// Whether an X.509 key from the settings, DPS and bundles of roots are linked.',
    ...(['certificate', 'dps', 'trust'] as const).map((way) => `#define TT_BOARD_${way.toUpperCase()} ${board.network.identity?.includes(way) === false || (way === 'trust' && trust.kib === 0) ? 0 : 1}`),
    '',
    `#define TT_BOARD_APP_SLOTS {${slots.join(', ')}}`,
    `#define TT_BOARD_DATA_RANGES {${data.map(({ atKib, kib }) => `{${atKib * 1024}, ${kib * 1024}}`).join(', ')}} // all but the firmware`,
    `#define TT_BOARD_PROGRAM_BYTES ${board.flash.programBytes}`,
    ...(chip.flashAddress === undefined ? [] : ['', '// Where the flash begins in the address space.', `#define TT_BOARD_FLASH_ADDRESS ${chip.flashAddress}`]),
    '',
    '// Hertz: of the core, and of the clock the board feeds it (0: the chip has its own).',
    `#define TT_BOARD_CLOCK_HZ ${chip.clockMhz}000000`,
    `#define TT_BOARD_OSCILLATOR_HZ ${board.oscillator === undefined ? 0 : board.oscillator.mhz * 1_000_000}`,
    `#define TT_BOARD_OSCILLATOR_BYPASS ${board.oscillator?.bypass === true ? 1 : 0}`,
    '',
    ...wiresHeader(board),
    '',
  ].join('\n')
  return {
    'board.gen.h': header,
    'board.gen.c': boardsSource([board], 'board.gen.h'),
    'board.gen.cmake': cmakeVariables(board),
    ...(chip.esp === undefined ? {} : { 'partitions.csv': espPartitionsCsv(board) }),
    ...(chip.flashAddress === undefined || chip.regions === undefined ? {} : { 'memory.gen.ld': memoryScript(board, chip.flashAddress, chip.regions) }),
  }
}

/** What a port.cmake may want to know: included from the folder of the tables. */
function cmakeVariables(board: Board): string {
  const { file, chip, network, firmware } = board
  const { appStackBytes, linkStackBytes } = firmwareOf(board)
  return [
    `# Generated from ${file} by src/firmware/tables.ts. Do not edit.`,
    `set(tt_board_chip ${chip.name})`,
    `set(tt_board_network ${network.kind})`,
    `set(tt_board_clock_hz ${chip.clockMhz}000000)`,
    `set(tt_board_tls_in ${network.tls.receiveBytes})`,
    `set(tt_board_tls_out ${network.tls.sendBytes})`,
    `set(tt_board_app_stack ${appStackBytes})`,
    `set(tt_board_link_stack ${linkStackBytes})`,
    `set(tt_board_fpu "${firmware?.float === 'hard' ? chip.fpu ?? '' : ''}")`,
    '',
  ].join('\n')
}

/**
 * MEMORY of a linker script: the chip's RAM by its names, `firmware`, and `vectors` where start-up code has a partition of its own.
 * `core` is RAM that DMA need not reach: the second region, or the only one.
 */
function memoryScript(board: Board, flashAddress: string, regions: NonNullable<Board['chip']['regions']>): string {
  const code = board.flash.partitions.filter(({ use }) => use === 'boot' || use === 'firmware')
  const core = board.firmware?.port === 'qemu_stm32' ? regions[0] : regions[1] ?? regions[0] // QEMU 7.2 has no CCM
  return [
    `/* Generated from ${board.file} by src/firmware/tables.ts. Do not edit. */`,
    'MEMORY',
    '{',
    ...code.map(({ use, atKib, kib }) => memoryRow(use === 'boot' ? 'vectors' : 'firmware', 'rx', Number(flashAddress) + atKib * 1024, kib * 1024)),
    ...regions.map(({ name, address, bytes }) => memoryRow(name, 'rwx', Number(address), bytes)),
    '}',
    ...(code.some(({ use }) => use === 'boot') || code.length === 0 ? [] : ['REGION_ALIAS("vectors", firmware)']),
    ...(core === undefined ? [] : [`REGION_ALIAS("core", ${core.name})`]),
    '',
  ].join('\n')
}

function memoryRow(name: string, attributes: string, origin: number, length: number): string {
  return `    ${name} (${attributes}) : ORIGIN = 0x${origin.toString(16).padStart(8, '0')}, LENGTH = ${length}`
}
