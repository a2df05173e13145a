/** `tinytwin flash`: an app, its firmware and the credentials of a device onto a board; scripts/flash hands over to it. */

import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { loadBoard, shownCommand, writeCommands, type Board } from '../board/index.js'
import { shown } from '../board/root.js'
import { appBudget, buildApp, type BuiltApp } from '../build/index.js'
import {
  appPart, connectEsp, externalFlasher, externalTool, firmwareParts, FlashError, listPorts, needsPort, openPort, planJob, planUndo, readCredentials, settingsPart, slotsOf, variables, WriteRecord,
  type Credentials, type Flasher, type Job, type Plan, type Port, type WriteNews, type WritePart,
} from '../flash/index.js'
import { CliError, type Arguments, type Command, type Invocation } from './command.js'
import { watchConsole } from './console.js'
import { choosePort } from './port_choice.js'
import { progressOf } from './progress.js'
import { visible, type Terminal } from './terminal.js'

const consoleBaud = 115_200
const defaultEnv = '.env.local'

export const flashCommand: Command = {
  name: 'flash',
  summary: 'Writes an app, its firmware and credentials to a board.',
  doc: 'Builds the app, checks it against the board, writes the firmware, the app and the credentials of .env.local, verifies what it wrote, and shows the board\'s log. An ESP32 is written by esptool-js, an STM32 by the first of its board\'s programs that is here. The app goes into the slot the device does not start now, so the one before stays; --undo goes back to it. An interrupted run is repeated by the same command.',
  arguments: [{ name: 'APP', doc: 'A name (see: tinytwin apps), or the path of a .ts file or of a folder with an index.ts. Not with --settings or --undo.', optional: true }],
  options: [
    { name: 'board', value: 'BOARD', doc: 'A name (see: tinytwin boards), or the path of a board.json. Default: the one the app was written for.' },
    { name: 'port', value: 'PORT', doc: 'A serial port such as /dev/ttyUSB0, or socket://HOST:PORT of one on another computer. Default: the only USB one there is; of several you choose.' },
    { name: 'app-only', doc: 'Write nothing but the app\'s slot: the firmware stays.' },
    { name: 'settings', doc: 'Write nothing but the credentials.' },
    { name: 'undo', doc: 'Go back to the app in the other slot: the newest is made invalid.' },
    { name: 'slot', value: 'N', doc: 'The app\'s slot, from 0. Default: the one the device does not start now.' },
    { name: 'env', value: 'FILE', doc: `Where the credentials are. Default: ${defaultEnv}; without it those in the device stay.` },
    { name: 'firmware', value: 'DIR', doc: 'Where ESP-IDF built the firmware of an ESP32. Default: build/firmware/BOARD.' },
    { name: 'baud', value: 'N', doc: 'While an ESP32 is written over a serial port. Default: 460800.' },
    { name: 'dry-run', doc: 'Say what would run and be written, with places and sizes; touch no port.' },
    { name: 'monitor', doc: 'Show the log afterwards, until Ctrl-C. Default: at a terminal.' },
    { name: 'no-monitor', doc: 'Do not.' },
  ],
  lists: [{ title: `In ${defaultEnv}, for the device's store (chmod 600; never in an image, never printed)`, rows: variables }],
  examples: [
    ['flash coffee-machine --board esp32-c3-devkitm --port /dev/ttyUSB0', 'All of it, then the log.'],
    ['flash coffee-machine --app-only --dry-run', 'What would be written to the app\'s slot.'],
    ['flash --settings --board esp32-c3-devkitm', 'New credentials for the device that is plugged in.'],
  ],
  run: flash,
}

/** What the words of the command line ask for, without a device. */
interface Wish {
  readonly board: Board
  readonly app: BuiltApp | undefined
  readonly job: Job
  readonly undo: boolean
  readonly credentials: Credentials | undefined
  readonly env: string
}

