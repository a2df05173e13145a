/** The pins and figures of an emulated device, as bytes of the file its memory is: native/port/qemu/panel.h. */

import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import type { Board, BoardPin } from '../board/index.js'
import { FirmwareError } from './error.js'
import { machineOf, panelBehindFlash } from './machine.js'

const channels = 64
const figureNames = [
  'uptimeMs', 'appCounts', 'linkCounts', 'connectCounts', 'appStackFree', 'linkStackFree', 'tlsPeakBytes', 'vmPeakBytes', 'refused', 'lateMs', 'publishCounts', 'resetReason', 'collectCounts',
] as const

export type FigureName = (typeof figureNames)[number]
export type Figures = Readonly<Record<FigureName, number>>

export interface Panel {
  /** Level of an output or input, millivolts, duty of a PWM pin. */
  read(pin: string): number
  /** Inputs and analog pins. */
  set(pin: string, value: number): void
  figures(): Figures
  /** Everything low, as when the power comes; no reset is remembered. */
  clear(): void
  close(): void
}

export function openPanel(file: string, board: Board): Panel {
  const fd = openSync(file, 'r+')
  const word = Buffer.alloc(4)
  const panelOffset = machineOf(board).flashOffset + panelBehindFlash
  const pinOf = (name: string): BoardPin => {
    const pin = board.pins.find((entry) => entry.name === name)
    if (pin === undefined) throw new FirmwareError(`board '${board.name}' has no pin '${name}'`)
    return pin
  }
  return {
    read(name) {
      readSync(fd, word, 0, 4, panelOffset + 4 * pinOf(name).channel)
      return word.readUInt32LE()
    },
    set(name, value) {
      const { kind, channel } = pinOf(name)
      if (kind !== 'input' && kind !== 'analog') throw new FirmwareError(`pin '${name}' is of kind ${kind}: only the device writes it`)
      word.writeUInt32LE(value)
      writeSync(fd, word, 0, 4, panelOffset + 4 * channel)
    },
    figures() {
      const bytes = Buffer.alloc(4 * figureNames.length)
      readSync(fd, bytes, 0, bytes.length, panelOffset + 2 * 4 * channels)
      return Object.fromEntries(figureNames.map((name, index) => [name, bytes.readUInt32LE(4 * index)])) as Figures
    },
    clear() {
      const bytes = Buffer.alloc(2 * 4 * channels + 4 * figureNames.length + 4)
      writeSync(fd, bytes, 0, bytes.length, panelOffset)
    },
    close: () => closeSync(fd),
  }
}
