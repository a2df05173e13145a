/** The documentation page of a board, made of its file alone: as Markdown, or with aligned columns for a terminal. */

import type { Board, BoardPin } from './board.js'
import { ramBudget } from './budget.js'
import { flashCommands } from './flash_commands.js'
import { layoutOf, partitionOf } from './partitions.js'

export type PageFormat = 'markdown' | 'text'

/** What hours are reckoned with. */
const message = { payloadBytes: 64, everySeconds: 10 } as const

/** What native/core/journal.h says a message costs: its payload, 8 bytes and a mark, in whole granules. */
function storedBytes(payload: number, granule: number): number {
  return (Math.ceil((payload + 8) / granule) + 1) * granule
}

/** Of each erase unit: its header and mark, and what only its first message says: id and properties. */
const unitBytes = (granule: number) => (Math.ceil(16 / granule) + 1) * granule + 48

/**
 * Hours of telemetry the outbox on flash holds before the oldest gives way; 0 without an outbox. One erase unit may be begun already, and an eighth
 * of them, if there are four, is for urgent messages (native/core/outbox.h).
 */
export function outboxHours(board: Pick<Board, 'flash'>): number {
  const outbox = partitionOf(board, 'outbox')
  if (outbox === undefined) return 0
  const { programBytes } = board.flash
  const units = outbox.kib * 1024 / outbox.eraseBytes
  const ring = units - (units < 4 ? 0 : Math.max(1, Math.floor(units / 8)))
  const each = Math.floor((outbox.eraseBytes - unitBytes(programBytes)) / storedBytes(message.payloadBytes, programBytes))
  return Math.floor(Math.max(1, ring - 1) * each * message.everySeconds / 3600)
}

const proofs: Readonly<Record<Board['proof'], string>> = {
  hardware: 'its firmware has run on this board',
  emulator: 'its firmware runs in an emulator',
  compiled: 'its firmware compiles; it has not run',
  simulated: 'only the simulator has run it',
}

export function boardPage(board: Board, format: PageFormat): string {
  const { heading, table, code } = format === 'markdown' ? markdown : text
  const budget = Object.entries(ramBudget(board, board.chip))
  const taken = budget.reduce((sum, [, bytes]) => sum + bytes, 0)
  const commands = flashCommands(board)
  const hours = outboxHours(board)
  const { parts } = board
  const wires = wiresOutside(board)
  return `${[
    heading(1, `${board.name}: ${board.title}`),
    `${board.chip.title}, ${board.chip.clockMhz} MHz, ${kib(board.chip.ramBytes)} of RAM, ${kib(board.flash.kib * 1024)} of flash. Proof: ${board.proof}, ${proofs[board.proof]}.`,
    ...(board.chip.unverified === undefined ? [] : [`Not verified: ${board.chip.unverified}`]),
    heading(2, 'Pins'),
    table(['pin', 'kind', 'of the chip', 'printed', 'unit', 'rest', 'note'], board.pins.map((pin) => pinRow(board, pin))),
    ...(wires.length === 0 ? [] : [heading(2, 'Taken by the board'), table(['what', 'of the chip', 'unit'], wires)]),
    heading(2, 'RAM'),
    table(['for', 'bytes'], [...budget.map(([name, bytes]) => [name, number(bytes)]), ['all', `${number(taken)} of ${number(board.chip.ramBytes)}`]]),
    heading(2, 'Flash'),
    table(['partition', 'use', 'offset', 'bytes', 'erase unit'], layoutOf(board).map(({ name, use, offset, bytes, eraseBytes }) =>
      [name, use, hex(offset), number(bytes), eraseBytes === 0 ? '' : number(eraseBytes)])),
    hours === 0 ? 'No outbox on flash: telemetry that waits when power goes is lost.'
      : `The outbox holds about ${number(hours)} hours of telemetry (payloads of ${message.payloadBytes} bytes, one in ${message.everySeconds} s).`,
    heading(2, 'Network'),
    networkSentence(board),
    heading(2, 'Flashing'),
    ...(commands.length === 0 ? ['Nothing writes this board.'] : commands.map(({ commands: lines }) => code(lines))),
    ...(parts.length === 0 ? [] : [
      heading(2, 'In the simulator'),
      table(['part', 'model', 'wired to'], parts.map(({ name, model, pins }) => [name, model, Object.entries(pins).map(([terminal, pin]) => `${terminal}: ${pin}`).join(', ')])),
    ]),
  ].join('\n\n')}\n`
}

