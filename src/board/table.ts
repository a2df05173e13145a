/** A board as the native addon takes it: the fields of struct tt_board (native/core/board.h), nothing else. */

import type { PinKind } from '../abi/abi.js'
import type { Board } from './board.js'

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
}

export function boardTable(board: Board): BoardTable {
  const store = board.flash.partitions.find((partition) => partition.use === 'store')
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
    storeBlocks: store === undefined ? 0 : store.kib * 1024 / store.eraseBytes,
  }
}
