/** The file that is an emulated device's flash: made erased, written partition by partition, kept when the device is killed. */

import { closeSync, existsSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import type { Board } from '../board/index.js'
import type { FlashPart } from './image.js'
import { machineOf } from './machine.js'

/** Erases the partition of each part, then writes it; the rest stays. The file is made when it is not there. */
export function writeFlash(file: string, board: Board, parts: readonly FlashPart[]): void {
  const { memoryBytes, flashOffset } = machineOf(board)
  const fresh = !existsSync(file)
  // The settings in it hold a key.
  const fd = openSync(file, fresh ? 'w+' : 'r+', 0o600)
  try {
    if (fresh) {
      ftruncateSync(fd, memoryBytes)
      erase(fd, flashOffset, board.flash.kib)
    }
    for (const { partition, offset, bytes } of parts) {
      erase(fd, flashOffset + partition.atKib * 1024, partition.kib)
      writeSync(fd, bytes, 0, bytes.length, flashOffset + offset)
    }
  } finally {
    closeSync(fd)
  }
}

function erase(fd: number, at: number, kib: number): void {
  writeSync(fd, Buffer.alloc(kib * 1024, 0xff), 0, kib * 1024, at)
}