function pinRow(board: Board, pin: BoardPin): string[] {
  const chipPins = pin.wires.map(({ chipPin }) => chipPin)
  const printed = board.aliases.filter(({ chipPin }) => chipPins.includes(chipPin)).map(({ name }) => name)
  const rest = pin.kind === 'output' ? `safe ${pin.safe}` : pin.kind === 'input' ? `pull ${pin.pull}` : pin.kind === 'i2c' ? `${number(pin.hz)} Hz` : ''
  const notes = chipPins.flatMap((name) => board.chip.notes?.[name] ?? [])
  return [pin.name, pin.kind, chipPins.join(', '), printed.join(', '), pin.wires.flatMap(({ signal }) => signal?.name ?? []).join(', '), rest, notes.join(' ')]
}

// Wires of console, modem and Ethernet.
function wiresOutside(board: Board): string[][] {
  return [...board.wires.values()].filter(({ path }) => !path.startsWith('/pins/')).map(({ path, owner, chipPin, signal }) =>
    [`${owner} ${path.split('/').at(-1) ?? ''}`, chipPin, signal?.name ?? ''])
}

function networkSentence({ network: { kind, modem, ethernet, tls } }: Board): string {
  const records = `TLS records of ${number(tls.receiveBytes)} bytes in and ${number(tls.sendBytes)} out.`
  switch (kind) {
    case 'wifi': return `Wi-Fi. ${records}`
    case 'ethernet': return `Ethernet${ethernet === undefined ? '' : ` by RMII, PHY ${ethernet.phy} at address ${ethernet.address}`}. ${records}`
    case 'modem': return `A modem that speaks ${modem?.commands ?? ''} at ${number(modem?.baud ?? 0)} baud. ${records}`
    case 'host': return `The computer's own. ${records}`
    case 'none': return 'None: its firmware works offline.'
    default: return kind satisfies never
  }
}

type Cells = readonly (readonly string[])[]

/** Columns that are empty in every row are left out. */
function filled(head: readonly string[], rows: Cells): Cells {
  const kept = head.map((_, column) => rows.some((row) => row[column] !== ''))
  return [head, ...rows].map((row) => row.filter((_, column) => kept[column]))
}

const markdown = {
  heading: (level: number, title: string) => `${'#'.repeat(level)} ${title}`,
  table: (head: readonly string[], rows: Cells) => {
    const [first = [], ...rest] = filled(head, rows)
    return [first, first.map(() => '---'), ...rest].map((row) => `| ${row.join(' | ')} |`).join('\n')
  },
  code: (lines: readonly string[]) => `\`\`\`\n${lines.join('\n')}\n\`\`\``,
}

const text = {
  heading: (_: number, title: string) => title,
  table: (head: readonly string[], rows: Cells) => {
    const all = filled(head, rows)
    const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
    return all.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()).join('\n')
  },
  code: (lines: readonly string[]) => lines.map((line) => `  ${line}`).join('\n'),
}

const number = (value: number): string => value.toLocaleString('en')
const kib = (bytes: number): string => bytes % (1024 * 1024) === 0 ? `${bytes / 1024 / 1024} MiB` : `${number(bytes / 1024)} KiB`
const hex = (value: number): string => `0x${value.toString(16).padStart(6, '0')}`
