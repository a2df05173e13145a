/** What of a board is written in one go, and what it is like when that was cut short. */

import type { Board, BoardPartition } from '../board/index.js'
import { appContent, settingsContent, type DeviceSettings } from '../firmware/index.js'
import type { Flasher, WriteNews, WritePart } from './flasher.js'
import { nextSlot, readSlots, slotsOf, slotsOfUndo } from './slots.js'

export interface Job {
  readonly board: Board
  /** Images besides app and settings; empty with --app-only. */
  readonly firmware: readonly WritePart[]
  readonly settings?: DeviceSettings | undefined
  readonly app?: { readonly name: string, readonly wasm: Uint8Array } | undefined
  /** Of the app; without it the one the device does not start now. */
  readonly slot?: number | undefined
}

export interface Plan {
  readonly parts: readonly WritePart[]
  /** Where the app goes; absent without one. */
  readonly slot?: BoardPartition
  /** Its app stays and is what the device falls back to. */
  readonly kept?: BoardPartition
}

/** The credentials as a part: its bytes are secret. */
export function settingsPart(board: Board, settings: DeviceSettings): WritePart {
  const { partition, offset, bytes } = settingsContent(board, settings)
  return { label: 'settings', partition: partition.name, offset, bytes }
}

export function appPart(board: Board, { name, wasm }: NonNullable<Job['app']>, slot: number, sequence: number): WritePart {
  const { partition, offset, bytes } = appContent(board, wasm, { slot, sequence })
  return { label: `${name}.wasm`, partition: partition.name, offset, bytes }
}

/** Looks into the device for the slot. The app comes last: until it is whole the device starts the one before. */
export async function planJob({ board, firmware, settings, app, slot }: Job, flasher: Flasher): Promise<Plan> {
  const parts = [...firmware, ...settings === undefined ? [] : [settingsPart(board, settings)]]
  if (app === undefined) return { parts }
  const { index, sequence, kept } = nextSlot(await readSlots(board, flasher.read), slot)
  const chosen = slotsOf(board)[index]
  return {
    parts: [...parts, appPart(board, app, index, sequence)],
    ...(chosen === undefined ? {} : { slot: chosen }),
    ...(kept === undefined ? {} : { kept }),
  }
}

/** Makes the newest app invalid, so that the device starts the one before. */
export async function planUndo(board: Board, flasher: Flasher): Promise<Plan> {
  const { dropped, back } = slotsOfUndo(await readSlots(board, flasher.read))
  const { name, atKib } = dropped.partition
  return { parts: [{ label: `erased header of ${name}`, partition: name, offset: atKib * 1024, bytes: Buffer.alloc(64, 0xff) }], slot: back.partition }
}

/** What of a plan has been touched. */
export class WriteRecord {
  readonly #plan: Plan
  readonly #news: WriteNews
  readonly done: WritePart[] = []
  current: WritePart | undefined

  constructor(plan: Plan, news: WriteNews) {
    this.#plan = plan
    this.#news = news
  }

  readonly news: WriteNews = {
    begin: (part) => {
      this.current = part
      this.#news.begin(part)
    },
    progress: (share) => {
      this.#news.progress(share)
      if (share < 1 || this.current === undefined) return
      this.done.push(this.current)
      this.current = undefined
    },
    line: (text) => { this.#news.line(text) },
  }

  /** A sentence for whoever pulled the plug. */
  state(): string {
    const { kept, slot } = this.#plan
    const touched = [...this.done, ...this.current === undefined ? [] : [this.current]]
    if (touched.length === 0) return 'Nothing was written'
    const what = [
      ...this.done.length === 0 ? [] : [`${this.done.map(({ label }) => label).join(', ')} ${this.done.length === 1 ? 'is' : 'are'} written`],
      ...this.current === undefined ? [] : [`${this.current.label} is not complete`],
    ].join('; ')
    const onlyApp = touched.every(({ partition }) => partition === slot?.name)
    const runs = onlyApp ? kept === undefined ? 'there is no app in the device until this is repeated' : `the device goes on with the app in ${kept.name}` : 'the device may not start until this is repeated'
    return `${what}: ${runs}. Run the same command again`
  }
}
