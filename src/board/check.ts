/** The rules a schema cannot state: what fits where, what belongs together. Knows no file system; wires.ts has the pins. */

import { ramBudget, ramBytes, whatToGiveUp } from './budget.js'
import { BoardError } from './error.js'
import { suggestion } from './nearest.js'
import { unitsIn, unitsKib } from './units.js'
import type { BoardFile, ChipFile, Partition } from './file.js'
import type { Fail } from './wires.js'

/** Throws BoardError for the first thing that cannot work on this chip. */
export function checkMeaning(board: BoardFile, chip: ChipFile, file: string): void {
  const fail: Fail = (path, problem) => { throw new BoardError(file, path, problem) }
  checkPulls(board, chip, fail)
  checkNetwork(board, fail)
  checkMemory(board, chip, fail)
  checkFirmware(board, chip, fail)
  checkFlash(board, chip, fail)
  checkParts(board, fail)
}

/** Throws BoardError where a chip's file contradicts itself. */
export function checkChipMeaning(chip: ChipFile, file: string): void {
  const names = chip.pins.flatMap((group) => group.names)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new BoardError(file, '/pins', `${twice} stands in two groups; a pin stands in one`)
  for (const field of ['signals', 'notes'] as const) {
    const stray = Object.keys(chip[field] ?? {}).find((name) => !names.includes(name))
    if (stray !== undefined) throw new BoardError(file, `/${field}/${stray}`, `${stray} stands in no group of /pins.${suggestion(stray, names)}`)
  }
  const smallest = Math.min(...(chip.flashSectors ?? []).map(({ kib }) => kib * 1024))
  if (smallest !== Infinity && smallest !== chip.flashEraseBytes) throw new BoardError(file, '/flashEraseBytes', `${chip.flashEraseBytes} is not the smallest of flashSectors (${smallest})`)
  const room = (chip.regions ?? []).reduce((sum, { bytes }) => sum + bytes, 0)
  if (room > 0 && chip.ramBytes > room) throw new BoardError(file, '/ramBytes', `${chip.ramBytes} is more than all regions together (${room})`)
}

function checkPulls(board: BoardFile, chip: ChipFile, fail: Fail): void {
  const bare = new Set(chip.pins.flatMap(({ names, pulls }) => pulls ? [] : names))
  for (const [name, pin] of Object.entries(board.pins)) {
    if (pin.kind !== 'input' || pin.pull === 'none') continue
    const chipPin = board.aliases?.[pin.pin] ?? pin.pin
    if (bare.has(chipPin)) fail(`/pins/${name}/pull`, `${chipPin} of ${chip.name} has no resistor of its own; say "none" and put one on the board`)
  }
}

function checkNetwork({ network }: BoardFile, fail: Fail): void {
  if (network.kind === 'modem' && network.modem === undefined) fail('/network', `a modem needs 'modem': its commands, the pins tx and rx, and baud`)
  if (network.kind !== 'modem' && network.modem !== undefined) fail('/network/modem', `network is of kind ${network.kind}; leave 'modem' out or say "kind": "modem"`)
  if (network.kind !== 'ethernet' && network.ethernet !== undefined) fail('/network/ethernet', `network is of kind ${network.kind}; leave 'ethernet' out or say "kind": "ethernet"`)
}

function checkMemory(board: BoardFile, chip: ChipFile, fail: Fail): void {
  const { memory } = board
  const within = (small: keyof typeof memory, large: keyof typeof memory) => {
    if (memory[small] > memory[large]) fail(`/memory/${large}`, `${memory[large]} is less than ${small} (${memory[small]})`)
  }
  within('receiveBytes', 'inboxBytes')
  const { vmBytes, tlsBytes } = board.firmware ?? {}
  const guest = memory.guestBytes + memory.guestStackBytes
  if (vmBytes !== undefined && vmBytes <= guest) fail('/firmware/vmBytes', `${vmBytes} does not hold guestBytes and guestStackBytes (${guest})`)
  const records = board.network.tls.receiveBytes + board.network.tls.sendBytes
  if (tlsBytes !== undefined && tlsBytes <= records) fail('/firmware/tlsBytes', `${tlsBytes} does not hold TLS records of ${records} bytes`)
  const needed = ramBytes(board, chip)
  if (needed > chip.ramBytes) {
    const parts = Object.entries(ramBudget(board, chip)).map(([name, bytes]) => `${name} ${bytes}`).join(', ')
    fail('/memory', `the budget takes ${needed} bytes of RAM (${parts}), ${needed - chip.ramBytes} more than the ${chip.ramBytes} of ${chip.name}; ${whatToGiveUp(board, needed - chip.ramBytes)}`)
  }
}

