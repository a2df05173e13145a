/** Writes an STM32 by the programs its board names: st-flash, openocd, dfu-util or stm32flash. Knows what they are called and no protocol. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommand, writeCommands, type Board, type CommandLine, type FlashTool } from '../board/index.js'
import { howToInstall } from '../firmware/index.js'
import { FlashError } from './error.js'
import type { Flasher, WriteNews, WritePart } from './flasher.js'

export type ExternalTool = Exclude<FlashTool, 'qemu' | 'esptool'>

/** The first of the board's tools that this computer has. Throws FlashError with what to install. */
export function externalTool(board: Board, path: string = process.env['PATH'] ?? ''): ExternalTool {
  const tools = (board.flash.tools ?? []).filter((tool): tool is ExternalTool => tool !== 'qemu' && tool !== 'esptool')
  if (tools.length === 0) throw new FlashError(`board '${board.name}' names no program that can write it; give the flash of its board.json 'tools'`)
  const found = tools.find((tool) => howToInstall([tool], path) === undefined)
  if (found !== undefined) return found
  const ways = tools.map((tool) => howToInstall([tool], path)).join('; or ')
  throw new FlashError(`none of the programs that write board '${board.name}' is here (${tools.join(', ')}). Install one: ${ways}`)
}

/** Whether it speaks to the chip over a serial port. */
export function needsPort(tool: ExternalTool): boolean {
  return tool === 'stm32flash'
}

export interface ExternalOptions {
  readonly board: Board
  readonly tool: ExternalTool
  /** Where the tool needs one. */
  readonly port?: string
  readonly signal: AbortSignal
}

export function externalFlasher({ board, tool, port, signal }: ExternalOptions): Flasher {
  const start = Number(board.chip.flashAddress ?? 0)
  return {
    what: `${board.chip.name} by ${tool}${port === undefined ? '' : ` at ${port}`}`,
    read: (offset, length) => inScratch(async (folder) => {
      const file = join(folder, 'read.bin')
      await run(readCommand(tool, board, { file, at: start + offset }, length, port), signal, () => {})
      const bytes = readFileSync(file)
      if (bytes.length < length) throw new FlashError(`${tool} read ${bytes.length} bytes instead of ${length} at 0x${(start + offset).toString(16)}`)
      return bytes.subarray(0, length)
    }),
    write: (parts, news) => inScratch(async (folder) => {
      const images = parts.map((part, index) => {
        const file = join(folder, `${index}.bin`)
        writeFileSync(file, part.bytes, { mode: 0o600 })
        return { file, at: start + part.offset }
      })
      const commands = writeCommands(tool, board, images, port)
      // One program may write several parts.
      for (const [index, command] of commands.entries()) {
        const own = commands.length === 1 ? parts : parts.slice(index, index + 1)
        await writeOne(command, own, news, signal)
      }
    }),
    restart: async () => true, // the last command did
  }
}

// Settings hold secrets: a folder that only its owner may enter, and not for longer than a program runs.
async function inScratch<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-write-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function writeOne(command: CommandLine, parts: readonly WritePart[], news: WriteNews, signal: AbortSignal): Promise<void> {
  for (const part of parts.slice(0, 1)) news.begin(part)
  await run(command, signal, (line) => {
    news.line(line)
    const [, percent] = /\b(\d{1,3})(?:\.\d+)? ?%/.exec(line) ?? []
    if (percent !== undefined) news.progress(Math.min(Number(percent), 99) / 100)
  })
  news.progress(1)
  for (const part of parts.slice(1)) {
    news.begin(part)
    news.progress(1)
  }
}

async function run([program, ...args]: CommandLine, signal: AbortSignal, line: (text: string) => void): Promise<void> {
  if (signal.aborted) throw new FlashError('interrupted')
  // A group of its own: Ctrl-C comes from here, once.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const last: string[] = []
  const stop = (): void => { child.kill('SIGINT') }
  signal.addEventListener('abort', stop, { once: true })
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      last.push(text)
      if (last.length > 6) last.shift()
      line(text)
    })
  }
  const code = await new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once('error', (error) => { reject(new FlashError(`${program} cannot be run (${(error as NodeJS.ErrnoException).code ?? error.message})`, { cause: error })) })
    child.once('close', (status, killedBy) => { resolve(status ?? killedBy) })
  }).finally(() => { signal.removeEventListener('abort', stop) })
  if (signal.aborted) throw new FlashError('interrupted')
  if (code !== 0) throw new FlashError(`${program} ended with ${code}${last.length === 0 ? '' : `. It said last: ${last.join(' | ')}`}`)
}