async function flash({ args, terminal }: Invocation): Promise<number> {
  checkWords(args)
  const signal = terminal.interruption()
  const wish = await wished(args, terminal)
  for (const warning of wish.credentials?.warnings ?? []) terminal.say(`warning: ${warning}\n`)
  if (args.flag('dry-run')) {
    printPlan(wish, args, terminal)
    return 0
  }
  const { board } = wish
  const tool = board.chip.esp === undefined ? externalTool(board) : undefined
  const watches = args.flag('monitor') || (terminal.live && !args.flag('no-monitor'))
  const spec = tool === undefined || needsPort(tool) ? await choosePort(args.text('port'), await listPorts(), terminal) : args.text('port')
  if (tool !== undefined) {
    const port = needsPort(tool) ? spec : undefined
    await write(wish, externalFlasher({ board, tool, signal, ...(port === undefined ? {} : { port }) }), args, terminal)
    if (!watches) return 0
    await watchConsole({ spec: spec ?? await choosePort(undefined, await listPorts(), terminal), baud: board.console?.baud ?? consoleBaud, app: wish.app, json: args.json, signal }, terminal)
    return 0
  }
  const port = await openPort(spec ?? '', consoleBaud)
  try {
    await flashEsp(wish, port, { watches, signal }, { args, terminal })
  } finally {
    await port.close()
  }
  return 0
}

async function flashEsp(wish: Wish, port: Port, { watches, signal }: { readonly watches: boolean, readonly signal: AbortSignal }, { args, terminal }: Invocation): Promise<void> {
  const { board, app } = wish
  const baud = args.whole('baud', { min: 9600, max: 4_000_000 }) ?? 460_800
  if (terminal.attended) terminal.say(`connecting to ${port.name} …`)
  const flasher = await connectEsp({ board, port, baud, signal }).finally(() => { if (terminal.attended) terminal.say('\r\u001B[K') })
  await write(wish, flasher, args, terminal)
  const start = async (): Promise<void> => {
    if (!await flasher.restart()) terminal.say('press RESET (or EN) on the board to start it\n')
  }
  if (!watches) {
    await start()
    return
  }
  const consoleSpeed = board.console?.baud ?? consoleBaud
  let starting: Promise<void> | undefined
  await watchConsole({
    spec: port.name, baud: consoleSpeed, port, app, json: args.json, signal,
    // The first lines are said at once.
    listening: () => { starting = start().then(() => port.setBaud(consoleSpeed)) },
  }, terminal)
  await starting
}

function checkWords(args: Arguments): void {
  const [app] = args.positionals
  const exclusive = ['app-only', 'settings', 'undo'].filter((name) => args.flag(name))
  if (exclusive.length > 1) throw new CliError(`--${exclusive[0]} and --${exclusive[1]} exclude each other`)
  const needsApp = !args.flag('settings') && !args.flag('undo')
  if (needsApp && app === undefined) throw new CliError(`'flash' needs APP: A name (see: tinytwin apps). See: tinytwin flash --help`)
  if (!needsApp && args.text('board') === undefined && app === undefined) throw new CliError(`--${exclusive[0]} needs --board BOARD`)
  if (!needsApp && args.text('slot') !== undefined) throw new CliError('--slot is for an app')
  if (args.flag('monitor') && args.flag('no-monitor')) throw new CliError('--monitor and --no-monitor exclude each other')
}

