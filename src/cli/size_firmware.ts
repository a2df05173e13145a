/** `tinytwin size APP --board BOARD`: the image a board gets, by component, and whether the board has room for it. */

import { canBuildFirmware, buildFirmware, firmwareBudget } from '../firmware/index.js'
import { loadBoard, ramBudget, type Board } from '../board/index.js'
import { shown } from '../board/root.js'
import { appBudget, buildApp, type BuiltApp } from '../build/index.js'
import { CliError, type Invocation } from './command.js'
import { progressOf } from './progress.js'

interface Sized {
  readonly board: Board
  readonly app: BuiltApp
  /** Absent where the figures are the board file's own. */
  readonly elf?: string
  readonly flash: number
  readonly ram: number
  readonly components: Readonly<Record<string, { readonly flash: number, readonly ram: number }>>
  readonly problems: readonly string[]
}

/** What the app's module takes in its slot counts as flash. Throws CliError behind the figures when they are over the budget. */
export async function printFirmwareSize(name: string, boardName: string, { args, terminal }: Invocation): Promise<void> {
  const board = loadBoard(boardName)
  const progress = progressOf(terminal)
  const { app, elf, flash, ram, components, problems } = await (canBuildFirmware(board) ? measured(name, board, progress.begin) : declared(name, board, progress.begin))
    .finally(progress.end)
  if (args.json) {
    terminal.print(`${JSON.stringify({ type: 'size', board: board.name, app: app.name, ...(elf === undefined ? { declared: true } : { elf }), flash, ram, components })}\n`)
  } else {
    const row = (component: string, sizes: { readonly flash: number, readonly ram: number }): void => {
      terminal.print(`${component.padEnd(28)}${String(sizes.flash).padStart(10)}${String(sizes.ram).padStart(10)}\n`)
    }
    const from = elf === undefined ? `as ${board.file} declares it; nothing here compiles port ${board.firmware?.port ?? ''}` : shown(elf)
    terminal.print(`${from}, bytes:\n${''.padEnd(28)}${'flash'.padStart(10)}${'RAM'.padStart(10)}\n`)
    for (const [component, sizes] of Object.entries(components)) row(component, sizes)
    row('all', { flash, ram })
  }
  if (problems.length > 0) throw new CliError(problems.join('\n'))
}

async function measured(name: string, board: Board, progress: (what: string) => void): Promise<Sized> {
  const { app, elf, size } = await buildFirmware({ app: name, board, progress })
  return {
    board, app, elf,
    flash: size.flash + app.sizes.wasm,
    ram: size.ram,
    components: { ...size.components, app: { flash: app.sizes.wasm, ram: 0 } },
    problems: [...appBudget(app).problems, ...firmwareBudget(board, size)],
  }
}

async function declared(name: string, board: Board, progress: (what: string) => void): Promise<Sized> {
  const app = await buildApp({ app: name, board, progress })
  const budget = ramBudget(board, board.chip)
  return {
    board, app,
    flash: app.sizes.wasm,
    ram: Object.values(budget).reduce((sum, bytes) => sum + bytes, 0),
    components: { ...Object.fromEntries(Object.entries(budget).map(([component, ram]) => [component, { flash: 0, ram }])), app: { flash: app.sizes.wasm, ram: 0 } },
    problems: appBudget(app).problems,
  }
}
