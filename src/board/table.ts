/** A board as the native addon takes it: the fields of struct tt_board (native/core/board.h), nothing else. */

import type { PinKind } from '../abi/abi.js'
import type { Board } from './board.js'
import type { Partition } from './file.js'

/** enum tt_pin_kind. */
export const pinKinds: Readonly<Record<PinKind, number>> = { output: 1, input: 2, analog: 4, pwm: 8, i2c: 16 }

export interface BoardTable {
  readonly name: string
  readonly pins: readonly { readonly name: string, readonly kind: number, readonly safe: number, readonly channel: number }[]
  /** Names printed on the board, each with the place of its pin. */
  readonly aliases: readonly { readonly name: string, readonly pin: number }[]
  readonly guestBytes: number
  readonly guestStackBytes: number
  /** Calls and loop turns one event may use. */
  readonly eventFuel: number
  readonly telemetryBytes: number
  readonly replyBytes: number
  readonly reportBytes: number
  readonly inboxBytes: number
  readonly packetBytes: number
  readonly receiveBytes: number
  /** Erase blocks of the store's partition; 0: no store. */
  readonly storeBlocks: number
  /** Erase blocks of the outbox's partition; 0: telemetry that cannot leave waits in RAM only. */
  readonly outboxBlocks: number
  /** Erase blocks of the files partition; 0: none. */
  readonly filesBlocks: number
  /** RAM for the upload of a file; 0: none can be uploaded. */
  readonly uploadBytes: number
  /** TLS connections there is memory for at once. */
  readonly connections: number
}

export function boardTable(board: Board): BoardTable {
  return {
    name: board.name,
    pins: board.pins.map((pin) => ({
      name: pin.name,
      kind: pinKinds[pin.kind],
      safe: pin.kind === 'output' ? pin.safe : 0,
      channel: pin.channel,
    })),
    aliases: board.aliases.flatMap(({ name, pin }) => {
      const index = board.pins.findIndex((entry) => entry.name === pin)
      return index < 0 ? [] : [{ name, pin: index }]
    }),
    ...board.memory,
    eventFuel: board.eventFuel,
    storeBlocks: blocksOf(board, 'store'),
    outboxBlocks: blocksOf(board, 'outbox'),
    filesBlocks: blocksOf(board, 'files'),
    uploadBytes: board.memory.uploadBytes,
    connections: board.network.tls.connections,
  }
}

function blocksOf(board: Board, use: Partition['use']): number {
  const partition = board.flash.partitions.find((entry) => entry.use === use)
  return partition === undefined ? 0 : partition.kib * 1024 / partition.eraseBytes
}