async function wished(args: Arguments, terminal: Terminal): Promise<Wish> {
  const [name] = args.positionals
  const only = { app: args.flag('app-only'), settings: args.flag('settings'), undo: args.flag('undo') }
  const progress = progressOf(terminal)
  try {
    const boardName = args.text('board')
    const app = name === undefined ? undefined : await buildApp({ app: name, progress: progress.begin, ...(boardName === undefined ? {} : { board: boardName }) })
    const board = app?.board ?? loadBoard(boardName ?? '')
    const problems = app === undefined || only.settings || only.undo ? [] : appBudget(app).problems
    if (problems.length > 0) throw new CliError(problems.join('\n'))
    checkWritable(board)
    if (board.chip.esp === undefined && !args.flag('dry-run')) externalTool(board) // here, or throws before anything takes long
    const slot = args.whole('slot', { min: 0, max: Math.max(slotsOf(board).length - 1, 0) })
    const env = args.text('env') ?? defaultEnv
    const wantsSettings = !only.app && !only.undo
    const credentials = wantsSettings ? readCredentials(resolve(env)) : undefined
    if (only.settings && credentials === undefined) throw new CliError(`there is no ${env} to take credentials from. See: tinytwin flash --help`)
    if (credentials === undefined && args.text('env') !== undefined && wantsSettings) throw new CliError(`there is no file '${env}'`)
    if (credentials === undefined && wantsSettings) terminal.say(`no ${defaultEnv}: the credentials in the device stay as they are\n`)
    if (credentials !== undefined && board.network.kind === 'wifi' && credentials.settings.wifi === undefined) terminal.say(`warning: ${env} has no TINYTWIN_WIFI, without which board '${board.name}' reaches no network\n`)
    const folder = args.text('firmware')
    const writesFirmware = app !== undefined && !only.app && !only.settings && !only.undo
    const { parts: firmware, note } = writesFirmware ? await firmwareParts({ board, app: app.entry, progress: progress.begin, folder: folder === undefined ? undefined : resolve(folder) }) : { parts: [] }
    if (note !== undefined) terminal.say(`${note}\n`)
    if (app !== undefined && !only.settings && !only.undo) appPart(board, app, 0, 1) // fits, or throws
    return {
      board, app, env, credentials, undo: only.undo,
      job: { board, firmware, slot, settings: credentials?.settings, app: only.settings || only.undo ? undefined : app },
    }
  } finally {
    progress.end()
  }
}

function checkWritable(board: Board): void {
  const tools = board.flash.tools ?? []
  if (tools.length === 0) throw new CliError(`board '${board.name}' names no program that writes it: its board.json has no flash tools`)
  if (tools.every((tool) => tool === 'qemu')) {
    throw new CliError(`board '${board.name}' is an emulator: there is nothing to flash. 'npm test' runs its firmware in QEMU, 'tinytwin size APP --board ${board.name}' builds it, 'tinytwin sim APP --board ${board.name}' simulates it`)
  }
}

async function write(wish: Wish, flasher: Flasher, args: Arguments, terminal: Terminal): Promise<void> {
  const { board, app, job, undo } = wish
  if (!args.json) terminal.print(`${visible(flasher.what)}\n`)
  const plan = undo ? await planUndo(board, flasher) : await planJob(job, flasher)
  const record = new WriteRecord(plan, newsOn(terminal, args.json))
  try {
    await flasher.write(plan.parts, record.news)
  } catch (error) {
    if (terminal.attended) terminal.say('\r\u001B[K')
    if (!(error instanceof FlashError)) throw error
    throw new CliError(`${error.message}. ${record.state()}`, { cause: error })
  }
  if (args.json) {
    const written = plan.parts.map((part) => describe(part))
    terminal.print(`${JSON.stringify({ type: 'flash', board: board.name, device: flasher.what, ...(app === undefined || undo ? {} : { app: app.name, build: app.buildId }), ...(plan.slot === undefined ? {} : { slot: plan.slot.name }), ...(plan.kept === undefined ? {} : { kept: plan.kept.name }), written })}\n`)
    return
  }
  terminal.print(sentenceAfter(plan, undo, board))
}

function sentenceAfter({ slot, kept, parts }: Plan, undo: boolean, board: Board): string {
  if (undo) return `the device starts the app in ${slot?.name ?? ''} again\n`
  const all = parts.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const back = kept === undefined ? '' : `; the app before stays in ${kept.name}, to go back: scripts/flash --undo --board ${board.name}`
  return `${number(all)} bytes written and verified${slot === undefined ? '' : `, the app in ${slot.name}`}${back}\n`
}

