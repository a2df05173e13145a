/** The file that is an emulated device's flash: made erased, written partition by partition, kept when the device is killed. */

import { closeSync, existsSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import type { Board } from '../board/index.js'
import type { FlashPart } from './image.js'

/** The machine's PSRAM, which QEMU wants to have whole. */
export const memoryBytes = 16 * 1024 * 1024

/** Erases the partition of each part, then writes it; the rest stays. The file is made when it is not there. */
export function writeFlash(file: string, board: Board, parts: readonly FlashPart[]): void {
  const fresh = !existsSync(file)
  // The settings in it hold a key.
  const fd = openSync(file, fresh ? 'w+' : 'r+', 0o600)
  try {
    if (fresh) {
      ftruncateSync(fd, memoryBytes)
      erase(fd, 0, board.flash.kib)
    }
    for (const { partition, offset, bytes } of parts) {
      erase(fd, partition.atKib, partition.kib)
      writeSync(fd, bytes, 0, bytes.length, offset)
    }
  } finally {
    closeSync(fd)
  }
}

function erase(fd: number, atKib: number, kib: number): void {
  writeSync(fd, Buffer.alloc(kib * 1024, 0xff), 0, kib * 1024, atKib * 1024)
}
