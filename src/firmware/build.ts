/** Compiles the firmware of a board by CMake and a cross compiler; an app is no part of it, but must fit the board. */

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { loadBoard, type Board } from '../board/index.js'
import { projectRoot, shown } from '../board/root.js'
import { buildApp, type BuiltApp } from '../build/index.js'
import { overflow } from './budget.js'
import { FirmwareError } from './error.js'
import { espFiles, findIdf, idfArguments, sdkconfigOf } from './esp_idf.js'
import { appContent } from './image.js'
import { measureFirmware, type FirmwareSize } from './size.js'
import { firmwareOf, firmwareTables, partitionFor } from './tables.js'
import { buildTools, howToInstall, toolchainFor } from './tools.js'

const run = promisify(execFile)

export type Program = 'firmware' | 'script'

export interface FirmwareOptions {
  readonly board: Board | string
  /** Compiled and checked against the board. */
  readonly app: string
  /** The device, or in its place what runs its app by a script (script.ts). */
  readonly program?: Program
  /** Told before work that takes a second or more. */
  readonly progress?: (what: string) => void
}

export interface BuiltFirmware {
  readonly board: Board
  readonly app: BuiltApp
  /** Absolute path. */
  readonly elf: string
  readonly size: FirmwareSize
}

/** Throws FirmwareError, BuildError or BoardError. Needs the network once, for the sources. */
export async function buildFirmware({ board: wanted, app: name, program = 'firmware', progress = () => {} }: FirmwareOptions): Promise<BuiltFirmware> {
  const board = typeof wanted === 'object' ? wanted : loadBoard(wanted)
  firmwareOf(board)
  const app = await buildApp({ app: name, board, progress })
  appContent(board, app.wasm)
  const install = howToInstall(buildTools(board))
  if (install !== undefined) throw new FirmwareError(`the cross compiler or its companions are missing. Run: ${install}`)
  const folder = join(projectRoot, 'build', 'firmware', board.name)
  const { withLock } = await import(pathToFileURL(join(projectRoot, 'scripts', 'lib', 'lock.mjs')).href) as { withLock: WithLock }
  await withLock(join(folder, 'lock'), () => compile(board, folder, program, progress))
  return { board, app, elf: join(folder, `${program}.elf`), size: measureFirmware(readFileSync(join(folder, `${program}.map`), 'utf8')) }
}

export interface EspFirmware {
  readonly board: Board
  readonly app: BuiltApp
  /** Absolute paths, each with its offset in the flash: loader, partition table, firmware. */
  readonly files: readonly { readonly path: string, readonly offset: number }[]
}

/** As buildFirmware, for a board whose firmware ESP-IDF compiles; `environment` is the one its export.sh made. */
export async function buildEspFirmware({ board: wanted, app: name, progress = () => {}, environment = process.env }: Omit<FirmwareOptions, 'program'> & { readonly environment?: NodeJS.ProcessEnv }): Promise<EspFirmware> {
  const board = typeof wanted === 'object' ? wanted : loadBoard(wanted)
  const { tool } = findIdf(environment)
  const app = await buildApp({ app: name, board, progress })
  appContent(board, app.wasm)
  const folder = join(projectRoot, 'build', 'firmware', board.name)
  const tables = join(folder, 'tables')
  const { withLock } = await import(pathToFileURL(join(projectRoot, 'scripts', 'lib', 'lock.mjs')).href) as { withLock: WithLock }
  await withLock(join(folder, 'lock'), async () => {
    writeTables(tables, board, { 'sdkconfig.board': sdkconfigOf(board, tables) })
    progress(`ESP-IDF compiles the firmware of ${board.name} (some minutes the first time)`)
    await step(join(folder, 'build.log'), tool, idfArguments(board, folder, tables), { environment })
  })
  return {
    board, app,
    files: [
      { path: join(folder, espFiles.bootloader), offset: board.chip.esp!.bootOffset },
      { path: join(folder, 'partition_table', 'partition-table.bin'), offset: partitionFor(board, 'table').atKib * 1024 },
      { path: join(folder, espFiles.firmware), offset: partitionFor(board, 'firmware').atKib * 1024 },
    ],
  }
}

/** Whether the port of a board's firmware is compiled here; ESP-IDF's is compiled by ESP-IDF. */
export function canBuildFirmware(board: Board): boolean {
  return existsSync(join(projectRoot, 'native', 'port', firmwareOf(board).port, 'port.cmake'))
}

