/** `tinytwin size`: the bytes of every app and every object of the C runtime, against a budget. */

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { appNames, buildApp } from '../build/index.js'
import { shown, projectRoot } from '../board/root.js'
import { CliError, type Command } from './command.js'
import { writeFiles } from './files.js'
import { progressOf } from './progress.js'
import { printFirmwareSize } from './size_firmware.js'

/** Of what a device is made, as the native build leaves it for this computer. */
const libraries: readonly (readonly [folder: string, archive: string])[] = [['core', 'libttcore.a'], ['engine', 'libttengine_wasm3.a']]
const budgetFile = join(projectRoot, 'test', 'size-budget.json')

interface Measured {
  /** `apps/coffee-machine`, `core/mqtt_read.c`. */
  readonly name: string
  readonly bytes: number
  readonly budget: number | undefined
}

export const sizeCommand: Command = {
  name: 'size',
  summary: 'Bytes of every app and of the C runtime against their budgets.',
  doc: 'Prints the bytes of the Wasm of every app, and code and data of every object of the C runtime as compiled for this computer, each against test/size-budget.json. Exit code 1 when one is over its budget or has none. With an app and a board it builds the firmware instead and prints what each component takes of flash and RAM.',
  arguments: [{ name: 'APP', doc: 'With --board: the app on it.', optional: true }],
  options: [
    { name: 'board', value: 'BOARD', doc: 'With an app: a board that has a firmware.' },
    { name: 'budget', value: 'FILE', doc: 'Another budget: a JSON object of names and bytes. Default: test/size-budget.json.' },
    { name: 'accept', doc: 'Give what is over its budget, or has none, a new one with some room; forget what is gone. The commit explains the growth.' },
  ],
  examples: [['size', 'The table.'], ['size --json', 'One object for each, then the sum.'], ['size --accept', 'After growth that is worth it.'], ['size coffee-machine --board qemu-mps2', 'The image of one board.']],
  run: async (invocation) => {
    const { args, terminal } = invocation
    const [app] = args.positionals
    const board = args.text('board')
    if ((app === undefined) !== (board === undefined)) throw new CliError('the size of a firmware needs both: tinytwin size APP --board BOARD')
    if (app !== undefined && board !== undefined) {
      await printFirmwareSize(app, board, invocation)
      return 0
    }
    const file = resolve(args.text('budget') ?? budgetFile)
    const budget = readBudget(file)
    const progress = progressOf(terminal)
    const measured: Measured[] = []
    try {
      for (const app of appNames()) {
        const { sizes } = await buildApp({ app, progress: progress.begin })
        measured.push(measure(`apps/${app}`, sizes.wasm, budget))
      }
    } finally {
      progress.end()
    }
    for (const [folder, archive] of libraries) {
      for (const [object, bytes] of objectSizes(archive)) measured.push(measure(`${folder}/${object}`, bytes, budget))
    }
    const over = measured.filter(isOver)
    if (args.json) {
      for (const entry of measured) terminal.print(`${JSON.stringify({ type: 'size', ...entry })}\n`)
      terminal.print(`${JSON.stringify({ type: 'summary', bytes: sum(measured), over: over.map(({ name }) => name) })}\n`)
    } else {
      for (const { name, bytes, budget: limit } of measured) terminal.print(`${name.padEnd(32)}${String(bytes).padStart(8)}${limit === undefined ? '' : ` of ${String(limit).padStart(6)}`}\n`)
      terminal.print(`${'all'.padEnd(32)}${String(sum(measured)).padStart(8)}\n`)
    }
    if (args.flag('accept')) writeFiles([{ path: file, content: `${JSON.stringify(Object.fromEntries(measured.map(accepted)), null, 2)}\n` }])
    else if (over.length > 0) throw new CliError(over.map((entry) => complaint(entry, file)).join('\n'))
    return 0
  },
}

function measure(name: string, bytes: number, budget: Readonly<Record<string, number>>): Measured {
  return { name, bytes, budget: Object.hasOwn(budget, name) ? budget[name] : undefined }
}

function isOver({ bytes, budget }: Measured): boolean {
  return budget === undefined || bytes > budget
}

// Wasm is the same everywhere; what another compiler makes of the C may be larger.
function accepted(entry: Measured): [name: string, budget: number] {
  const room = entry.name.startsWith('apps/') ? 1.1 : 1.2
  return [entry.name, isOver(entry) ? Math.ceil(entry.bytes * room / 64) * 64 : entry.budget ?? 0]
}

function complaint({ name, bytes, budget }: Measured, file: string): string {
  return budget === undefined
    ? `${name} has ${bytes} bytes and no budget; add one to ${shown(file)}`
    : `${name} has ${bytes} bytes, ${bytes - budget} more than its budget of ${budget} in ${shown(file)}`
}

function sum(measured: readonly Measured[]): number {
  return measured.reduce((total, { bytes }) => total + bytes, 0)
}

function readBudget(file: string): Record<string, number> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CliError(`${shown(file)} cannot be read as JSON (${(error as Error).message.split('\n')[0]})`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new CliError(`${shown(file)} must be an object of names and bytes`)
  for (const [name, bytes] of Object.entries(value)) {
    if (!Number.isSafeInteger(bytes) || (bytes as number) < 0) throw new CliError(`${shown(file)}: the budget of '${name}' is not a whole number of bytes`)
  }
  return value as Record<string, number>
}

// Code, constants and initialized and zeroed data, as `size` of binutils or LLVM tells them apart.
function objectSizes(archive: string): [object: string, bytes: number][] {
  const path = join(projectRoot, 'build', 'native', archive)
  if (!existsSync(path)) throw new CliError(`the native build is not there (${shown(path)}). Run: npm run setup`)
  let output: string
  try {
    output = execFileSync('size', [path], { encoding: 'utf8' })
  } catch (error) {
    throw new CliError('the program \'size\' is needed. Run: apt-get install binutils', { cause: error })
  }
  return output.split('\n').flatMap((line): [string, number][] => {
    const found = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+\d+\s+[0-9a-f]+\s+(\S+?)\.o\b/.exec(line)
    return found === null ? [] : [[found[4] ?? '', Number(found[1]) + Number(found[2]) + Number(found[3])]]
  }).sort(([a], [b]) => a < b ? -1 : 1)
}
