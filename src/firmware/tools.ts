/** The programs a firmware build and an emulator need, and the command that brings those that are missing. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Board } from '../board/index.js'
import { FirmwareError } from './error.js'
import { machineOf } from './machine.js'

const packages: Readonly<Record<string, string>> = {
  'arm-none-eabi-gcc': 'gcc-arm-none-eabi libnewlib-arm-none-eabi',
  'riscv64-unknown-elf-gcc': 'gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf',
  'xtensa-lx106-elf-gcc': 'gcc-xtensa-lx106',
  'qemu-system-arm': 'qemu-system-arm',
  'qemu-system-riscv32': 'qemu-system-misc',
  cmake: 'cmake',
  make: 'make',
  patch: 'patch',
  xz: 'xz-utils',
  'st-flash': 'stlink-tools',
}

export type Toolchain = 'arm-none-eabi' | 'riscv64-unknown-elf'

export function toolchainFor(core: string): Toolchain {
  if (core.startsWith('cortex-m')) return 'arm-none-eabi'
  if (core.startsWith('rv32')) return 'riscv64-unknown-elf'
  throw new FirmwareError(`there is no compiler here for a core '${core}'`)
}

/** Of what compiles the board's firmware. */
export function buildTools(board: Board): readonly string[] {
  return [`${toolchainFor(board.chip.core)}-gcc`, 'cmake', 'make', 'patch', 'xz']
}

/** Of what runs it in an emulator. */
export function runTools(board: Board): readonly string[] {
  return [machineOf(board).program]
}

/** Undefined when all are on the PATH, else the command that installs what is missing. */
export function howToInstall(tools: readonly string[], path: string = process.env['PATH'] ?? ''): string | undefined {
  const missing = tools.filter((tool) => !path.split(delimiter).some((folder) => isExecutable(join(folder, tool))))
  return missing.length === 0 ? undefined : `apt-get install -y ${missing.map((tool) => packages[tool] ?? tool).join(' ')}`
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
