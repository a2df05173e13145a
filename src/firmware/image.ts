/** The bytes of a device's flash: slots with their checked headers at the places the board gives them. Knows no emulator. */

import { createHash } from 'node:crypto'
import type { Board } from '../board/index.js'
import type { Partition } from '../board/file.js'
import { FirmwareError } from './error.js'
import { partitionFor } from './tables.js'

/** As native/core/slot.h has them. */
const headerLength = 48
const magics = { app: 'TTAP', settings: 'TTSE' } as const

export interface DeviceSettings {
  /** Of the hub, with the device's key. */
  readonly connectionString: string
  /** PEM. */
  readonly ca: string
  /** Where TCP connects to instead of the host in the connection string. */
  readonly address?: string
  readonly port?: number
}

/** A part of the flash that is to be written. */
export interface FlashPart {
  readonly partition: Partition
  readonly offset: number
  readonly bytes: Uint8Array
}

/** Throws when the app is larger than the board's slots. */
export function appContent(board: Board, wasm: Uint8Array, { slot = 0, sequence = 1 }: { readonly slot?: number, readonly sequence?: number } = {}): FlashPart {
  const slots = board.flash.partitions.filter(({ use }) => use === 'app')
  const partition = slots[slot]
  if (partition === undefined) throw new FirmwareError(`board '${board.name}' has ${slots.length} app slots, no number ${slot}`)
  return framed(board, partition, 'app', wasm, sequence)
}

export function settingsContent(board: Board, { connectionString, ca, address = '', port = 0 }: DeviceSettings): FlashPart {
  const texts = [connectionString, address, String(port), ca]
  if (texts.some((text) => text.includes('\0'))) throw new FirmwareError('settings cannot hold a NUL')
  return framed(board, partitionFor(board, 'settings'), 'settings', Buffer.from(texts.map((text) => `${text}\0`).join('')), 1)
}

function framed(board: Board, partition: Partition, kind: keyof typeof magics, content: Uint8Array, sequence: number): FlashPart {
  const room = partition.kib * 1024 - headerLength
  if (content.length > room) {
    throw new FirmwareError(`${content.length} bytes do not fit in partition '${partition.name}' of board '${board.name}', which has ${room}`)
  }
  const bytes = Buffer.alloc(headerLength + content.length)
  bytes.write(magics[kind], 32, 'latin1')
  bytes.writeUInt32LE(sequence, 36)
  bytes.writeUInt32LE(content.length, 40)
  bytes.set(content, headerLength)
  createHash('sha256').update(bytes.subarray(32)).digest().copy(bytes)
  return { partition, offset: partition.atKib * 1024, bytes }
}
