/** Writes help from the descriptions of commands; knows none by name. */

import { commonOptions, type Command } from './command.js'

const width = 92

export function programHelp(commands: readonly Command[], version: string): string {
  return [
    `tinytwin ${version}: microcontroller firmware for Azure IoT, written in TypeScript`,
    '',
    'Usage: tinytwin COMMAND [ARGUMENT…] [--OPTION…]',
    '',
    'Commands:',
    ...table(commands.map(({ name, summary }) => [name, summary])),
    '',
    'Options:',
    ...table([['--help', 'This text; after a command, the help of that command.'], ['--version', 'The version of TinyTwin.']]),
    '',
    'Spans of time are written as 500ms, 20s, 5m, 24h, 7d or 1h30m. With --json a command writes one',
    'JSON object a line to stdout; progress, warnings and errors go to stderr. Exit code 0 is success.',
    '',
  ].join('\n')
}

export function commandHelp(command: Command): string {
  const words = command.arguments.map(({ name, optional }) => optional === true ? ` [${name}]` : ` ${name}`).join('')
  const options = [...command.options, ...commonOptions]
  const lines = [`Usage: tinytwin ${command.name}${words} [--OPTION…]`, '', ...wrap(command.doc, width), '']
  if (command.arguments.length > 0) lines.push('Arguments:', ...table(command.arguments.map(({ name, doc }) => [name, doc])), '')
  lines.push('Options:', ...table(options.map(({ name, value, doc }) => [`--${name}${value === undefined ? '' : ` ${value}`}`, doc])), '')
  for (const { title, rows } of command.lists ?? []) lines.push(`${title}:`, ...table(rows), '')
  if (command.examples.length > 0) {
    lines.push('Examples:')
    for (const [line, doc] of command.examples) lines.push(`  tinytwin ${line}`, ...wrap(doc, width - 6).map((text) => `      ${text}`))
    lines.push('')
  }
  return lines.join('\n')
}

/** Two columns, the second wrapped. */
export function table(rows: readonly (readonly [left: string, right: string])[]): string[] {
  const left = Math.max(...rows.map(([text]) => text.length)) + 4
  return rows.flatMap(([text, doc]) => wrap(doc, width - left)
    .map((line, index) => `${index === 0 ? `  ${text}`.padEnd(left) : ' '.repeat(left)}${line}`))
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
