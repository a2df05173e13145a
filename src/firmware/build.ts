/** Compiles the firmware of a board by CMake and a cross compiler; an app is no part of it, but must fit the board. */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { loadBoard, type Board } from '../board/index.js'
import { projectRoot, shown } from '../board/root.js'
import { buildApp, type BuiltApp } from '../build/index.js'
import { FirmwareError } from './error.js'
import { appContent } from './image.js'
import { measureFirmware, type FirmwareSize } from './size.js'
import { firmwareOf, firmwareTables } from './tables.js'
import { buildTools, howToInstall, toolchainFor } from './tools.js'

const run = promisify(execFile)

export interface FirmwareOptions {
  readonly board: Board | string
  /** Compiled and checked against the board. */
  readonly app: string
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
export async function buildFirmware({ board: wanted, app: name, progress = () => {} }: FirmwareOptions): Promise<BuiltFirmware> {
  const board = typeof wanted === 'object' ? wanted : loadBoard(wanted)
  firmwareOf(board)
  const app = await buildApp({ app: name, board, progress })
  appContent(board, app.wasm)
  const install = howToInstall(buildTools(board))
  if (install !== undefined) throw new FirmwareError(`the cross compiler or its companions are missing. Run: ${install}`)
  const folder = join(projectRoot, 'build', 'firmware', board.name)
  const { withLock } = await import(pathToFileURL(join(projectRoot, 'scripts', 'lib', 'lock.mjs')).href) as { withLock: WithLock }
  await withLock(join(folder, 'lock'), () => compile(board, folder, progress))
  return { board, app, elf: join(folder, 'firmware.elf'), size: measureFirmware(readFileSync(join(folder, 'firmware.map'), 'utf8')) }
}

/** One build at a time in a folder, whoever asks. */
type WithLock = (file: string, work: () => Promise<void>) => Promise<void>

async function compile(board: Board, folder: string, progress: (what: string) => void): Promise<void> {
  const native = join(projectRoot, 'native', 'firmware')
  await step(join(folder, 'sources.log'), process.execPath, [join(projectRoot, 'scripts', 'setup.mjs'), '--only', 'firmware', '--quiet'])
  writeTables(join(folder, 'tables'), board)
  const { port, appStackBytes, linkStackBytes } = firmwareOf(board)
  const { core } = board.chip
  if (!existsSync(join(folder, 'Makefile'))) progress(`compiling the firmware of ${board.name} (half a minute or so the first time)`)
  await step(join(folder, 'build.log'), 'cmake', [
    '-S', native, '-B', folder, '-G', 'Unix Makefiles',
    `-DCMAKE_TOOLCHAIN_FILE=${join(native, `${toolchainFor(core)}.cmake`)}`,
    `-DTT_CORE=${core}`,
    `-DTT_PORT=${port}`,
    `-DTT_APP_STACK_BYTES=${appStackBytes}`,
    `-DTT_LINK_STACK_BYTES=${linkStackBytes}`,
    `-DTT_GENERATED=${join(folder, 'tables')}`,
    `-DTT_TLS_IN=${board.network.tls.receiveBytes}`,
    `-DTT_TLS_OUT=${board.network.tls.sendBytes}`,
  ])
  await step(join(folder, 'build.log'), 'cmake', ['--build', folder, '--parallel', '2'])
}

// Written only when they differ, so that nothing is compiled again for nothing.
function writeTables(folder: string, board: Board): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(firmwareTables(board))) {
    const file = join(folder, name)
    if (!existsSync(file) || readFileSync(file, 'utf8') !== content) writeFileSync(file, content)
  }
}

async function step(log: string, program: string, args: readonly string[]): Promise<void> {
  mkdirSync(join(log, '..'), { recursive: true })
  try {
    await run(program, args, { cwd: projectRoot, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string, stderr?: string }
    writeFileSync(log, `${stdout}\n${stderr}`)
    const first = `${stderr}\n${stdout}`.split('\n').find((line) => /error/i.test(line))
    throw new FirmwareError(`the firmware cannot be built: ${first ?? (error as Error).message}. See ${shown(log)}`, { cause: error })
  }
}
