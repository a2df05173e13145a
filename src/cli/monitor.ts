/** `tinytwin monitor`: what a board says on its serial port, or what devices send to a hub. */

import { loadBoard } from '../board/index.js'
import { buildApp } from '../build/index.js'
import { listPorts } from '../flash/index.js'
import { CliError, type Arguments, type Command } from './command.js'
import { watchConsole } from './console.js'
import { ended, realSpan } from './ending.js'
import { choosePort } from './port_choice.js'
import { progressOf } from './progress.js'
import { monitorHub, monitorOptions } from './remote/message.js'

const boardOptions = [
  { name: 'port', value: 'PORT', doc: 'The board\'s log: a serial port such as /dev/ttyUSB0, or socket://HOST:PORT. Default with --board or --app: the only USB one; of several you choose.' },
  { name: 'board', value: 'BOARD', doc: 'Whose log it is: decides how fast the port is.' },
  { name: 'app', value: 'APP', doc: 'Which app it runs: crashes are shown with their line of TypeScript.' },
  { name: 'baud', value: 'N', doc: 'Speed of the port. Default: the board\'s, else 115200.' },
] as const

export const monitorCommand: Command = {
  name: 'monitor',
  summary: 'Shows a board\'s log, or what devices send to a hub.',
  doc: 'With --port, --board or --app the log of a board on a serial port, through resets and unplugging. Otherwise the built-in endpoint of a hub, from now on or from an earlier time. Until Ctrl-C.',
  arguments: [],
  options: [
    ...boardOptions,
    { name: 'for', value: 'DURATION', doc: 'Stop by itself after this time. Default: run until Ctrl-C.' },
    ...monitorOptions,
  ],
  examples: [
    ['monitor --port /dev/ttyUSB0 --app coffee-machine', 'The log of the board, crashes with their lines.'],
    ['monitor --device grinder-1', 'One device, at its hub.'],
    ['monitor --since 1h --for 5s --json', 'What came to the hub in the last hour, for a script.'],
  ],
  run: async (invocation) => {
    const { args, terminal } = invocation
    const ofBoard = given(args, boardOptions)
    if (ofBoard === undefined) return await monitorHub(invocation)
    const ofHub = given(args, monitorOptions)
    if (ofHub !== undefined) throw new CliError(`--${ofBoard} watches a board, --${ofHub} a hub: give one of them`)
    const forMs = realSpan(args)
    const baudGiven = args.whole('baud', { min: 300, max: 4_000_000 })
    const over = new AbortController()
    const signal = AbortSignal.any([terminal.interruption(), over.signal])
    const [name, boardName] = [args.text('app'), args.text('board')]
    const progress = progressOf(terminal)
    const app = name === undefined ? undefined : await buildApp({ app: name, progress: progress.begin, ...(boardName === undefined ? {} : { board: boardName }) }).finally(progress.end)
    const board = app?.board ?? (boardName === undefined ? undefined : loadBoard(boardName))
    const spec = await choosePort(args.text('port'), args.text('port') === undefined ? await listPorts() : [], terminal)
    const finish = async (): Promise<void> => {
      await ended(signal, forMs)
      over.abort()
    }
    const finishing = finish()
    try {
      await watchConsole({ spec, baud: baudGiven ?? board?.console?.baud ?? 115_200, app, json: args.json, signal }, terminal)
    } finally {
      over.abort()
      await finishing
    }
    return 0
  },
}

function given(args: Arguments, options: readonly { readonly name: string }[]): string | undefined {
  return options.find(({ name }) => args.text(name) !== undefined)?.name
}
