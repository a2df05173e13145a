/** `tinytwin boards` and `tinytwin apps`: what there is. */

import { boardNames, boardPage, espPartitionsCsv, flashCommands, layoutOf, loadBoard, outboxHours, ramBudget, type Board } from '../board/index.js'
import { appNames, findApp } from '../build/index.js'
import { CliError, type Command, type Invocation } from './command.js'
import { table } from './help.js'

export const boardsCommand: Command = {
  name: 'boards',
  summary: 'Lists the boards, or shows one: pins, memory, flash, proof.',
  doc: 'Lists the boards that come with TinyTwin: chip, proof (hardware, emulator, compiled or simulated), memory of the app, pins. With a board it shows its page: pins with the chip\'s and what is printed beside them, RAM, flash partitions, how it is flashed.',
  arguments: [{ name: 'BOARD', doc: 'A name, or the path of a board.json.', optional: true }],
  options: [
    { name: 'md', doc: 'With a board: its page as Markdown.' },
    { name: 'csv', doc: 'With a board of Espressif: its partitions.csv for ESP-IDF.' },
  ],
  examples: [['boards --json', 'The list for a script.'], ['boards nucleo-f429zi', 'All about one board.'], ['boards ./boards/door/board.json --md', 'The page of yours.']],
  run: async (invocation) => {
    const { args, terminal } = invocation
    const [name] = args.positionals
    if (name !== undefined) {
      terminal.print(pageOf(loadBoard(name), invocation))
      return 0
    }
    if (args.flag('md') || args.flag('csv')) throw new CliError('a page is of one board: tinytwin boards BOARD --md')
    list(invocation, boardNames().map((entry) => {
      const { title, chip, proof, memory, pins } = loadBoard(entry)
      return {
        json: { type: 'board', board: entry, title, chip: chip.name, proof, guestBytes: memory.guestBytes, pins: pins.map(({ name: pin, kind }) => ({ pin, kind })) },
        row: [entry, `${title}. ${chip.title}, ${proof}, ${memory.guestBytes} bytes for the app. Pins: ${pins.map(({ name: pin, kind }) => `${pin} (${kind})`).join(', ')}.`],
      }
    }))
    return 0
  },
}

function pageOf(board: Board, { args }: Invocation): string {
  if (args.flag('csv')) {
    if (board.chip.esp === undefined) throw new CliError(`board '${board.name}' has ${board.chip.title}, which has no partitions.csv; leave --csv out to see its flash`)
    return espPartitionsCsv(board)
  }
  if (!args.json) return boardPage(board, args.flag('md') ? 'markdown' : 'text')
  return `${JSON.stringify({
    type: 'board', board: board.name, title: board.title, chip: board.chip.name, proof: board.proof,
    pins: board.pins.map(({ name, kind, wires }) => ({
      pin: name, kind, chipPins: wires.map(({ chipPin }) => chipPin), printed: board.aliases.filter(({ pin }) => pin === name).map((alias) => alias.name),
    })),
    ram: ramBudget(board, board.chip), ramBytes: board.chip.ramBytes, flash: layoutOf(board), outboxHours: outboxHours(board), flashCommands: flashCommands(board),
  })}\n`
}

export const appsCommand: Command = {
  name: 'apps',
  summary: 'Lists the apps, each with the board it was written for.',
  doc: 'Lists the apps that come with TinyTwin, in assembly/apps. Wherever a command takes APP, the path of a .ts file of yours will do too.',
  arguments: [],
  options: [],
  examples: [['apps --json', 'The same for a script.']],
  run: async (invocation) => {
    list(invocation, appNames().map((name) => {
      const { board } = findApp(name)
      return { json: { type: 'app', app: name, board }, row: [name, `for board ${board}`] }
    }))
    return 0
  },
}

function list({ args, terminal }: Invocation, entries: readonly { readonly json: object, readonly row: readonly [string, string] }[]): void {
  if (entries.length === 0) return
  terminal.print(args.json
    ? entries.map(({ json }) => `${JSON.stringify(json)}\n`).join('')
    : `${table(entries.map(({ row }) => row)).join('\n')}\n`)
}