/** A bar for a person, a line for everyone else. */
function newsOn(terminal: Terminal, json: boolean): WriteNews {
  let current: WritePart | undefined
  let shownPercent = -1
  const finished: (text: string) => void = json ? () => {} : terminal.print
  return {
    begin: (part) => {
      current = part
      shownPercent = -1
    },
    progress: (share) => {
      if (current === undefined) return
      const { label, partition, offset, bytes } = current
      const percent = Math.floor(share * 100)
      if (terminal.attended && percent !== shownPercent) {
        const filled = Math.round(share * 24)
        terminal.say(`\r\u001B[K${rowStart(label, offset)}  ${'█'.repeat(filled)}${'░'.repeat(24 - filled)} ${String(percent).padStart(3)} %`)
      }
      shownPercent = percent
      if (share < 1) return
      if (terminal.attended) terminal.say('\r\u001B[K')
      finished(`${rowStart(label, offset)}  ${number(bytes.length).padStart(9)} bytes in ${partition}, verified\n`)
    },
    line: (text) => { if (!json && !terminal.attended) terminal.say(`${visible(text)}\n`) },
  }
}

function printPlan({ board, job, undo, credentials, env }: Wish, args: Arguments, terminal: Terminal): void {
  const slots = slotsOf(board)
  const { app, slot, firmware } = job
  const settings = credentials === undefined ? [] : [settingsPart(board, credentials.settings)]
  const first = app === undefined ? [] : [appPart(board, app, slot ?? 0, 1)]
  const parts = [...firmware, ...settings, ...first]
  const other = app === undefined || slot !== undefined ? [] : slots.slice(1).map(({ name, atKib }) => ({ partition: name, offset: atKib * 1024 }))
  const fields = credentials?.shown ?? []
  const esp = board.chip.esp !== undefined
  const by = esp ? `esptool-js, port ${args.text('port') ?? 'the one that is found'}` : (board.flash.tools ?? []).join(' or ')
  if (args.json) {
    for (const part of parts) {
      terminal.print(`${JSON.stringify({ type: 'would-write', ...describe(part), ...(part === first[0] && other.length > 0 ? { or: other } : {}) })}\n`)
    }
    terminal.print(`${JSON.stringify({ type: 'dry-run', board: board.name, by, undo, settings: fields })}\n`)
    return
  }
  terminal.print(`would write ${board.name} by ${by}:\n`)
  if (undo) terminal.print(`  the header of the newest app in ${slots.map(({ name }) => name).join(' or ')}, erased\n`)
  for (const part of parts) {
    const hash = !firmware.includes(part) ? '' : `, SHA-256 ${createHash('sha256').update(part.bytes).digest('hex').slice(0, 16)}…`
    const isApp = part === first[0]
    const or = isApp && other.length > 0 ? other.map(({ partition, offset }) => ` or ${partition} at ${hex(offset)}`).join('') : ''
    terminal.print(`${rowStart(part.label, part.offset)}  ${number(part.bytes.length).padStart(9)} bytes in ${part.partition}${or}${isApp && or !== '' ? ', the one the device does not start now' : hash}\n`)
  }
  if (fields.length > 0) terminal.print(`  settings from ${shown(resolve(env))}: ${fields.map(({ name, bytes }) => `${name} (${number(bytes)} bytes)`).join(', ')}\n`)
  if (esp) return
  const tool = (board.flash.tools ?? []).find((name) => name !== 'qemu')
  const start = Number(board.chip.flashAddress ?? 0)
  const commands = tool === undefined ? [] : writeCommands(tool, board, parts.map(({ label, partition, offset }) => ({ file: `${label.replace(/^.*\//, '')}:${partition}`, at: start + offset })), args.text('port'))
  for (const command of commands) terminal.print(`  ${shownCommand(command)}\n`)
}

function describe({ label, partition, offset, bytes }: WritePart): { file: string, partition: string, offset: number, bytes: number } {
  return { file: label, partition, offset, bytes: bytes.length }
}

const rowStart = (label: string, offset: number): string => `  ${label.padEnd(22)} ${hex(offset)}`
const hex = (value: number): string => `0x${value.toString(16).padStart(6, '0')}`
const number = (value: number): string => value.toLocaleString('en')
