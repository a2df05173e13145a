/** What a board's RAM goes to, as its file declares it, and what could be given up. Knows no linker's map. */

import type { BoardFile, ChipFile, FirmwareFile } from './file.js'

type Budgeted = Pick<BoardFile, 'memory' | 'network' | 'firmware'>

/** What a board without a firmware section is reckoned with: the sizes of the emulated one. */
const codeBytes = 28 * 1024
const handshakeBytes = 12 * 1024
const stackBytes = { appStackBytes: 4096, linkStackBytes: 5120 }

/** Heaps and stacks of the firmware, declared or reckoned. */
export function heapsOf({ memory, network: { tls }, firmware }: Budgeted): Pick<FirmwareFile, 'vmBytes' | 'tlsBytes' | 'appStackBytes' | 'linkStackBytes'> {
  return firmware ?? {
    vmBytes: memory.guestBytes + memory.guestStackBytes + codeBytes,
    tlsBytes: tls.receiveBytes + tls.sendBytes + handshakeBytes,
    ...stackBytes,
  }
}

/** Bytes of RAM by what they are for. Reports count twice, since the link keeps as much again. */
export function ramBudget(board: Budgeted, chip: Pick<ChipFile, 'systemRamBytes'>): Readonly<Record<string, number>> {
  const { guestBytes, guestStackBytes, telemetryBytes, replyBytes, reportBytes, inboxBytes, packetBytes, receiveBytes } = board.memory
  const { vmBytes, tlsBytes, appStackBytes, linkStackBytes } = heapsOf(board)
  return {
    'guest memory': guestBytes,
    'guest stack': guestStackBytes,
    'interpreter': vmBytes - guestBytes - guestStackBytes,
    'TLS': tlsBytes,
    'outbox': telemetryBytes + replyBytes + 2 * reportBytes,
    'inbox': inboxBytes,
    'packets': packetBytes + receiveBytes,
    'stacks': appStackBytes + linkStackBytes,
    'system': chip.systemRamBytes,
  }
}

export function ramBytes(board: Budgeted, chip: Pick<ChipFile, 'systemRamBytes'>): number {
  return Object.values(ramBudget(board, chip)).reduce((sum, bytes) => sum + bytes, 0)
}
