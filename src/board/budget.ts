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
    tlsBytes: tls.connections * (tls.receiveBytes + tls.sendBytes + handshakeBytes),
    ...stackBytes,
  }
}

/** Bytes of RAM by what they are for. Reports count twice, since the link keeps as much again. */
export function ramBudget(board: Budgeted, chip: Pick<ChipFile, 'systemRamBytes'>): Readonly<Record<string, number>> {
  const { guestBytes, guestStackBytes, telemetryBytes, replyBytes, reportBytes, inboxBytes, packetBytes, receiveBytes, uploadBytes } = board.memory
  const { vmBytes, tlsBytes, appStackBytes, linkStackBytes } = heapsOf(board)
  return {
    'guest memory': guestBytes,
    'guest stack': guestStackBytes,
    'interpreter': vmBytes - guestBytes - guestStackBytes,
    'TLS': tlsBytes,
    'outbox': telemetryBytes + replyBytes + 2 * reportBytes,
    'inbox': inboxBytes,
    'packets': packetBytes + receiveBytes,
    ...(uploadBytes > 0 ? { uploads: uploadBytes } : {}),
    'stacks': appStackBytes + linkStackBytes,
    'system': chip.systemRamBytes,
  }
}

export function ramBytes(board: Budgeted, chip: Pick<ChipFile, 'systemRamBytes'>): number {
  return Object.values(ramBudget(board, chip)).reduce((sum, bytes) => sum + bytes, 0)
}

/** Something to give up: `saves` bytes of RAM. */
export interface Saving {
  readonly saves: number
  /** `network.tls.receiveBytes 16384 → 4096 saves 12,288 B if …`. */
  readonly says: string
}

/** What could be given up, the least missed first. */
export function savings(board: Budgeted & Pick<BoardFile, 'flash'>): Saving[] {
  const { memory, network: { tls }, firmware } = board
  const found: Saving[] = []
  const add = (field: string, from: number, to: number, { times = 1, price }: { readonly times?: number, readonly price: string }): void => {
    const saves = times * (from - to)
    if (saves > 0) found.push({ saves, says: `${field} ${from} → ${to} saves ${number(saves)} B ${price}` })
  }
  const durable = board.flash.partitions.some(({ use }) => use === 'outbox')
  add('memory.telemetryBytes', memory.telemetryBytes, Math.min(memory.telemetryBytes, 3072), { price: durable ? 'since telemetry waits in the outbox on flash' : 'but fewer messages wait while the hub is away' })
  add('memory.uploadBytes', memory.uploadBytes, 0, { price: 'if the app uploads no files' })
  add('network.tls.receiveBytes', tls.receiveBytes, Math.min(tls.receiveBytes, 4096), {
    price: `if the peer is known to send records so short${firmware === undefined ? '' : '; take as much from firmware.tlsBytes'}`,
  })
  add('memory.inboxBytes', memory.inboxBytes, Math.max(memory.receiveBytes, Math.min(memory.inboxBytes, memory.receiveBytes + 512)), { price: 'but messages from the hub queue less' })
  add('memory.replyBytes', memory.replyBytes, Math.min(memory.replyBytes, 1024), { price: 'but replies to methods must be short' })
  add('memory.reportBytes', memory.reportBytes, Math.min(memory.reportBytes, 1024), { times: 2, price: 'but fewer reported properties wait' })
  add('memory.receiveBytes', memory.receiveBytes, Math.min(memory.receiveBytes, 2048), { price: 'if no message or twin of the hub is longer' })
  add('memory.guestStackBytes', memory.guestStackBytes, Math.min(memory.guestStackBytes, 2048), { price: `if the app calls less deep${firmware === undefined ? '' : '; take as much from firmware.vmBytes'}` })
  add('memory.guestBytes', memory.guestBytes, Math.min(memory.guestBytes, 16384), { price: `if the app is content with it${firmware === undefined ? '' : '; take as much from firmware.vmBytes'}` })
  return found
}

/** A sentence of the savings that together make up for `over` bytes, or of all with what is still missing. */
export function whatToGiveUp(board: Parameters<typeof savings>[0], over: number): string {
  const all = savings(board)
  const single = all.find(({ saves }) => saves >= over)
  if (single !== undefined) return `give up: ${single.says}`
  const chosen: Saving[] = []
  for (const saving of all) {
    if (sum(chosen) >= over) break
    chosen.push(saving)
  }
  const missing = over - sum(chosen)
  const list = chosen.map(({ says }) => says).join('; ')
  if (list === '') return 'nothing of it can be given up; take a larger chip'
  return missing > 0 ? `give up: ${list}; ${number(missing)} B are still missing: take a larger chip` : `give up: ${list}`
}

const sum = (chosen: readonly Saving[]): number => chosen.reduce((total, { saves }) => total + saves, 0)
const number = (value: number): string => value.toLocaleString('en')
