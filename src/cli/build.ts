/** `tinytwin build`: an app to a .wasm file, checked against a board. */

import { join, resolve } from 'node:path'
import { ramBytes } from '../board/index.js'
import { appBudget, buildApp, type Share } from '../build/index.js'
import { projectRoot, shown } from '../board/root.js'
import { CliError, type Command } from './command.js'
import { writeFiles } from './files.js'
import { progressOf } from './progress.js'

export const buildCommand: Command = {
  name: 'build',
  summary: 'Compiles an app and checks it against a board.',
  doc: 'Compiles an app to WebAssembly, checks that it is valid, modest enough for a device, and that the board has every pin and capability it uses, room for it in a slot and for what the interpreter makes of it. What did not change is not compiled again.',
  arguments: [{ name: 'APP', doc: 'A name (see: tinytwin apps), or the path of a .ts file or of a folder with an index.ts.' }],
  options: [
    { name: 'board', value: 'BOARD', doc: 'A name (see: tinytwin boards), or the path of a board.json. Default: the one the app was written for.' },
    { name: 'out', value: 'FILE', doc: 'Where the module goes; its source map goes beside it as FILE.map. Default: build/out/APP.wasm. A file that is no module is not replaced.' },
    { name: 'debug', doc: 'Leave the code unoptimized.' },
  ],
  examples: [
    ['build coffee-machine', 'Builds it for its own board.'],
    ['build ./door.ts --board ./boards/door/board.json --out door.wasm', 'Your app on your board.'],
  ],
  run: async ({ args, terminal }) => {
    const board = args.text('board')
    const progress = progressOf(terminal)
    const built = await buildApp({ app: args.positionals[0] ?? '', release: !args.flag('debug'), progress: progress.begin, ...(board === undefined ? {} : { board }) })
      .finally(progress.end)
    const budget = appBudget(built)
    if (budget.problems.length > 0) throw new CliError(budget.problems.join('\n'))
    const ram = { bytes: ramBytes(built.board, built.board.chip), of: built.board.chip.ramBytes }
    const out = resolve(args.text('out') ?? join(projectRoot, 'build', 'out', `${built.name}.wasm`))
    writeFiles([{ path: out, content: built.wasm, kind: 'wasm' }, { path: `${out}.map`, content: built.map, kind: 'map' }])
    const { name, buildId, capabilities, model, sizes, compiled } = built
    terminal.print(args.json
      ? `${JSON.stringify({ type: 'build', app: name, board: built.board.name, buildId, file: out, capabilities, ...model === undefined ? {} : { model }, ...sizes, cached: !compiled, budget: { ram, slot: budget.slot, code: budget.code } })}\n`
      : `${shown(out)}: ${sizes.wasm} bytes (code ${sizes.code}, data ${sizes.data}), build ${buildId}\n`
        + `  for ${built.board.name}: ${sizes.staticData} of ${sizes.guest} bytes of guest memory are taken before the first allocation\n`
        + `  takes ${share(budget.slot)} bytes of its slot${budget.code === undefined ? '' : `, about ${share(budget.code)} as compiled code`}; the board's RAM budget is ${share(ram)}\n`
        + `  uses ${capabilities.join(', ') || 'no capability'}\n`
        + (model === undefined ? '' : `  announces ${model}\n`))
    return 0
  },
}

const share = ({ bytes, of }: Share): string => `${bytes} of ${of}`
