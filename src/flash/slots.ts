/** Which app slot is written next: never the one the device would start now. Reads what is there by whatever tool can. */

import { createHash } from 'node:crypto'
import type { Board, BoardPartition } from '../board/index.js'
import { FlashError } from './error.js'

/** Bytes of the flash from an offset, of this length. */
export type ReadFlash = (offset: number, length: number) => Promise<Uint8Array>

/** What native/core/slot.h would say of a slot. */
export interface SlotState {
  readonly index: number
  readonly partition: BoardPartition
  /** Of the app in it; absent when nothing valid is there. */
  readonly sequence?: number
}

export interface NextSlot {
  readonly index: number
  readonly sequence: number
  /** The slot whose app stays behind, for the device to fall back to; absent on the first time. */
  readonly kept?: BoardPartition
}

const headerLength = 48

export function slotsOf(board: Board): readonly BoardPartition[] {
  return board.flash.partitions.filter(({ use }) => use === 'app')
}

export async function readSlots(board: Board, read: ReadFlash): Promise<SlotState[]> {
  const states: SlotState[] = []
  for (const [index, partition] of slotsOf(board).entries()) states.push({ index, partition, ...await readSlot(partition, read) })
  return states
}

async function readSlot({ atKib, kib }: BoardPartition, read: ReadFlash): Promise<{ sequence?: number }> {
  const header = Buffer.from(await read(atKib * 1024, headerLength))
  const length = header.readUInt32LE(40)
  if (header.toString('latin1', 32, 36) !== 'TTAP' || length > kib * 1024 - headerLength) return {}
  const content = await read(atKib * 1024 + headerLength, length)
  const hash = createHash('sha256').update(header.subarray(32)).update(content).digest()
  return hash.equals(header.subarray(0, 32)) ? { sequence: header.readUInt32LE(36) } : {}
}

/** The one the device starts: the newest that is valid. Sequence numbers wrap, as in native/main/firmware/slots.c. */
export function startedSlot(states: readonly SlotState[]): SlotState | undefined {
  return states.reduce<SlotState | undefined>((best, state) =>
    state.sequence !== undefined && (best?.sequence === undefined || isAhead(state.sequence, best.sequence)) ? state : best, undefined)
}

/** An invalid slot before the oldest app; `wanted` takes its place, also where that is the app the device starts. */
export function nextSlot(states: readonly SlotState[], wanted?: number): NextSlot {
  const started = startedSlot(states)
  const oldest = states.reduce<SlotState | undefined>((best, state) => best === undefined || isOlder(state, best) ? state : best, undefined)
  const chosen = wanted === undefined ? oldest : states[wanted]
  if (chosen === undefined) throw new FlashError(wanted === undefined ? 'the board has no app slot' : `there is no app slot ${wanted}; slots are 0 to ${states.length - 1}`)
  const sequence = started?.sequence === undefined ? 1 : (started.sequence + 1) >>> 0
  const kept = startedSlot(states.filter(({ index }) => index !== chosen.index))
  return { index: chosen.index, sequence, ...(kept === undefined ? {} : { kept: kept.partition }) }
}

/** The slots an undo concerns: what the device starts now, and what it starts once that is gone. Throws when it would be nothing. */
export function slotsOfUndo(states: readonly SlotState[]): { readonly dropped: SlotState, readonly back: SlotState } {
  const dropped = startedSlot(states)
  if (dropped === undefined) throw new FlashError('the device has no app: there is nothing to go back from')
  const back = startedSlot(states.filter((state) => state !== dropped))
  if (back === undefined) throw new FlashError(`the device has one app only, in ${dropped.partition.name}: there is nothing to go back to`)
  return { dropped, back }
}

// Nothing valid is older than everything.
function isOlder({ sequence }: SlotState, than: SlotState): boolean {
  if (than.sequence === undefined) return false
  return sequence === undefined || isAhead(than.sequence, sequence)
}

const isAhead = (a: number, b: number): boolean => ((a - b) | 0) > 0
