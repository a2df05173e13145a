/** A device in real time with its local hub: what `tinytwin dev` runs, told as events. Knows no terminal. */

import { readFileSync, statSync } from 'node:fs'
import type { Board } from '../board/index.js'
import { buildApp, type BuiltApp } from '../build/index.js'
import { flashBytes } from '../sim/machine.js'
import type { Hub } from '../hub/index.js'
import { RealDevice, type HubAddress } from '../sim/real.js'
import type { Engine } from '../sim/index.js'
import { CliError } from './command.js'
import type { DevEvent } from './dev_report.js'
import { writeFiles } from './files.js'
import { telemetryBody } from './local_hub.js'

export interface DevSessionOptions {
  readonly app: BuiltApp
  readonly engine: Engine
  /** Where the device connects to, and as whom. */
  readonly address: HubAddress
  /** The local hub, if it is that one. */
  readonly hub: Hub | undefined
  /** A file for its flash. */
  readonly flashFile: string
  readonly deviceId: string
  /** Starts with an erased flash, whatever an earlier run left. */
  readonly erase: boolean
  readonly tell: (event: DevEvent) => void
  /** The device cannot go on: a part of it threw. */
  readonly failed: (error: unknown) => void
}

/** How often sources are looked at, and how long a button is held, in milliseconds. */
const watchMs = 500
const pressMs = 100

export class DevSession {
  readonly board: Board
  readonly #options: DevSessionOptions
  readonly #beganMs = performance.now()
  readonly #endings: (() => void)[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #app: BuiltApp
  #device: RealDevice
  #telemetry = { count: 0, last: '' }
  #connection = 'connecting'
  #closed = false

