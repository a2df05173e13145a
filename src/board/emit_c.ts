/** Boards as C: the struct tt_board (native/core/board.h) of each, for mains that are compiled with their boards. */

import type { Board } from './board.js'
import { boardTable } from './table.js'

const kinds: Readonly<Record<number, string>> = { 1: 'TT_PIN_OUTPUT', 2: 'TT_PIN_INPUT', 4: 'TT_PIN_ANALOG', 8: 'TT_PIN_PWM', 16: 'TT_PIN_I2C' }

function boardLines(board: Board, index: number): string[] {
  const { pins, aliases, ...table } = boardTable(board)
  return [
    `static const struct tt_board_pin pins_${index}[] = {`,
    ...pins.map((pin) => `    {.name = ${text(pin.name)}, .kind = ${kinds[pin.kind]!}, .safe = ${pin.safe}, .channel = ${pin.channel}},`),
    '};',
    '',
    ...(aliases.length === 0 ? [] : [
      `static const struct tt_board_alias aliases_${index}[] = {`,
      ...aliases.map(({ name, pin }) => `    {.name = ${text(name)}, .pin = ${pin}},`),
      '};',
      '',
    ]),
    `static const struct tt_board board_${index} = {`,
    `    .name = ${text(table.name)},`,
    `    .pins = pins_${index},`,
    `    .pin_count = ${pins.length},`,
    ...(aliases.length === 0 ? [] : [`    .aliases = aliases_${index},`, `    .alias_count = ${aliases.length},`]),
    `    .guest_bytes = ${table.guestBytes},`,
    `    .guest_stack_bytes = ${table.guestStackBytes},`,
    `    .event_fuel = INT64_C(${table.eventFuel}),`,
    `    .telemetry_bytes = ${table.telemetryBytes},`,
    `    .reply_bytes = ${table.replyBytes},`,
    `    .report_bytes = ${table.reportBytes},`,
    `    .inbox_bytes = ${table.inboxBytes},`,
    `    .packet_bytes = ${table.packetBytes},`,
    `    .receive_bytes = ${table.receiveBytes},`,
    `    .store_blocks = ${table.storeBlocks},`,
    `    .outbox_blocks = ${table.outboxBlocks},`,
    `    .files_blocks = ${table.filesBlocks},`,
    `    .upload_bytes = ${table.uploadBytes},`,
    `    .connections = ${table.connections},`,
    '};',
    '',
  ]
}

/** A C file that defines `tt_boards`, ended by NULL, in the order given. `header` declares it. */
export function boardsSource(boards: readonly Board[], header: string): string {
  return [
    `// Generated from ${boards.map((board) => board.file).join(', ')} by src/board/generate.ts. Do not edit.`,
    `#include "${header}"`,
    '',
    '#include <stddef.h>',
    '',
    ...boards.flatMap(boardLines),
    `const struct tt_board *const tt_boards[] = {${boards.map((_, index) => `&board_${index}, `).join('')}NULL};`,
    '',
  ].join('\n')
}

/** Names of boards, pins and aliases are letters, digits and a few signs (board.schema.json), so they need no escapes. */
const text = (name: string) => `"${name}"`
