/** What an app takes of a board: of its slot, and as code the interpreter makes of it. Knows no firmware. */

import type { BoardPartition } from '../board/board.js'
import { partitionOf } from '../board/partitions.js'
import type { BuiltApp } from './build.js'

/** wasm3 makes about 13 bytes of one byte of code (12.8 of the coffee machine, 111,672 B on a Cortex-M3), and takes a page more. */
const growth = 13
const pageBytes = 2048
/** What a slot has in front of the module. */
const headerBytes = 48
/** Of the interpreter's heap, what is not compiled code when that is in RAM. */
const structureBytes = 16 * 1024

export interface AppBudget {
  readonly slot: Share
  /** Compiled code; absent where the board has no firmware. */
  readonly code?: Share
  /** A sentence for each share that is larger than what there is. */
  readonly problems: readonly string[]
}

export interface Share {
  readonly bytes: number
  readonly of: number
}

export function appBudget({ name, board, sizes }: Pick<BuiltApp, 'name' | 'board' | 'sizes'>): AppBudget {
  const slots = board.flash.partitions.filter(({ use }) => use === 'app').toSorted((a, b) => a.kib - b.kib)
  const [slot] = slots
  const slotShare = { bytes: sizes.wasm + headerBytes, of: slot === undefined ? 0 : slot.kib * 1024 }
  const problems: string[] = []
  const { firmware } = board
  if (slotShare.bytes > slotShare.of && (slot !== undefined || firmware !== undefined)) {
    problems.push(slot === undefined
      ? `board '${board.name}' has no partition for apps; add one of use 'app' to ${board.file}`
      : `${name} takes ${number(slotShare.bytes)} B, ${number(slotShare.bytes - slotShare.of)} B more than partition '${slot.name}' of board '${board.name}' (${number(slotShare.of)} B): ${enlarged(slot, slotShare.bytes)}`)
  }
  if (firmware === undefined) return { slot: slotShare, problems }
  const partition = partitionOf(board, 'code')
  const bytes = growth * sizes.code + pageBytes
  const of = partition === undefined ? firmware.vmBytes - board.memory.guestBytes - board.memory.guestStackBytes - structureBytes : partition.kib * 1024
  if (bytes > of) {
    problems.push(`compiled by the interpreter ${name} takes about ${number(bytes)} B, ${number(bytes - of)} B more than `
      + (partition === undefined
        ? `firmware.vmBytes of board '${board.name}' leaves (${number(Math.max(of, 0))} B): give it a partition of use 'code', which saves RAM, or ${number(bytes - of)} B more of vmBytes`
        : `partition '${partition.name}' of board '${board.name}' (${number(of)} B): ${enlarged(partition, bytes)}`))
  }
  return { slot: slotShare, code: { bytes, of }, problems }
}

function enlarged({ name, kib, eraseBytes }: BoardPartition, bytes: number): string {
  const needed = Math.ceil(bytes / eraseBytes) * eraseBytes / 1024
  return `make '${name}' ${needed} KiB instead of ${kib}, or the app smaller`
}

const number = (value: number): string => value.toLocaleString('en')
