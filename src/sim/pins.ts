/** A simulated board's pins by name: levels, duties, millivolts and I2C devices, shared with the native side. Knows no app. */

import { pinKinds, type Board, type BoardPin, type Part } from '../board/index.js'
import type { PinKind } from '../abi/abi.js'
import { pinHook, pinValue } from './native.js'
import type { PartSite } from './parts/part.js'

/** A device on an I2C bus in the register manner: the first byte written is a register, reads go on from it. */
export interface I2cDevice {
  read?(register: number, length: number): ArrayLike<number>
  write?(register: number, bytes: Uint8Array): void
}

/** What is done to pins from outside, the pin by its channel. */
export type PinCall =
  | readonly ['pin', channel: number, value: number]
  | readonly ['free', channel: number]
  | readonly ['stick', millivolts: number | null]
  | readonly ['unstick']
  | readonly ['silence']
  | readonly ['unsilence']

interface Bus {
  readonly devices: Map<number, I2cDevice>
  /** The register each device's next read starts from. */
  readonly registers: Map<number, number>
}

export class PinBank {
  readonly values: Int32Array
  readonly hooks: Uint8Array
  readonly #board: Board
  readonly #inputChanged: (pin: number, level: number) => void
  readonly #touched: (call: PinCall) => void
  readonly #readers = new Map<number, () => number>()
  readonly #listeners = new Map<number, ((value: number) => void)[]>()
  readonly #buses = new Map<number, Bus>()
  #silences = 0
  #sticks = 0
  #unstick = (): void => {}
  readonly #stuck: (() => void)[] = []

  /** `inputChanged` is called for the edges that the app watches, `touched` for all that is done to the pins from outside. */
  constructor(board: Board, inputChanged: (pin: number, level: number) => void, touched: (call: PinCall) => void = () => {}) {
    this.#touched = touched
    this.#board = board
    this.#inputChanged = inputChanged
    this.values = new Int32Array(board.pins.length * pinValue.words)
    this.hooks = new Uint8Array(board.pins.length)
    for (const pin of board.pins) {
      if (pin.kind === 'output') this.values[pin.channel * pinValue.words] = pin.safe
      if (pin.kind === 'input') this.values[pin.channel * pinValue.words] = pin.pull === 'up' ? 1 : 0
    }
  }

  /** Throws an Error with the names there are, when there is no such pin of one of the kinds. */
  find(name: string, ...kinds: PinKind[]): BoardPin {
    const pin = this.#board.pins.find((candidate) => candidate.name === name)
    if (pin !== undefined && kinds.includes(pin.kind)) return pin
    const fitting = this.#board.pins.filter(({ kind }) => kinds.includes(kind)).map((candidate) => candidate.name)
    const what = kinds.join(' or ')
    throw new Error(`board '${this.#board.name}' has no ${what} pin '${name}' (${what} pins: ${fitting.join(', ') || 'none'})`)
  }

  value(pin: BoardPin): number {
    return this.#readers.has(pin.channel) && this.hooks[pin.channel]! & pinHook.computed
      ? this.read(pin.channel)
      : this.values[pin.channel * pinValue.words + pinValue.value]!
  }

  frequency(pin: BoardPin): number {
    return this.values[pin.channel * pinValue.words + pinValue.frequency]!
  }

