/** Erase units of a chip's flash: where they begin and how large they are. Knows no partition's use. */

import type { ChipFile } from './file.js'

type FlashOfChip = Pick<ChipFile, 'flashEraseBytes' | 'flashSectors'>

/** Bytes that the listed units hold; Infinity where all units are alike. */
export function unitsKib({ flashSectors }: FlashOfChip): number {
  return flashSectors === undefined ? Infinity : flashSectors.reduce((sum, { count, kib }) => sum + count * kib, 0)
}

/** Sizes in bytes of the units in a range, or the unit that the range cuts (both ends in KiB). */
export function unitsIn(chip: FlashOfChip, atKib: number, kib: number): { readonly bytes: readonly number[] } | { readonly cutKib: number, readonly fromKib: number, readonly toKib: number } {
  const end = atKib + kib
  if (chip.flashSectors === undefined) {
    const unit = chip.flashEraseBytes / 1024
    for (const cutKib of [atKib, end]) {
      if (cutKib % unit !== 0) return { cutKib, fromKib: Math.floor(cutKib / unit) * unit, toKib: Math.ceil(cutKib / unit) * unit }
    }
    return { bytes: Array.from({ length: kib / unit }, () => chip.flashEraseBytes) }
  }
  const bytes: number[] = []
  let at = 0
  for (const { count, kib: size } of chip.flashSectors) {
    for (let i = 0; i < count; i++, at += size) {
      for (const cutKib of [atKib, end]) {
        if (at < cutKib && cutKib < at + size) return { cutKib, fromKib: at, toKib: at + size }
      }
      if (at >= atKib && at < end) bytes.push(size * 1024)
    }
  }
  return { bytes }
}
