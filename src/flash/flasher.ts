/** What every way of writing a board has in common; knows none of them. */

import type { ReadFlash } from './slots.js'

/** A piece that is to be written. */
export interface WritePart {
  /** What it is, for a person: a file's name, or what it holds. */
  readonly label: string
  readonly partition: string
  /** From the start of the flash. */
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface WriteNews {
  /** A part is begun: what was at its place is gone. */
  readonly begin: (part: WritePart) => void
  /** Of the part that was begun, 0 to 1; 1 is that it was written and verified. */
  readonly progress: (share: number) => void
  /** A line of an external program. */
  readonly line: (text: string) => void
}

/** A board that answered and is the right one. Everything throws FlashError. */
export interface Flasher {
  /** Who answered, where and by what. */
  readonly what: string
  readonly read: ReadFlash
  /** In this order, each verified. */
  readonly write: (parts: readonly WritePart[], news: WriteNews) => Promise<void>
  /** Starts what was written; false when a person has to press reset. */
  readonly restart: () => Promise<boolean>
}