function checkFirmware({ firmware, flash }: BoardFile, chip: ChipFile, fail: Fail): void {
  if (firmware?.float === 'hard' && chip.fpu === undefined) fail('/firmware/float', `${chip.name} has no floating-point unit; say "soft"`)
  if (firmware !== undefined && (firmware.port === 'esp_idf') !== (chip.esp !== undefined)) fail('/firmware/port', `port ${firmware.port} is not for ${chip.name}`)
  if (flash.tools !== undefined && flash.tools.includes('esptool') !== (chip.esp !== undefined)) fail('/flash/tools', `${flash.tools.join(', ')} cannot write ${chip.name}`)
  if (flash.tools?.includes('openocd') && flash.openocd === undefined) fail('/flash/openocd', 'is missing: OpenOCD needs the name of its file for the board, such as board/st_nucleo_f4.cfg')
}

/** Of these only one can be used. */
const single = ['table', 'nvs', 'state', 'radio', 'keys', 'settings', 'trust', 'code', 'store', 'outbox', 'files'] as const

function checkFlash(board: BoardFile, chip: ChipFile, fail: Fail): void {
  const { partitions, kib } = board.flash
  if (kib > unitsKib(chip)) fail('/flash/kib', `${kib} is more than the ${unitsKib(chip)} KiB of ${chip.name}`)
  const seen = new Set<string>()
  let end = 0
  for (const [index, partition] of partitions.entries()) {
    const path = `/flash/partitions/${index}`
    if (seen.has(partition.name)) fail(path, `there are two partitions '${partition.name}'`)
    seen.add(partition.name)
    if (partition.atKib < end) fail(path, `'${partition.name}' begins at ${partition.atKib} KiB, before the one in front of it ends (${end} KiB)`)
    end = partition.atKib + partition.kib
    if (end > kib) fail(path, `'${partition.name}' ends at ${end} KiB, behind the flash (${kib} KiB)`)
    checkUnits(partition, chip, path, fail)
    checkEsp(partition, chip, path, fail)
  }
  for (const use of single) {
    if (partitions.filter((partition) => partition.use === use).length > 1) fail('/flash/partitions', `only one partition may be the ${use}`)
  }
}

// What is erased must be nobody else's; what is a ring needs one unit to write while it erases another.
function checkUnits({ name, use, atKib, kib }: Partition, chip: ChipFile, path: string, fail: Fail): void {
  const units = unitsIn(chip, atKib, kib)
  if ('cutKib' in units) {
    const { cutKib, fromKib, toKib } = units
    return fail(path, `'${name}' must be whole erase units of ${(toKib - fromKib) * 1024} bytes: ${cutKib} KiB is inside the one from ${fromKib} to ${toKib} KiB`)
  }
  const isRing = use === 'store' || use === 'outbox'
  const [first = 0] = units.bytes
  if (isRing && units.bytes.length < 2) fail(path, `'${name}' must be whole erase units of ${first} bytes, at least two`)
  if (isRing && units.bytes.some((bytes) => bytes !== first)) {
    fail(path, `'${name}' lies on erase units of ${[...new Set(units.bytes)].map((bytes) => bytes / 1024).join(' and ')} KiB; they must be all of one size`)
  }
}

function checkEsp({ name, use, atKib }: Partition, { esp, name: chip }: ChipFile, path: string, fail: Fail): void {
  if (esp === undefined) return
  if (use === 'boot' && atKib * 1024 !== esp.bootOffset) fail(path, `'${name}' must begin at ${esp.bootOffset / 1024} KiB, where ${chip} looks for its loader`)
  if ((use === 'firmware' || use === 'app' || use === 'code') && atKib % 64 !== 0) fail(path, `'${name}' must begin at a multiple of 64 KiB, the page of ${chip}'s flash cache`)
}

function checkParts(board: BoardFile, fail: Fail): void {
  const pins = Object.keys(board.pins)
  for (const [name, part] of Object.entries(board.parts ?? {})) {
    for (const [terminal, pin] of Object.entries(part.pins)) {
      if (!pins.includes(pin)) fail(`/parts/${name}/pins/${terminal}`, `the board has no pin '${pin}' (pins: ${pins.join(', ')}).${suggestion(pin, pins)}`)
    }
  }
}
