/** Finds, merges and checks board files; what comes out is complete and makes sense. Knows nothing of apps. */

import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { checkChipMeaning, checkMeaning } from './check.js'
import { BoardError } from './error.js'
import { suggestion } from './nearest.js'
import { projectRoot, shown } from './root.js'
import { checkBoard, checkChip, isObject, readObject } from './schema.js'
import { unitsIn } from './units.js'
import { functionsOf, wiresOf, type Wire } from './wires.js'
import type { BoardFile, ChipFile, ChipFunction, ConsoleFile, FirmwareFile, FlashFile, MemoryFile, NetworkFile, Partition, PinFile } from './file.js'

/** A chip, its pins by the maker's names, each with what it can be on this board. */
export interface Chip extends Omit<ChipFile, 'pins'> {
  readonly pins: Readonly<Record<string, readonly ChipFunction[]>>
}

/**
 * A named pin, its wires under the chip's names; `channel` is the number the C side's board_io knows it by: its place in the board's list.
 * `wires`: the pin itself, or SDA and SCL.
 */
export type BoardPin = PinFile & { readonly name: string, readonly channel: number, readonly wires: readonly Wire[] }

/** A name printed on the board. */
export interface Alias {
  readonly name: string
  readonly chipPin: string
  /** The board's pin that is wired to it, when one is. */
  readonly pin: string | undefined
}

/** `eraseBytes`: the largest erase unit in it. */
export type BoardPartition = Partition & { readonly eraseBytes: number }

/** A part the simulator puts at the pins. */
export interface Part {
  readonly name: string
  readonly model: string
  /** The model's terminals, each with the name of a pin of this board. */
  readonly pins: Readonly<Record<string, string>>
  readonly parameters: Readonly<Record<string, number>>
}

export interface Board {
  readonly name: string
  readonly title: string
  readonly proof: 'hardware' | 'emulator' | 'compiled' | 'simulated'
  readonly chip: Chip
  readonly pins: readonly BoardPin[]
  readonly aliases: readonly Alias[]
  readonly memory: MemoryFile
  /** Time of this chip one event may take, and the same in calls and loop turns. */
  readonly eventBudgetMs: number
  readonly eventFuel: number
  /** `eraseBytes` is the chip's smallest unit; a partition may have larger ones. */
  readonly flash: Omit<FlashFile, 'partitions'> & { readonly eraseBytes: number, readonly programBytes: number, readonly partitions: readonly BoardPartition[] }
  readonly network: NetworkFile
  readonly console?: ConsoleFile
  readonly oscillator?: NonNullable<BoardFile['oscillator']>
  /** Every pin of the chip in use, by the JSON pointer of what names it. */
  readonly wires: ReadonlyMap<string, Wire>
  /** Absent on a board that is only simulated. */
  readonly firmware?: FirmwareFile
  readonly parts: readonly Part[]
  /** The board file, as messages name it. */
  readonly file: string
}

