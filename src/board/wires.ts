/** Which pin of the chip each of the board's names stands for, and which unit of the chip serves it. Knows no file system. */

import { suggestion } from './nearest.js'
import type { BoardFile, ChipFile, ChipFunction, RmiiSignal } from './file.js'

/** A unit of the chip that ends at a pin: `TIM4_CH3/AF2`. */
export interface Signal {
  /** Without the alternate function: `TIM4_CH3`. */
  readonly name: string
  /** ADC, TIM, I2C, USART, UART or ETH. */
  readonly block: string
  /** 2 of ADC2; 0 of ETH. */
  readonly unit: number
  /** The channel's number, or what the wire is called: SDA, TX. */
  readonly channel: number | string
  /** Alternate function that connects it; 0 where there is none to choose. */
  readonly alternate: number
}

/** One pin of the chip in use. */
export interface Wire {
  /** JSON pointer of what names it. */
  readonly path: string
  /** The board's pin, or console, modem, ethernet. */
  readonly owner: string
  /** As the board file says it: a pin of the chip or an alias. */
  readonly written: string
  readonly chipPin: string
  /** Absent where the pin is any pin's work or the chip connects it by itself. */
  readonly signal?: Signal
}

type Need = ChipFunction | `ETH_${string}`

interface Wanted {
  readonly path: string
  readonly owner: string
  readonly written: string
  readonly need: Need
}

/** Throws what `fail` throws for the first wire that cannot be. */
export type Fail = (path: string, problem: string) => never

/** Wires by the path of what names them, all distinct. */
export function wiresOf(board: BoardFile, chip: ChipFile, fail: Fail): ReadonlyMap<string, Wire> {
  const aliases = aliasesOf(board, chip, fail)
  const pinOf = (written: string): string => aliases.get(written) ?? written
  const taken = new Map<string, string>()
  const takenSignals = new Map<string, string>()
  const wires = new Map<string, Wire>()
  for (const group of wantedOf(board)) {
    for (const { path, owner, written, need } of group) {
      const chipPin = pinOf(written)
      checkAble(chip, board, { chipPin, need, path, known: [...aliases.keys()] }, fail)
      const other = taken.get(chipPin)
      if (other !== undefined) return fail(path, `${written === chipPin ? chipPin : `${written} (${chipPin})`} is already '${other}'`)
      taken.set(chipPin, owner)
    }
    const chosen = chooseSignals(group.map(({ written, need }) => signalsFor(chip, board, pinOf(written), need)), takenSignals)
    if (typeof chosen === 'string') {
      return fail(group[0]?.path ?? '', group.length > 1 && chosen === ''
        ? `${group.map(({ written }) => written).join(' and ')} are not of one unit of ${chip.name} (${group.map(({ written, need }) => `${written}: ${signalsFor(chip, board, pinOf(written), need).map(({ name }) => name).join(', ')}`).join('; ')})`
        : `${group[0]?.written} needs ${chosen} of ${chip.name}, which '${takenSignals.get(chosen)}' has`)
    }
    for (const [index, { path, owner, written }] of group.entries()) {
      const signal = chosen[index]
      if (signal !== undefined) takenSignals.set(signal.name, owner)
      wires.set(path, { path, owner, written, chipPin: pinOf(written), ...(signal === undefined ? {} : { signal }) })
    }
  }
  return wires
}

/** What a pin of the chip can be on this board, the units of the chip included. */
export function functionsOf(chip: ChipFile, chipPin: string, network: string): ChipFunction[] {
  const group = chip.pins.find(({ names }) => names.includes(chipPin))
  if (group === undefined) return []
  const all: readonly ChipFunction[] = ['output', 'input', 'analog', 'pwm', 'sda', 'scl', 'tx', 'rx']
  return all.filter((need) => group.can.includes(need) || candidates(chip, network, chipPin, need).length > 0)
}

// What needs pins, in groups that one unit of the chip must serve.
function wantedOf(board: BoardFile): readonly (readonly Wanted[])[] {
  const groups: Wanted[][] = []
  const pair = (path: string, owner: string, pins: { readonly tx: string, readonly rx: string }): void => {
    groups.push([{ path: `${path}/tx`, owner, written: pins.tx, need: 'tx' }, { path: `${path}/rx`, owner, written: pins.rx, need: 'rx' }])
  }
  const { console, network: { modem, ethernet } } = board
  if (console !== undefined) pair('/console', 'console', console)
  if (modem !== undefined) {
    pair('/network/modem', 'modem', modem)
    if (modem.reset !== undefined) groups.push([{ path: '/network/modem/reset', owner: 'modem', written: modem.reset, need: 'output' }])
  }
  if (ethernet !== undefined) {
    for (const [name, written] of Object.entries(ethernet.pins)) {
      groups.push([{ path: `/network/ethernet/pins/${name}`, owner: 'ethernet', written, need: `ETH_${rmii[name as RmiiSignal]}` }])
    }
    if (ethernet.power !== undefined) groups.push([{ path: '/network/ethernet/power', owner: 'ethernet', written: ethernet.power, need: 'output' }])
  }
  for (const [name, pin] of Object.entries(board.pins)) {
    const path = `/pins/${name}`
    groups.push(pin.kind === 'i2c'
      ? [{ path: `${path}/sda`, owner: name, written: pin.sda, need: 'sda' }, { path: `${path}/scl`, owner: name, written: pin.scl, need: 'scl' }]
      : [{ path: `${path}/pin`, owner: name, written: pin.pin, need: pin.kind }])
  }
  return groups
}

