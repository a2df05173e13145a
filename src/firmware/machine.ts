/** The emulated machines: which QEMU plays a board, and where in its memory, which is a file, flash and panel are. */

import { join } from 'node:path'
import type { Board } from '../board/index.js'
import { projectRoot } from '../board/root.js'
import { FirmwareError } from './error.js'

/** Where the device finds the hub; what settings give as address and port. */
export const hubAddress = { address: '10.0.2.100', port: 8883 } as const
/** And where DPS, what GlobalEndpoint of its connection string names. */
export const dpsAddress = { address: '10.0.2.101', port: 8883 } as const

export interface MachineOptions {
  readonly elf: string
  /** The machine's memory. */
  readonly memory: string
  /** A port of this computer that is the hub's for the device; without it there is none. */
  readonly hubPort?: number
  /** Likewise of DPS. */
  readonly dpsPort?: number
  /** Where on this computer the board's modem listens, see modem.ts; without it its wires are loose. */
  readonly modemPort?: number
}

export interface Machine {
  readonly program: 'qemu-system-arm' | 'qemu-system-riscv32'
  /** Of the file, which QEMU wants to have whole. */
  readonly memoryBytes: number
  /** Where in it the flash begins; the panel is 8 MiB behind. native/port/qemu/memory.h has the same layout. */
  readonly flashOffset: number
  args(options: MachineOptions): readonly string[]
  /** What makes one instruction a certain time. */
  readonly counted: readonly string[]
}

const mib = 1024 * 1024
export const panelBehindFlash = 8 * mib

/** These ports of this computer and nothing else. */
function forwardTo({ hubPort, dpsPort }: MachineOptions): string {
  const relay = join(projectRoot, 'scripts', 'lib', 'relay.mjs')
  const way = ({ address, port }: { readonly address: string, readonly port: number }, to: number | undefined): string =>
    to === undefined ? '' : `,guestfwd=tcp:${address}:${port}-cmd:${process.execPath} ${relay} ${to}`
  return `${way(hubAddress, hubPort)}${way(dpsAddress, dpsPort)}`
}

const machines: Readonly<Record<string, Machine>> = {
  qemu_mps2: {
    program: 'qemu-system-arm',
    memoryBytes: 16 * mib, // its PSRAM
    flashOffset: 0,
    args: (options) => [
      '-M', 'mps2-an385,memory-backend=psram',
      '-object', `memory-backend-file,id=psram,mem-path=${options.memory},size=16M,share=on`,
      '-nic', `user,id=cable,model=lan9118,restrict=on${forwardTo(options)}`,
      '-semihosting-config', 'enable=on,target=native',
      '-kernel', options.elf,
    ],
    counted: ['-icount', 'shift=6'],
  },
  qemu_rv32: {
    program: 'qemu-system-riscv32',
    memoryBytes: 32 * mib, // its RAM
    flashOffset: 16 * mib,
    args: ({ elf, memory }) => [
      '-M', 'virt,memory-backend=ram', '-bios', 'none', '-m', '32M',
      '-object', `memory-backend-file,id=ram,mem-path=${memory},size=32M,share=on`,
      '-semihosting-config', 'enable=on,target=native',
      '-kernel', elf,
    ],
    counted: ['-icount', 'shift=6'],
  },
  // It has no memory that could be a file: the firmware reads and writes the flash's file by semihosting.
  qemu_stm32: {
    program: 'qemu-system-arm',
    memoryBytes: 16 * mib,
    flashOffset: 0,
    args: ({ elf, memory, modemPort }) => [
      '-M', 'netduinoplus2',
      ...(modemPort === undefined ? [] : ['-chardev', `socket,id=modem,host=127.0.0.1,port=${modemPort},reconnect=1`, '-serial', 'chardev:modem']),
      '-semihosting-config', `enable=on,target=native,arg=${memory.replaceAll(',', ',,')}`,
      '-kernel', elf,
    ],
    counted: ['-icount', 'shift=6'],
  },
}

export function machineOf({ name, firmware }: Board): Machine {
  const machine = machines[firmware?.port ?? '']
  if (machine === undefined) throw new FirmwareError(`board '${name}' has no emulator here; its firmware runs on the board itself`)
  return machine
}
