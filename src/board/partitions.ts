/** A board's flash as a table: for people, as ESP-IDF's partitions.csv, and as the bytes its loader reads. Knows no content of a partition. */

import { createHash } from 'node:crypto'
import type { Board, BoardPartition } from './board.js'
import type { Partition } from './file.js'

/** One row of ESP-IDF's table; of `boot` and `table` there is none, they lie in front of it. */
interface EspEntry {
  readonly name: string
  readonly type: number
  readonly subtype: number
  readonly offset: number
  readonly size: number
}

const appType = 0
const dataType = 1
/** From here on subtypes of data are an application's own. */
const ownSubtype = 0x40

/** Subtypes of ESP-IDF's table by use: known to ESP-IDF up to nvs_keys, then ours. */
const subtypes: Readonly<Record<Exclude<Partition['use'], 'boot' | 'table' | 'firmware'>, number>> = {
  state: 0x00, radio: 0x01, nvs: 0x02, keys: 0x04,
  app: ownSubtype, code: ownSubtype + 1, store: ownSubtype + 2, outbox: ownSubtype + 3, trust: ownSubtype + 4, files: ownSubtype + 5, settings: ownSubtype + 6,
}
const subtypeNames: Readonly<Record<number, string>> = { 0x00: 'ota', 0x01: 'phy', 0x02: 'nvs', 0x04: 'nvs_keys' }
const firstOta = 0x10

const entryBytes = 32
/** The table's partition is one erase unit; the rest of it stays erased. */
export const espTableBytes = 0xc00

/** Throws Error where the board's chip has no such table. */
function espEntries(board: Board): EspEntry[] {
  if (board.chip.esp === undefined) throw new Error(`${board.chip.name} has no ESP-IDF partition table`)
  let ota = 0
  return board.flash.partitions.flatMap(({ name, use, atKib, kib }): EspEntry[] => {
    if (use === 'boot' || use === 'table') return []
    const place = { name, offset: atKib * 1024, size: kib * 1024 }
    if (use === 'firmware') return [{ ...place, type: appType, subtype: firstOta + ota++ }]
    return [{ ...place, type: dataType, subtype: subtypes[use] }]
  })
}

/** The text of partitions.csv, as gen_esp32part.py takes it. */
export function espPartitionsCsv(board: Board): string {
  const rows = espEntries(board).map(({ name, type, subtype, offset, size }) => {
    const kind = type === appType ? `ota_${subtype - firstOta}` : subtypeNames[subtype] ?? hex(subtype)
    return `${name}, ${type === appType ? 'app' : 'data'}, ${kind}, ${hex(offset)}, ${hex(size)}`
  })
  return [`# Generated from ${board.file} by src/board/partitions.ts. Do not edit.`, '# name, type, subtype, offset, size', ...rows, ''].join('\n')
}

/** The 3,072 bytes at the table's place: rows of 32, an MD5 of them, then erased flash. */
export function espPartitionTable(board: Board): Uint8Array {
  const table = Buffer.alloc(espTableBytes, 0xff)
  const entries = espEntries(board)
  if ((entries.length + 1) * entryBytes > espTableBytes - entryBytes) throw new Error(`board '${board.name}' has more partitions than ESP-IDF's table holds`)
  for (const [index, { name, type, subtype, offset, size }] of entries.entries()) {
    const at = index * entryBytes
    table.writeUInt16BE(0xaa50, at)
    table.writeUInt8(type, at + 2)
    table.writeUInt8(subtype, at + 3)
    table.writeUInt32LE(offset, at + 4)
    table.writeUInt32LE(size, at + 8)
    table.fill(0, at + 12, at + entryBytes)
    table.write(name, at + 12, 16, 'latin1')
  }
  const end = entries.length * entryBytes
  // 0xEB 0xEB, 14 bytes left erased, the digest.
  table.fill(0xeb, end, end + 2)
  createHash('md5').update(table.subarray(0, end)).digest().copy(table, end + 16)
  return table
}

/** A row of the layout, what is free between partitions as rows too. */
export interface LayoutRow {
  readonly name: string
  readonly use: Partition['use'] | 'free'
  readonly offset: number
  readonly bytes: number
  /** 0 for what is free. */
  readonly eraseBytes: number
}

export function layoutOf(board: Board): LayoutRow[] {
  const rows: LayoutRow[] = []
  let end = 0
  const free = (until: number): void => { if (until > end) rows.push({ name: '', use: 'free', offset: end, bytes: until - end, eraseBytes: 0 }) }
  for (const { name, use, atKib, kib, eraseBytes } of board.flash.partitions) {
    free(atKib * 1024)
    rows.push({ name, use, offset: atKib * 1024, bytes: kib * 1024, eraseBytes })
    end = (atKib + kib) * 1024
  }
  free(board.flash.kib * 1024)
  return rows
}

/** The partition of a use, the first where there are several. */
export function partitionOf(board: Pick<Board, 'flash'>, use: Partition['use']): BoardPartition | undefined {
  return board.flash.partitions.find((partition) => partition.use === use)
}

const hex = (value: number): string => `0x${value.toString(16)}`
