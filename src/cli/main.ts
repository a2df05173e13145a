/** The command line's door: finds the command, parses its words, and turns whatever goes wrong into one sentence and exit code 1. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suggestion } from '../board/nearest.js'
import { projectRoot } from '../board/root.js'
import { appsCommand, boardsCommand } from './list.js'
import { buildCommand } from './build.js'
import { CliError, parseCommandLine, type Command } from './command.js'
import { devCommand } from './dev.js'
import { flashCommand } from './flash.js'
import { commandHelp, programHelp } from './help.js'
import { hubCommand } from './hub.js'
import { modelCommand } from './model.js'
import { monitorCommand } from './monitor.js'
import { deviceCommand } from './remote/device.js'
import { c2dCommand } from './remote/message.js'
import { methodCommand, queryCommand, twinCommand } from './remote/twin.js'
import { simCommand } from './sim.js'
import { sizeCommand } from './size.js'
import { trustCommand } from './trust.js'
import { processTerminal, type Terminal } from './terminal.js'

export const commands: readonly Command[] = [
  devCommand, simCommand, buildCommand, flashCommand, monitorCommand, sizeCommand, modelCommand, appsCommand, boardsCommand,
  hubCommand, deviceCommand, twinCommand, methodCommand, c2dCommand, queryCommand, trustCommand,
]

/** Runs one command line; the result is the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const { terminal, release } = processTerminal()
  try {
    return await run(argv, terminal)
  } finally {
    release()
  }
}

export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const [word, ...rest] = argv
    if (word === undefined || word === '--help' || word === '-h' || word === 'help') return help(rest, terminal)
    if (word === '--version' || word === '-v') {
      terminal.print(`${version()}\n`)
      return 0
    }
    const command = find(word)
    const args = parseCommandLine(command, rest.map((argument) => argument === '-h' ? '--help' : argument))
    if (args.flag('help')) {
      terminal.print(commandHelp(command))
      return 0
    }
    return await command.run({ args, terminal })
  } catch (error) {
    terminal.say(`error: ${sentence(error)}\n`)
    return 1
  }
}

function help([word]: readonly string[], terminal: Terminal): number {
  terminal.print(word === undefined || word.startsWith('-') ? programHelp(commands, version()) : commandHelp(find(word)))
  return 0
}

function find(word: string): Command {
  const command = commands.find(({ name }) => name === word)
  if (command !== undefined) return command
  const names = commands.map(({ name }) => name)
  const what = word.startsWith('-') ? 'option' : 'command'
  throw new CliError(`there is no ${what} '${word}' (commands: ${names.join(', ')}).${suggestion(word, names)} See: tinytwin --help`)
}

function version(): string {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
  return version
}

// A mistake of ours is shown with its stack, for whoever reports it; all else is a sentence already.
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const bug = error instanceof TypeError || error instanceof ReferenceError || error.name === 'AssertionError'
  return bug ? `this is a bug in TinyTwin, please report it\n${error.stack ?? error.message}` : error.message
}
