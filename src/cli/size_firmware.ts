/** `tinytwin size APP --board BOARD`: the image a board gets, by component. */

import { buildFirmware } from '../firmware/index.js'
import { shown } from '../board/root.js'
import type { Invocation } from './command.js'
import { progressOf } from './progress.js'

/** What the app's module takes in its slot counts as flash. */
export async function printFirmwareSize(app: string, board: string, { args, terminal }: Invocation): Promise<void> {
  const progress = progressOf(terminal)
  const built = await buildFirmware({ app, board, progress: progress.begin }).finally(progress.end)
  const components = { ...built.size.components, app: { flash: built.app.sizes.wasm, ram: 0 } }
  const flash = built.size.flash + built.app.sizes.wasm
  const { ram } = built.size
  if (args.json) {
    terminal.print(`${JSON.stringify({ type: 'size', board: built.board.name, app: built.app.name, elf: built.elf, flash, ram, components })}\n`)
    return
  }
  const row = (name: string, sizes: { readonly flash: number, readonly ram: number }): void => {
    terminal.print(`${name.padEnd(28)}${String(sizes.flash).padStart(10)}${String(sizes.ram).padStart(10)}\n`)
  }
  terminal.print(`${shown(built.elf)}, bytes:\n${''.padEnd(28)}${'flash'.padStart(10)}${'RAM'.padStart(10)}\n`)
  for (const [name, sizes] of Object.entries(components)) row(name, sizes)
  row('all', { flash, ram })
}