  /** Does again what was done from outside. */
  touch(call: PinCall): void {
    switch (call[0]) {
      case 'pin': this.set(this.#board.pins.find(({ channel }) => channel === call[1])!, call[2]); break
      case 'free': this.release(this.#board.pins.find(({ channel }) => channel === call[1])!); break
      case 'stick': this.#stuck.push(this.stick(call[1] ?? undefined)); break
      case 'unstick': this.#stuck.pop()?.(); break
      case 'silence': this.#silences++; break
      case 'unsilence': this.#silences--; break
      default: call satisfies never
    }
  }

  /** Puts a fixed value at an input; a part that computed it lets go. */
  set(pin: BoardPin, value: number): void {
    this.#touched(['pin', pin.channel, value])
    this.#put(pin, value)
  }

  #put(pin: BoardPin, value: number): void {
    const at = pin.channel * pinValue.words
    const edge = pin.kind === 'input' && this.values[at] !== value ? (value === 1 ? 1 : 2) : 0
    this.hooks[pin.channel]! &= ~pinHook.computed
    this.values[at + pinValue.value] = value
    if ((this.values[at + pinValue.edges]! & edge) !== 0) this.#inputChanged(pin.channel, value)
  }

  /** Gives an input back to the part that computes it. */
  release(pin: BoardPin): void {
    this.#touched(['free', pin.channel])
    if (this.#readers.has(pin.channel)) this.hooks[pin.channel]! |= pinHook.computed
  }

  onChange(pin: BoardPin, changed: (value: number) => void): void {
    this.hooks[pin.channel]! |= pinHook.observed
    this.#listeners.set(pin.channel, [...this.#listeners.get(pin.channel) ?? [], changed])
  }

  addDevice(bus: BoardPin, address: number, device: I2cDevice): void {
    const { devices } = this.#buses.get(bus.channel) ?? this.#addBus(bus.channel)
    devices.set(address, device)
  }

  site(part: Part, timeline: { readonly nowMs: number }): PartSite {
    const pinOf = (terminal: string): BoardPin => this.find(part.pins[terminal]!, ...Object.keys(pinKinds) as PinKind[])
    return {
      now: () => timeline.nowMs,
      value: (terminal) => this.value(pinOf(terminal)),
      onChange: (terminal, changed) => this.onChange(pinOf(terminal), changed),
      provide: (terminal, read) => {
        const { channel } = pinOf(terminal)
        this.#readers.set(channel, read)
        this.hooks[channel]! |= pinHook.computed
      },
    }
  }

  /** Every analog input keeps the value it has, or gets `millivolts`, until the result is called, once. */
  stick(millivolts?: number): () => void {
    this.#touched(['stick', millivolts ?? null])
    const inputs = this.#board.pins.filter(({ kind }) => kind === 'analog')
    if (this.#sticks++ === 0) {
      const before = inputs.map((pin) => ({ pin, value: this.value(pin), computed: this.hooks[pin.channel]! & pinHook.computed }))
      this.#unstick = () => {
        for (const { pin, value, computed } of before) {
          this.#put(pin, value)
          this.hooks[pin.channel]! |= computed
        }
      }
    }
    for (const pin of inputs) this.#put(pin, millivolts ?? this.value(pin))
    return () => {
      this.#touched(['unstick'])
      if (--this.#sticks === 0) this.#unstick()
    }
  }

  /** Nothing on any I2C bus answers until the result is called, once. */
  silence(): () => void {
    this.#touched(['silence'])
    this.#silences++
    return () => {
      this.#touched(['unsilence'])
      this.#silences--
    }
  }

  /** For the native side. */
  read(pin: number): number {
    return this.#readers.get(pin)!()
  }

  changed(pin: number): void {
    const value = this.values[pin * pinValue.words + pinValue.value]!
    for (const listener of this.#listeners.get(pin) ?? []) listener(value)
  }

  transfer(pin: number, address: number, tx: Uint8Array, length: number): Uint8Array | undefined {
    if (this.#silences > 0) return undefined
    const bus = this.#buses.get(pin)
    const device = bus?.devices.get(address)
    if (bus === undefined || device === undefined) return undefined
    const register = tx[0] ?? bus.registers.get(address) ?? 0
    bus.registers.set(address, register)
    if (tx.length > 1) {
      if (device.write === undefined) return undefined
      device.write(register, tx.slice(1))
    }
    if (length === 0) return new Uint8Array(0)
    const answer = device.read?.(register, length)
    if (answer !== undefined && answer.length !== length) {
      throw new Error(`the I2C device at 0x${address.toString(16)} gave ${answer.length} bytes of register 0x${register.toString(16)} where ${length} were read`)
    }
    return answer === undefined ? undefined : Uint8Array.from(answer)
  }

  #addBus(channel: number): Bus {
    const bus: Bus = { devices: new Map(), registers: new Map() }
    this.#buses.set(channel, bus)
    return bus
  }
}
