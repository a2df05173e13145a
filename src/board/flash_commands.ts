/** What one would type to write or read a board: the commands of its own flash tools, at the places its file gives. Runs nothing. */

import type { Board } from './board.js'
import type { FlashTool, Partition } from './file.js'
import { partitionOf } from './partitions.js'

/** Commands of one tool, in their order; `PORT` where they depend on the computer, files named after what is in them. */
export interface FlashCommands {
  readonly tool: FlashTool
  readonly commands: readonly string[]
}

/** An image and where it goes: `at` is an address where the chip's flash has one, else an offset. */
export interface FlashImage {
  readonly file: string
  readonly at: number
}

/** Program and arguments. */
export type CommandLine = readonly [program: string, ...args: string[]]

/** In the board's order; empty where it has no tool. */
export function flashCommands(board: Board): FlashCommands[] {
  return (board.flash.tools ?? []).map((tool) => ({ tool, commands: tool === 'qemu' ? ['none: the emulator takes firmware.elf and a file that is the flash'] : writeCommands(tool, board, flashImages(board)).map(shownCommand) }))
}

/**
 * All of a board that is flashed for the first time, by rising address. Vectors with a partition of their own are an image of their own:
 * one image of both would erase what lies between them.
 */
export function flashImages(board: Board): FlashImage[] {
  const { esp, flashAddress = '0x0' } = board.chip
  const names: Readonly<Partial<Record<Partition['use'], string>>> = esp === undefined
    ? { boot: 'vectors.bin', firmware: 'firmware.bin', app: 'app.bin' }
    : { boot: 'bootloader.bin', table: 'partition-table.bin', state: 'ota_data_initial.bin', firmware: 'firmware.bin', app: 'app.bin' }
  return Object.entries(names).flatMap(([use, file]) => {
    const partition = partitionOf(board, use as Partition['use'])
    return partition === undefined ? [] : [{ file, at: Number(flashAddress) + partition.atKib * 1024 }]
  }).toSorted((a, b) => a.at - b.at)
}

/** Writes the images and starts what they are. */
export function writeCommands(tool: Exclude<FlashTool, 'qemu'>, board: Board, images: readonly FlashImage[], port = 'PORT'): CommandLine[] {
  const each = (command: (image: FlashImage, isLast: boolean) => CommandLine): CommandLine[] => images.map((image, index) => command(image, index === images.length - 1))
  switch (tool) {
    case 'esptool': return [['esptool', '--chip', board.chip.esp?.target ?? 'auto', '--port', port, 'write_flash', ...images.flatMap(({ file, at }) => [`0x${at.toString(16)}`, file])]]
    case 'st-flash': return each(({ file, at }, isLast) => ['st-flash', ...isLast ? ['--reset'] : [], 'write', file, address(at)])
    case 'openocd': return [['openocd', '-f', board.flash.openocd ?? '', ...images.flatMap(({ file, at }) => ['-c', `program ${file} ${address(at)} verify`]), '-c', 'reset run', '-c', 'exit']]
    case 'dfu-util': return each(({ file, at }, isLast) => ['dfu-util', '-d', '0483:df11', '-a', '0', '-s', `${address(at)}${isLast ? ':leave' : ''}`, '-D', file])
    case 'stm32flash': return each(({ file, at }, isLast) => ['stm32flash', '-w', file, '-v', '-S', address(at), ...isLast ? ['-g', '0x08000000'] : [], port])
    default: return tool satisfies never
  }
}

/** Reads `bytes` from `at` into a file that is not there yet. */
export function readCommand(tool: Exclude<FlashTool, 'qemu' | 'esptool'>, board: Board, { file, at }: FlashImage, bytes: number, port = 'PORT'): CommandLine {
  switch (tool) {
    case 'st-flash': return ['st-flash', 'read', file, address(at), `0x${bytes.toString(16)}`]
    case 'openocd': return ['openocd', '-f', board.flash.openocd ?? '', '-c', 'init', '-c', 'reset halt', '-c', `dump_image ${file} ${address(at)} ${bytes}`, '-c', 'exit']
    case 'dfu-util': return ['dfu-util', '-d', '0483:df11', '-a', '0', '-s', `${address(at)}:${bytes}`, '-U', file]
    case 'stm32flash': return ['stm32flash', '-r', file, '-S', `${address(at)}:${bytes}`, port]
    default: return tool satisfies never
  }
}

/** As one would type it. */
export function shownCommand(command: CommandLine): string {
  return command.map((word) => /[\s"]/.test(word) ? `"${word.replaceAll('"', '\\"')}"` : word).join(' ')
}

const address = (at: number): string => `0x${at.toString(16).padStart(8, '0')}`
