/** The bytes of a device's flash: slots with their checked headers at the places the board gives them. Knows no emulator. */

import { createHash } from 'node:crypto'
import type { Board } from '../board/index.js'
import type { Partition } from '../board/file.js'
import { FirmwareError } from './error.js'
import { partitionFor } from './tables.js'

/** As native/core/slot.h has them. */
const headerLength = 48
const magics = { app: 'TTAP', settings: 'TTSE', script: 'TTSC' } as const

/** Named fields of native/core/settings.h. Those that are undefined are left out. */
export interface DeviceSettings {
  /** Of the hub, with the device's key. */
  readonly connection?: string | undefined
  /** Roots: PEM, or DER certificates one after another. */
  readonly ca?: string | Uint8Array | undefined
  /** With x509=true in the connection: the device's certificate and those that lead to its root, alike. */
  readonly certificate?: string | Uint8Array | undefined
  /** Its private key, PEM or DER. */
  readonly key?: string | Uint8Array | undefined
  /** Who may sign bundles of roots: trustPublicKey of trust_bundle.ts. */
  readonly updateKey?: Uint8Array | undefined
  /** Where TCP connects to instead of the host in the connection string. */
  readonly address?: string | undefined
  readonly port?: number | undefined
  readonly health?: 'off' | undefined
  /** Networks to join, the best first. */
  readonly wifi?: readonly { readonly name: string, readonly password: string }[] | undefined
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

/** Throws when a text holds a NUL, or when all of it is larger than the board's partition. */
export function settingsContent(board: Board, { wifi = [], ...settings }: DeviceSettings): FlashPart {
  const fields = Object.entries(settings).flatMap(([name, value]: [string, string | number | Uint8Array | undefined]) => value === undefined ? [] : [field(name, value)])
  const networks = wifi.map(({ name, password }) => {
    if (`${name}${password}`.includes('\0')) throw new FirmwareError("setting 'wifi' holds a NUL")
    return field('wifi', Buffer.from(`${name}\0${password}`))
  })
  return framed(board, partitionFor(board, 'settings'), 'settings', Buffer.concat([...fields, ...networks]), 1)
}

function field(name: string, value: string | number | Uint8Array): Uint8Array {
  const bytes = Buffer.from(typeof value === 'number' ? String(value) : value)
  if (typeof value === 'string' && value.includes('\0')) throw new FirmwareError(`setting '${name}' holds a NUL`)
  if (bytes.length > 0xffff) throw new FirmwareError(`setting '${name}' has ${bytes.length} bytes, over 65,535`)
  const head = Buffer.alloc(1 + name.length + 2)
  head.writeUInt8(name.length)
  head.write(name, 1, 'latin1')
  head.writeUInt16BE(bytes.length, 1 + name.length)
  return Buffer.concat([head, bytes, Buffer.alloc(1)])
}

/** A checked header and the content, for one partition. */
export function framed(board: Board, partition: Partition, kind: keyof typeof magics, content: Uint8Array, sequence: number): FlashPart {
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
