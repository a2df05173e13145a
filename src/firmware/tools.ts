/** The programs a firmware build and an emulator need, and the command that brings those that are missing. */

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const packages: Readonly<Record<string, string>> = {
  'arm-none-eabi-gcc': 'gcc-arm-none-eabi libnewlib-arm-none-eabi',
  'qemu-system-arm': 'qemu-system-arm',
  cmake: 'cmake',
  make: 'make',
  patch: 'patch',
  xz: 'xz-utils',
}

export const buildTools = ['arm-none-eabi-gcc', 'cmake', 'make', 'patch', 'xz'] as const
export const runTools = ['qemu-system-arm'] as const

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