/** The names of the boards that come with TinyTwin. */
export function boardNames(): string[] {
  return readdirSync(join(projectRoot, 'boards'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(boardFile(entry.name)))
    .map((entry) => entry.name)
    .sort()
}

/** A board by its name, or by the path of its folder or file. Throws BoardError with one sentence. */
export function loadBoard(nameOrPath: string): Board {
  const path = locate(nameOrPath, process.cwd())
  const file = shown(path)
  const merged = checkBoard(readMerged(path, []), path)
  if (basename(path) === 'board.json' && merged.name !== basename(dirname(path))) {
    throw new BoardError(file, '/name', `'${merged.name}' is not the name of its folder, '${basename(dirname(path))}'`)
  }
  const chip = readChip(merged.chip, path)
  const wires = wiresOf(merged, chip, (path, problem) => { throw new BoardError(file, path, problem) })
  checkMeaning(merged, chip, file)
  const { network } = merged
  return {
    name: merged.name,
    title: merged.title,
    proof: merged.proof,
    chip: { ...chip, pins: Object.fromEntries(chip.pins.flatMap((group) => group.names.map((name) => [name, functionsOf(chip, name, network.kind)]))) },
    pins: Object.entries(merged.pins).map(([name, pin], channel) => boardPin(name, channel, pin, wires)),
    aliases: Object.entries(merged.aliases ?? {}).map(([name, chipPin]) => ({
      name, chipPin, pin: [...wires.values()].find((wire) => wire.chipPin === chipPin && wire.path.startsWith('/pins/'))?.owner,
    })),
    memory: merged.memory,
    eventBudgetMs: merged.eventBudgetMs,
    eventFuel: merged.eventBudgetMs * chip.fuelPerMs,
    flash: {
      ...merged.flash,
      eraseBytes: chip.flashEraseBytes,
      programBytes: chip.flashProgramBytes,
      partitions: merged.flash.partitions.map((partition) => {
        const units = unitsIn(chip, partition.atKib, partition.kib)
        return { ...partition, eraseBytes: 'bytes' in units ? Math.max(...units.bytes) : chip.flashEraseBytes }
      }),
    },
    network,
    ...(merged.console === undefined ? {} : { console: merged.console }),
    ...(merged.oscillator === undefined ? {} : { oscillator: merged.oscillator }),
    wires,
    ...(merged.firmware === undefined ? {} : { firmware: merged.firmware }),
    parts: Object.entries(merged.parts ?? {}).map(([name, { model, pins, parameters }]) => ({ name, model, pins, parameters: parameters ?? {} })),
    file,
  }
}

function boardPin(name: string, channel: number, pin: PinFile, wires: ReadonlyMap<string, Wire>): BoardPin {
  const own = (pin.kind === 'i2c' ? ['sda', 'scl'] : ['pin']).map((field) => [field, wires.get(`/pins/${name}/${field}`)] as const)
  const chipPins = Object.fromEntries(own.map(([field, wire]) => [field, wire?.chipPin]))
  return Object.assign({ name, channel }, pin, chipPins, { wires: own.flatMap(([, wire]) => wire ?? []) })
}

function boardFile(name: string): string {
  return join(projectRoot, 'boards', name, 'board.json')
}

// A plain word is a board of ours; whatever looks like a path is one.
function locate(nameOrPath: string, from: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/.test(nameOrPath) && existsSync(boardFile(nameOrPath))) return boardFile(nameOrPath)
  const path = resolve(from, nameOrPath)
  if (/[\\/.]/.test(nameOrPath) && existsSync(path)) return statSync(path).isDirectory() ? join(path, 'board.json') : path
  const names = boardNames()
  throw new BoardError('boards', '', `there is no board '${nameOrPath}' (boards: ${names.join(', ')}; or give the path of a board.json).${suggestion(nameOrPath, names)}`)
}

function readMerged(file: string, below: readonly string[]): Record<string, unknown> {
  if (below.includes(file)) {
    throw new BoardError(shown(file), '/extends', `extends itself by way of ${below.map((path) => basename(dirname(path))).join(', ')}`)
  }
  const own = readObject(file)
  const base = own['extends']
  if (base === undefined) return own
  if (typeof base !== 'string' || base === '') throw new BoardError(shown(file), '/extends', 'must be the name or path of a board')
  let path: string
  try {
    path = locate(base, dirname(file))
  } catch (error) {
    if (error instanceof BoardError) throw new BoardError(shown(file), '/extends', error.message.replace(/^boards: /, ''), { cause: error })
    throw error
  }
  const merged = mergePatch(readMerged(path, [...below, file]), own)
  // What is printed on one board is not printed on the next.
  if (isObject(own['aliases'])) merged['aliases'] = own['aliases']
  return merged
}

// RFC 7396.
function mergePatch(target: unknown, patch: Record<string, unknown>): Record<string, unknown> {
  const result = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    // Own keys only: a file must not reach the prototype.
    else Object.defineProperty(result, key, { value: isObject(value) ? mergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value) : value, enumerable: true, writable: true, configurable: true })
  }
  return result
}

function readChip(name: string, board: string): ChipFile {
  const folder = join(projectRoot, 'boards', 'chips')
  const file = join(folder, `${name}.json`)
  if (!existsSync(file)) {
    const chips = readdirSync(folder).filter((entry) => entry.endsWith('.json')).map((entry) => entry.slice(0, -'.json'.length)).sort()
    throw new BoardError(shown(board), '/chip', `there is no chip '${name}' (chips: ${chips.join(', ')}).${suggestion(name, chips)}`)
  }
  const chip = checkChip(readObject(file), file)
  if (chip.name !== name) throw new BoardError(shown(file), '/name', `'${chip.name}' is not the name of its file`)
  checkChipMeaning(chip, shown(file))
  return chip
}
