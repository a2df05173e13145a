/** The rules a schema cannot state: what pins can do, what fits where. Knows no file system. */

import { BoardError } from './error.js'
import { suggestion } from './nearest.js'
import type { BoardFile, ChipFile, ChipFunction, PinFile } from './file.js'

/** Throws BoardError for the first thing that cannot work on this chip. */
export function checkMeaning(board: BoardFile, chip: ChipFile, file: string): void {
  const fail = (path: string, problem: string): never => { throw new BoardError(file, path, problem) }
  checkPins(board, chip, fail)
  checkMemory(board, chip, fail)
  checkFlash(board, chip, fail)
  checkParts(board, fail)
}

type Fail = (path: string, problem: string) => never

/** RAM the board's budget takes in all, in bytes: reports count twice, since the link keeps as much again. */
export function ramBytes(board: BoardFile, chip: ChipFile): number {
  const { guestBytes, guestStackBytes, telemetryBytes, replyBytes, reportBytes, inboxBytes, packetBytes, receiveBytes } = board.memory
  const { tls } = board.network
  return chip.systemRamBytes + guestBytes + guestStackBytes + telemetryBytes + replyBytes + 2 * reportBytes
    + inboxBytes + packetBytes + receiveBytes + tls.receiveBytes + tls.sendBytes
}

function checkPins(board: BoardFile, chip: ChipFile, fail: Fail): void {
  const can = new Map(chip.pins.flatMap((group) => group.names.map((name) => [name, group.can] as const)))
  const taken = new Map<string, string>()
  for (const [name, pin] of Object.entries(board.pins)) {
    for (const [field, chipPin, need] of wires(pin)) {
      const path = `/pins/${name}/${field}`
      const functions = can.get(chipPin)
      if (functions === undefined) {
        return fail(path, `chip ${chip.name} has no pin '${chipPin}' for use.${suggestion(chipPin, [...can.keys()])}`)
      }
      if (!functions.includes(need)) {
        const able = [...can].filter(([, list]) => list.includes(need)).map(([other]) => other)
        return fail(path, `${chipPin} of ${chip.name} cannot be ${words[need]} (those that can: ${able.join(', ') || 'none'})`)
      }
      const other = taken.get(chipPin)
      if (other !== undefined) return fail(path, `${chipPin} is already '${other}'`)
      taken.set(chipPin, name)
    }
  }
}

const words: Record<ChipFunction, string> = {
  output: 'an output', input: 'an input', analog: 'an analog input', pwm: 'a PWM output', sda: 'the SDA of an I2C bus', scl: 'the SCL of an I2C bus',
}

function wires(pin: PinFile): (readonly [field: string, chipPin: string, need: ChipFunction])[] {
  return pin.kind === 'i2c' ? [['sda', pin.sda, 'sda'], ['scl', pin.scl, 'scl']] : [['pin', pin.pin, pin.kind]]
}

function checkMemory(board: BoardFile, chip: ChipFile, fail: Fail): void {
  const { memory } = board
  const within = (small: keyof typeof memory, large: keyof typeof memory) => {
    if (memory[small] > memory[large]) fail(`/memory/${large}`, `${memory[large]} is less than ${small} (${memory[small]})`)
  }
  within('receiveBytes', 'inboxBytes')
  const needed = ramBytes(board, chip)
  if (needed > chip.ramBytes) {
    fail('/memory', `the budget takes ${needed} bytes of RAM with ${chip.systemRamBytes} for the system and ${board.network.tls.receiveBytes + board.network.tls.sendBytes} for TLS records, ${needed - chip.ramBytes} more than the ${chip.ramBytes} of ${chip.name}; telemetryBytes is the one to shorten first`)
  }
}

function checkFlash(board: BoardFile, chip: ChipFile, fail: Fail): void {
  const seen = new Set<string>()
  let end = 0
  for (const [index, partition] of board.flash.partitions.entries()) {
    const path = `/flash/partitions/${index}`
    if (seen.has(partition.name)) fail(path, `there are two partitions '${partition.name}'`)
    seen.add(partition.name)
    if (partition.atKib < end) fail(path, `'${partition.name}' begins at ${partition.atKib} KiB, before the one in front of it ends (${end} KiB)`)
    end = partition.atKib + partition.kib
    if (end > board.flash.kib) fail(path, `'${partition.name}' ends at ${end} KiB, behind the flash (${board.flash.kib} KiB)`)
    const erased = partition.use === 'store' || partition.use === 'outbox' || partition.use === 'code'
    const bytes = partition.kib * 1024
    if (erased && (bytes % chip.flashEraseBytes !== 0 || bytes < 2 * chip.flashEraseBytes)) {
      fail(path, `'${partition.name}' must be whole erase units of ${chip.flashEraseBytes} bytes, at least two`)
    }
  }
  for (const use of ['store', 'outbox', 'code'] as const) {
    if (board.flash.partitions.filter((partition) => partition.use === use).length > 1) fail('/flash/partitions', `only one partition may be the ${use}`)
  }
}

function checkParts(board: BoardFile, fail: Fail): void {
  const pins = Object.keys(board.pins)
  for (const [name, part] of Object.entries(board.parts ?? {})) {
    for (const [terminal, pin] of Object.entries(part.pins)) {
      if (!pins.includes(pin)) fail(`/parts/${name}/pins/${terminal}`, `the board has no pin '${pin}' (pins: ${pins.join(', ')}).${suggestion(pin, pins)}`)
    }
  }
}
