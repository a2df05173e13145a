/** Runs a device's app in an emulator by a script: timed inputs go in, the canonical trace comes out. Knows no hub. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBoard, type Board } from '../board/index.js'
import { buildApp } from '../build/index.js'
import { buildFirmware } from './build.js'
import { FirmwareError } from './error.js'
import { writeFlash } from './flash.js'
import { appContent, framed, type FlashPart } from './image.js'
import { runFirmware } from './run.js'
import { partitionFor } from './tables.js'

/** What comes from outside at a millisecond of the script, after all that is due then. A hub is connected from the start, with an empty twin. */
export type ScriptStep = { readonly atMs: number } & (
  | { readonly pin: string, readonly value: number }
  | { readonly method: string, readonly payload: unknown }
  /** A patch of desired properties, flat and without null. */
  | { readonly desired: object }
)

/** enum tt_event_kind. */
const kinds = { method: 3, desired: 5, connection: 6 } as const
const steps = { pin: 1, delivery: 2, twin: 3, end: 4 } as const

/** As native/main/script/steps.h has it; it lies where the settings of a device that calls a hub would. */
export function scriptContent(board: Board, script: readonly ScriptStep[], { endMs, epochMs }: { readonly endMs: number, readonly epochMs: number }): FlashPart {
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(epochMs))
  let version = 1
  let requests = 0
  let desired = {}
  const twin = (atMs: number): Uint8Array => step(atMs, steps.twin, Buffer.from(JSON.stringify({ ...desired, $version: version })))
  const bytes = script.flatMap((entry) => {
    if ('pin' in entry) return pinStep(board, entry)
    if ('method' in entry) return delivery(entry.atMs, kinds.method, ++requests, entry.method, JSON.stringify(entry.payload))
    version++
    desired = { ...desired, ...entry.desired }
    return [twin(entry.atMs), delivery(entry.atMs, kinds.desired, 1, '', JSON.stringify({ ...entry.desired, $version: version }))]
  })
  return framed(board, partitionFor(board, 'settings'), 'script', Buffer.concat([
    head,
    step(0, steps.twin, Buffer.from('{"$version":1}')),
    delivery(0, kinds.connection, 1, '', ''),
    delivery(0, kinds.desired, 0, '', '{"$version":1}'),
    ...bytes,
    step(endMs, steps.end),
  ]), 1)
}

function step(atMs: number, kind: number, ...fields: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat(fields)
  const head = Buffer.alloc(7)
  head.writeUInt16BE(5 + bytes.length)
  head.writeUInt32BE(atMs, 2)
  head.writeUInt8(kind, 6)
  return Buffer.concat([head, bytes])
}

function pinStep(board: Board, { atMs, pin: name, value }: { readonly atMs: number, readonly pin: string, readonly value: number }): Uint8Array {
  const pin = board.pins.find((entry) => entry.name === name)
  if (pin === undefined || (pin.kind !== 'input' && pin.kind !== 'analog')) throw new FirmwareError(`board '${board.name}' has no input '${name}'`)
  const bytes = Buffer.alloc(6)
  bytes.writeUInt16BE(pin.channel)
  bytes.writeInt32BE(value, 2)
  return step(atMs, steps.pin, bytes)
}

function delivery(atMs: number, kind: number, id: number, name: string, payload: string): Uint8Array {
  const head = Buffer.alloc(7)
  head.writeUInt8(kind)
  head.writeInt32BE(id, 1)
  head.writeUInt16BE(Buffer.byteLength(name), 5)
  return step(atMs, steps.delivery, head, Buffer.from(name), Buffer.from(payload))
}

export interface ScriptOptions {
  readonly board: Board | string
  readonly app: string
  readonly script: readonly ScriptStep[]
  readonly endMs: number
  /** Since 1970, at the script's beginning. */
  readonly epochMs: number
  /** Longest that it may take in real time; 60,000 if not given. */
  readonly patienceMs?: number
}

/** The lines of the canonical trace. Throws FirmwareError with what the device said last when the script does not come to its end. */
export async function runScript({ board: wanted, app: name, script, endMs, epochMs, patienceMs = 60_000 }: ScriptOptions): Promise<readonly string[]> {
  const board = typeof wanted === 'object' ? wanted : loadBoard(wanted)
  const { elf } = await buildFirmware({ board, app: name, program: 'script' })
  const app = await buildApp({ app: name, board })
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-script-'))
  const flash = join(folder, 'flash.bin')
  try {
    writeFlash(flash, board, [appContent(board, app.wasm), scriptContent(board, script, { endMs, epochMs })])
    await using device = await runFirmware({ board, elf, flash, patienceMs })
    const last = await device.line(/^script: (?!the inbox)|^fault:/)
    if (last !== 'script: the end') throw new FirmwareError(`the script did not come to its end:\n${device.lines.slice(-20).join('\n')}`)
    return device.lines.flatMap((line) => line.startsWith('> ') ? [line.slice(2)] : [])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
