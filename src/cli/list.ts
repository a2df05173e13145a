/** `tinytwin boards` and `tinytwin apps`: what there is. */

import { boardNames, loadBoard } from '../board/index.js'
import { appNames, findApp } from '../build/index.js'
import type { Command, Invocation } from './command.js'
import { table } from './help.js'

export const boardsCommand: Command = {
  name: 'boards',
  summary: 'Lists the boards, with their pins and what has been proven on them.',
  doc: 'Lists the boards that come with TinyTwin: chip, proof (hardware, emulator, compiled or simulated), memory of the app, pins.',
  arguments: [],
  options: [],
  examples: [['boards --json', 'The same for a script.']],
  run: async (invocation) => {
    list(invocation, boardNames().map((name) => {
      const { title, chip, proof, memory, pins } = loadBoard(name)
      return {
        json: { type: 'board', board: name, title, chip: chip.name, proof, guestBytes: memory.guestBytes, pins: pins.map(({ name: pin, kind }) => ({ pin, kind })) },
        row: [name, `${title}. ${chip.title}, ${proof}, ${memory.guestBytes} bytes for the app. Pins: ${pins.map(({ name: pin, kind }) => `${pin} (${kind})`).join(', ')}.`],
      }
    }))
    return 0
  },
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