  constructor(options: DevSessionOptions) {
    this.#options = options
    this.#app = options.app
    this.board = options.app.board
    this.#listen()
    try {
      this.#device = this.#start(options.erase ? undefined : this.#keptFlash())
    } catch (error) {
      for (const end of this.#endings) end()
      throw new CliError((error as Error).message, { cause: error })
    }
  }

  get telemetry(): { readonly count: number, readonly last: string } {
    return this.#telemetry
  }

  get connection(): string {
    return this.#connection
  }

  get seconds(): number {
    return (performance.now() - this.#beganMs) / 1000
  }

  get safeMode(): boolean {
    return this.#device.machine.state.safeMode
  }

  /** Undefined where the hub is not the local one. */
  get twin(): { readonly desired: object, readonly reported: object } | undefined {
    if (this.#options.hub === undefined) return undefined
    const { desired, reported } = this.#options.hub.twin(this.#options.deviceId).document().properties
    return { desired: plain(desired), reported: plain(reported) }
  }

  /** Each pin with its value in words. */
  get pins(): [name: string, value: string][] {
    const { pins } = this.#device.machine
    return this.board.pins.filter(({ kind }) => kind !== 'i2c').map((pin) => {
      const value = pins.value(pin)
      switch (pin.kind) {
        case 'analog': return [pin.name, `${value} mV`]
        case 'pwm': return [pin.name, value === 0 ? 'off' : `${Math.round(value / 655.35)} % at ${pins.frequency(pin)} Hz`]
        case 'input': return [pin.name, value > 0 ? 'high' : 'low']
        default: return [pin.name, value > 0 ? 'on' : 'off']
      }
    })
  }

  get parts(): [name: string, value: string][] {
    return [...this.#device.machine.parts].flatMap(([, readings]) =>
      Object.entries(readings()).map(([name, value]): [string, string] => [name, value.toFixed(1)]))
  }

  async invoke(method: string, payload: unknown): Promise<void> {
    const { hub, deviceId, tell } = this.#options
    if (hub === undefined) return
    try {
      const result = await hub.invoke(deviceId, { method, payload, responseTimeoutMs: 10_000 })
      tell({ type: 'method', device: deviceId, method, ...result })
    } catch (error) {
      tell({ type: 'problem', message: `method ${method}: ${(error as Error).message}` })
    }
  }

  /** Changes a number among the desired properties. */
  step(property: string, by: number, from: number): void {
    const { hub } = this.#options
    if (hub === undefined) return
    const present = (this.twin?.desired as Record<string, unknown> | undefined)?.[property]
    hub.twin(this.#options.deviceId).patchDesired({ [property]: (typeof present === 'number' ? present : from) + by })
  }

  press(name: string): void {
    const { pins } = this.#device.machine
    const pin = pins.find(name, 'input')
    const rest = pin.kind === 'input' && pin.pull === 'up' ? 1 : 0
    pins.set(pin, 1 - rest)
    this.#later(pressMs, () => pins.set(pin, rest))
  }

  toggleNetwork(): void {
    const { network } = this.#device
    if (network.connected) network.down()
    else network.up()
    this.#options.tell({ type: 'network', up: network.connected })
  }

  /** A power cycle. */
  reset(): void {
    this.#device.machine.cut()
    this.#device.machine.start()
  }

  /** Builds and restarts the device whenever a source file changes. */
  watch(): void {
    let stamp = '' // so that a change between the build and now is not missed; without one the cache answers
    const look = async (): Promise<void> => {
      const now = stampOf(this.#app.sources)
      if (now !== stamp) {
        stamp = now
        await this.#rebuild()
      }
      this.#later(watchMs, () => void look())
    }
    this.#later(watchMs, () => void look())
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const end of this.#endings) end()
    this.#device.close()
    writeFiles([{ path: this.#options.flashFile, content: this.#device.machine.flash }])
  }

  /** What the run before left, unless it was another board's. */
  #keptFlash(): Uint8Array | undefined {
    const { flashFile } = this.#options
    const bytes = flashBytes(this.board)
    const size = statSync(flashFile, { throwIfNoEntry: false })?.size
    return size === bytes ? new Uint8Array(readFileSync(flashFile)) : undefined
  }

  async #rebuild(): Promise<void> {
    const { tell } = this.#options
    try {
      const app = await buildApp({ app: this.#app.entry, board: this.board })
      if (this.#closed || app.buildId === this.#app.buildId) return
      this.#app = app
      this.#device.close()
      this.#device = this.#start(this.#device.machine.flash)
      tell({ type: 'build', app: app.name, build: app.buildId })
    } catch (error) {
      tell({ type: 'problem', message: (error as Error).message })
    }
  }

  #start(flash?: Uint8Array): RealDevice {
    const { engine, address, hub, deviceId, tell, failed } = this.#options
    return new RealDevice(this.#app, {
      board: this.board, engine, flash, failed, hub: address,
      log: (level, text) => tell({ type: 'log', device: deviceId, level, text }),
      notice: (kind, _code, text) => {
        if (kind === 'connected') this.#connected(text)
        if (kind === 'provisioned') tell({ type: 'provisioned', device: deviceId, hub: text })
        if (kind === 'acknowledged' && hub === undefined) this.#telemetry = { count: this.#telemetry.count + 1, last: '' }
        if (kind === 'disconnected') {
          this.#connection = `disconnected: ${text}`
          tell({ type: 'disconnected', device: deviceId, reason: text })
        }
        if (kind === 'safeMode') tell({ type: 'safeMode', device: deviceId, reason: text })
      },
      crashed: ({ reason, build, function: name, offset, at }) =>
        tell({ type: 'crash', device: deviceId, reason, build, function: name, offset, ...(at === undefined ? {} : { at }) }),
    })
  }

  // The runtime names its TLS version only after a handshake, and none ends without chain and host name verified.
  #connected(text: string): void {
    const [tls = '', cipher = ''] = text.split(' ')
    const verified = tls.startsWith('TLS')
    this.#connection = `connected over ${tls}${verified ? ', certificate verified' : ''}`
    this.#options.tell({ type: 'connected', device: this.#options.deviceId, tls, cipher, verified })
  }

  #listen(): void {
    const { hub, deviceId, tell } = this.#options
    if (hub === undefined) return
    this.#endings.push(
      hub.onMessage((message) => {
        if (message.deviceId !== deviceId) return
        const body = telemetryBody(message)
        this.#telemetry = { count: this.#telemetry.count + 1, last: typeof body === 'string' ? body : JSON.stringify(body) }
        tell({ type: 'telemetry', device: deviceId, body, properties: message.properties })
      }),
      hub.onEvent((event) => {
        if (event.type === 'refused') {
          const { reason, message } = event
          tell({ type: 'refused', reason, message, ...(event.deviceId === undefined ? {} : { device: event.deviceId }) })
        } else if (event.type === 'twin' && event.deviceId === deviceId && event.part !== 'tags') {
          tell({ type: 'twin', device: deviceId, part: event.part, version: event.version, value: this.twin?.[event.part] ?? {} })
        }
      }),
    )
  }

  #later(ms: number, work: () => void): void {
    if (this.#closed) return
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      if (!this.#closed) work()
    }, ms)
    this.#timers.add(timer)
  }
}

// Without $metadata and $version.
function plain(properties: object): object {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !name.startsWith('$')))
}

function stampOf(files: readonly string[]): string {
  return files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0).join(' ')
}