const rmii: Readonly<Record<RmiiSignal, string>> = {
  refClk: 'REF_CLK', mdio: 'MDIO', mdc: 'MDC', crsDv: 'CRS_DV', rxd0: 'RXD0', rxd1: 'RXD1', txEn: 'TX_EN', txd0: 'TXD0', txd1: 'TXD1',
}

// An alias that is the name of another pin of the chip would say two things.
function aliasesOf(board: BoardFile, chip: ChipFile, fail: Fail): ReadonlyMap<string, string> {
  const names = chip.pins.flatMap((group) => group.names)
  const aliases = new Map<string, string>()
  for (const [alias, chipPin] of Object.entries(board.aliases ?? {})) {
    const path = `/aliases/${alias}`
    if (!names.includes(chipPin)) fail(path, `chip ${chip.name} has no pin '${chipPin}' for use.${suggestion(chipPin, names)}`)
    if (names.includes(alias) && alias !== chipPin) fail(path, `'${alias}' is itself a pin of ${chip.name}, so it cannot stand for ${chipPin}; name it otherwise`)
    aliases.set(alias, chipPin)
  }
  return aliases
}

const words: Record<ChipFunction, string> = {
  output: 'an output', input: 'an input', analog: 'an analog input', pwm: 'a PWM output',
  sda: 'the SDA of an I2C bus', scl: 'the SCL of an I2C bus', tx: 'the TX of a UART', rx: 'the RX of a UART',
}

function checkAble(chip: ChipFile, board: BoardFile, { chipPin, need, path, known }: { readonly chipPin: string, readonly need: Need, readonly path: string, readonly known: readonly string[] }, fail: Fail): void {
  const names = chip.pins.flatMap((group) => group.names)
  if (!names.includes(chipPin)) return fail(path, `chip ${chip.name} has no pin '${chipPin}' for use.${suggestion(chipPin, [...known, ...names])}`)
  if (able(chip, board.network.kind, chipPin, need)) return
  const what = need.startsWith('ETH_') ? need : words[need as ChipFunction]
  const those = names.filter((name) => able(chip, board.network.kind, name, need)).join(', ') || 'none'
  const taken = candidates(chip, 'none', chipPin, need).find(({ block, unit }) => chip.wifiTakes?.includes(`${block}${unit}`))
  fail(path, taken === undefined
    ? `${chipPin} of ${chip.name} cannot be ${what} (those that can: ${those})`
    : `${chipPin} of ${chip.name} cannot be ${what} while Wi-Fi uses ${taken.block}${taken.unit} (those that can: ${those})`)
}

function able(chip: ChipFile, network: string, chipPin: string, need: Need): boolean {
  const group = chip.pins.find(({ names }) => names.includes(chipPin))
  return group !== undefined && (group.can.includes(need as ChipFunction) || candidates(chip, network, chipPin, need).length > 0)
}

function signalsFor(chip: ChipFile, board: BoardFile, chipPin: string, need: Need): readonly Signal[] {
  return candidates(chip, board.network.kind, chipPin, need)
}

function candidates(chip: ChipFile, network: string, chipPin: string, need: Need): readonly Signal[] {
  return (chip.signals?.[chipPin] ?? []).map(parseSignal).filter((signal) =>
    serves(signal, need) && !(network === 'wifi' && chip.wifiTakes?.includes(`${signal.block}${signal.unit}`)))
}

function serves({ block, channel }: Signal, need: Need): boolean {
  switch (need) {
    case 'analog': return block === 'ADC'
    case 'pwm': return block === 'TIM'
    case 'sda': return channel === 'SDA'
    case 'scl': return channel === 'SCL'
    case 'tx': return channel === 'TX'
    case 'rx': return channel === 'RX'
    case 'output':
    case 'input': return false
    default: return need === `ETH_${channel}`
  }
}

function parseSignal(text: string): Signal {
  const found = /^([A-Z2]+?)(\d*)_(?:(?:IN|CH)(\d+)|([A-Z0-9_]+))(?:\/AF(\d+))?$/.exec(text.replace(/^I2C/, 'IIC'))
  if (found === null) throw new Error(`'${text}' is no signal; chip.schema.json lets only signals through`)
  const [, block = '', unit = '', channel, wire, alternate = '0'] = found
  return { name: text.replace(/\/AF\d+$/, ''), block: block === 'IIC' ? 'I2C' : block, unit: Number(unit), channel: channel === undefined ? wire ?? '' : Number(channel), alternate: Number(alternate) }
}

// For each wire of a group one signal nobody has, all of one unit; the name of the one that is missing, or '' when no unit has them all.
// A timer nobody uses is preferred, since all channels of one share its frequency.
function chooseSignals(choices: readonly (readonly Signal[])[], taken: ReadonlyMap<string, string>): readonly (Signal | undefined)[] | string {
  const [first = [], ...rest] = choices
  if (choices.every((list) => list.length === 0)) return choices.map(() => undefined)
  const free = first.filter((signal) => !taken.has(signal.name))
  if (free.length === 0) return first[0]?.name ?? ''
  const unitTaken = (signal: Signal): boolean => [...taken.keys()].some((name) => name.startsWith(`${signal.block}${signal.unit}_`))
  const ranked = free.toSorted((a, b) => Number(unitTaken(a)) - Number(unitTaken(b)))
  for (const signal of ranked) {
    const others = rest.map((list) => list.find((other) => other.block === signal.block && other.unit === signal.unit))
    if (others.every((other) => other !== undefined)) return [signal, ...others]
  }
  return ''
}