/** One build at a time in a folder, whoever asks. */
type WithLock = (file: string, work: () => Promise<void>) => Promise<void>

async function compile(board: Board, folder: string, program: Program, progress: (what: string) => void): Promise<void> {
  const native = join(projectRoot, 'native', 'firmware')
  await step(join(folder, 'sources.log'), process.execPath, [join(projectRoot, 'scripts', 'setup.mjs'), '--only', 'firmware', '--quiet'])
  writeTables(join(folder, 'tables'), board)
  const { port, float, appStackBytes, linkStackBytes } = firmwareOf(board)
  const { core, fpu } = board.chip
  if (!existsSync(join(folder, 'Makefile'))) progress(`compiling the firmware of ${board.name} (half a minute or so the first time)`)
  await step(join(folder, 'build.log'), 'cmake', [
    '-S', native, '-B', folder, '-G', 'Unix Makefiles',
    `-DCMAKE_TOOLCHAIN_FILE=${join(native, `${toolchainFor(core)}.cmake`)}`,
    `-DTT_CORE=${core}`,
    `-DTT_FPU=${float === 'hard' ? fpu ?? '' : ''}`,
    `-DTT_PORT=${port}`,
    `-DFREERTOS_KERNEL_PATH=${process.env['FREERTOS_KERNEL_PATH'] ?? ''}`,
    `-DTT_APP_STACK_BYTES=${appStackBytes}`,
    `-DTT_LINK_STACK_BYTES=${linkStackBytes}`,
    `-DTT_GENERATED=${join(folder, 'tables')}`,
    `-DTT_TLS_IN=${board.network.tls.receiveBytes}`,
    `-DTT_TLS_OUT=${board.network.tls.sendBytes}`,
  ])
  await step(join(folder, 'build.log'), 'cmake', ['--build', folder, '--target', `${program}.elf`, '--parallel', '2'], { explain: (output) => overflow(board, output) })
}

// Written only when they differ, so that nothing is compiled again for nothing.
function writeTables(folder: string, board: Board, more: Readonly<Record<string, string>> = {}): void {
  mkdirSync(folder, { recursive: true })
  const tables = { ...firmwareTables(board), ...more, 'build_time.gen.h': buildTimeHeader(buildEpochS()) }
  for (const [name, content] of Object.entries(tables)) {
    const file = join(folder, name)
    if (!existsSync(file) || readFileSync(file, 'utf8') !== content) writeFileSync(file, content)
  }
}

/** Of the sources, so that the same sources give the same firmware: SOURCE_DATE_EPOCH, else the last commit, else package.json's. */
function buildEpochS(): number {
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: projectRoot, encoding: 'utf8' })
  const said = process.env['SOURCE_DATE_EPOCH'] ?? (status === 0 ? stdout : '')
  return /^\d+\s*$/.test(said) ? Number(said) : Math.floor(statSync(join(projectRoot, 'package.json')).mtimeMs / 1000)
}

function buildTimeHeader(epochS: number): string {
  return [
    '// Generated by src/firmware/build.ts. Do not edit.',
    '#pragma once',
    '',
    '// Seconds since 1970: when the sources were as they are. A clock that says less is not set.',
    `#define TT_BUILD_EPOCH_S INT64_C(${epochS})`,
    '',
  ].join('\n')
}

interface StepOptions {
  /** The message for an output that it understands. */
  readonly explain?: (output: string) => string | undefined
  readonly environment?: NodeJS.ProcessEnv
}

async function step(log: string, program: string, args: readonly string[], { explain = () => undefined, environment = process.env }: StepOptions = {}): Promise<void> {
  mkdirSync(join(log, '..'), { recursive: true })
  try {
    await run(program, args, { cwd: projectRoot, env: environment, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string, stderr?: string }
    writeFileSync(log, `${stdout}\n${stderr}`)
    const explained = explain(stderr)
    if (explained !== undefined) throw new FirmwareError(explained, { cause: error })
    const first = `${stderr}\n${stdout}`.split('\n').find((line) => /error/i.test(line))
    throw new FirmwareError(`the firmware cannot be built: ${first ?? (error as Error).message}. See ${shown(log)}`, { cause: error })
  }
}
