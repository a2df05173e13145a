/** A device under test: its board on one side, its twin in the hub on the other, and virtual time between them. */

import { loadBoard, type Board } from '../board/index.js'
import { buildApp } from '../build/index.js'
import type { CloudMessageRequest, DeviceMessage, JsonObject, JsonValue, MethodResult, TwinDocument } from '../hub/index.js'
import { parseSpan, type Span } from './duration.js'
import type { LogLevel } from './events.js'
import { Faults } from './faults/faults.js'
import type { FaultKind } from './faults/kinds.js'
import { Recovery } from './faults/recovery.js'
import { deviceSite } from './faults/site.js'
import { Ledger, type Account } from './ledger.js'
import { Machine, type AppImage, type Engine } from './machine.js'
import { memoryNetwork, Plug } from './network.js'
import type { I2cDevice } from './pins.js'
import { seededRandom } from './random.js'
import { Recorder } from './recording.js'
import { boardHash } from './replay.js'
import { parseCrash, sourceLine, type Crash } from './source.js'
import { Weather } from './weather.js'
import { World, type WorldOptions } from './world.js'

export interface SimulateOptions {
  /** A board, its name or path; the app's own if not given. */
  readonly board?: Board | string
  readonly engine?: Engine
  /** Of this device's randomness, and of its world if it gets one of its own; the next of the world's, or 1. */
  readonly seed?: number
  /** Shared with other devices, and closed by whoever made it. */
  readonly world?: World
  /** Options for the hub of the world it gets of its own. */
  readonly hub?: WorldOptions['hub']
  readonly deviceId?: string
  /** Life of its SAS tokens, renewed when a quarter is left; an hour if not given. */
  readonly tokenTtlS?: number
  /** Keeps all that comes from outside, for {@link Device.recording}. */
  readonly record?: boolean
  /** Keeps the lines of the canonical trace; without, there is only their hash. */
  readonly keepTrace?: boolean
  /** False: condition and last crash are not reported. */
  readonly health?: boolean
}

export interface LogLine {
  /** Virtual milliseconds. */
  readonly atMs: number
  readonly level: LogLevel
  readonly text: string
}

export interface CrashReport extends Crash {
  readonly atMs: number
  /** `file.ts:line:column in function`, as far as known. */
  readonly at?: string
}

export interface Telemetry {
  /** Parsed where its content type is JSON, else text. */
  readonly body: JsonValue
  readonly properties: Readonly<Record<string, string | null>>
  readonly messageId?: string
  /** Virtual milliseconds at which the hub had it. */
  readonly atMs: number
}

/** In the order of arrival, with the account of the whole. */
export interface TelemetryList extends ReadonlyArray<Telemetry> {
  readonly account: Account
}

export interface Summary extends Account {
  readonly type: 'summary'
  readonly app: string
  readonly board: string
  readonly engine: Engine
  readonly seed: number
  readonly virtualMs: number
  readonly wallMs: number
  /** Messages counted at the hub. */
  readonly telemetry: number
  readonly crashes: number
  readonly connections: number
  /** Reconnects of the device's own making, for a fresh token. */
  readonly renewals: number
  /** Connections that ended with a telemetry message sent and not acknowledged: each may make one duplicate. */
  readonly cuts: number
  readonly powerCuts: number
  /** Faults that were injected, by kind. */
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  /** The most telemetry messages that waited at once, queued and not yet acknowledged. */
  readonly outboxPeak: number
  /** What the C side took from the heap since the end of the first hour; 0 before. */
  readonly growthBytes: number
  /** The longest time from the network's return to the connection's. */
  readonly reconnectMs: number
  /** The same where the device first had to notice that its connection was half-open. */
  readonly halfOpenMs: number
  /** SHA-256 of the canonical trace. */
  readonly trace: string
}

/** After so long all has happened once that takes memory. */
const settledMs = 3_600_000

const healthNames: ReadonlySet<string> = new Set(['health', 'crash'])

export class Device {
  readonly id: string
  readonly app: AppImage
  readonly world: World
  readonly engine: Engine
  readonly seed: number
  readonly network: Pick<Plug, 'up' | 'down' | 'connected'>
  readonly faults: Faults
  readonly crashes: CrashReport[] = []
  readonly machine: Machine
  readonly #ownsWorld: boolean
  readonly #ledger = new Ledger(() => {
    const { running, outboxMessages } = this.machine.state
    return running ? outboxMessages : Infinity
  })
  readonly #recovery = new Recovery(() => this.world.nowMs)
  /** As received; made readable when somebody asks. */
  readonly #arrivals: { readonly message: DeviceMessage, readonly atMs: number }[] = []
  readonly #telemetry: Telemetry[] = []
  readonly #messages: DeviceMessage[] = []
  readonly #log: LogLine[] = []
  readonly #beganMs: number
  readonly #recorder: Recorder | undefined
  #received = 0
  #connections = 0
  #renewals = 0
  #cuts = 0
  #powerCuts = 0
  #heapBytes: number | undefined
  #stopMeasuring = (): void => {}
  #safeModeReason: string | undefined

  constructor(app: AppImage, board: Board, { engine = 'wasm3', world, seed = world?.nextSeed() ?? 1, deviceId = app.name, keepTrace = false, record = false, health, tokenTtlS, hub: hubOptions }: Omit<SimulateOptions, 'board'>) {
    this.app = app
    this.engine = engine
    this.seed = seed
    this.#ownsWorld = world === undefined
    this.world = world ?? new World({ seed, ...(hubOptions === undefined ? {} : { hub: hubOptions }) })
    this.id = deviceId
    this.#beganMs = this.world.nowMs
    const { hub } = this.world
    hub.devices.create({ deviceId })
    const { cloud, clock, http } = this.world
    const weather = new Weather(memoryNetwork(() => cloud.reachable, http), clock, seededRandom(seed))
    const plug = new Plug(weather, () => this.machine.linkUp())
    this.network = plug
    const connection = hub.connectionString(deviceId)
    const { epochMs } = this.world
    const { name, buildId } = app
    const recorder = record
      ? new Recorder({ app: name, buildId, board: board.name, boardHash: boardHash(board), engine, seed, epochMs, connection, tokenTtlS }, () => this.world.nowMs)
      : undefined
    this.#recorder = recorder
    this.machine = new Machine({
      app, board, engine, keepTrace, health, seed,
      link: { connection, tls: false, ...(tokenTtlS === undefined ? {} : { tokenTtlS }) },
      network: recorder?.network(plug) ?? plug,
      timeline: this.world,
      news: {
        log: (level, text) => { this.#log.push({ atMs: this.world.nowMs, level, text }) },
        notice: (kind, _code, text) => this.#noticed(kind, text),
        stopped: (why) => {
          if (why === 'power') this.#powerCuts++
          this.#ledger.powerLost()
          this.#recovery.disconnected()
        },
        ...(recorder === undefined ? {} : { called: (call) => recorder.called(call) }),
      },
    })
    recorder?.attach(this.machine)
    try {
      this.machine.start()
    } catch (error) {
      this.machine.dispose()
      hub.devices.remove(deviceId)
      throw error
    }
    const site = deviceSite({ deviceId, machine: this.machine, plug, weather, cloud, clock })
    this.faults = new Faults(site, clock, this.#recovery)
    this.#measureLater(settledMs)
    this.world.add(this.machine)
    this.world.listen(deviceId, (message) => this.#arrived(message))
  }

  // ---- the board's side ----

  adc(name: string) {
    const pin = this.machine.pins.find(name, 'analog')
    const { pins } = this.machine
    return {
      get millivolts(): number { return pins.value(pin) },
      /** Overrides the part at this pin, if there is one. */
      set: (millivolts: number): void => pins.set(pin, millivolts),
      /** Gives the pin back to its part. */
      release: (): void => pins.release(pin),
    }
  }

  pin(name: string) {
    const pin = this.machine.pins.find(name, 'output', 'input')
    const { pins } = this.machine
    const rest = pin.kind === 'input' && pin.pull === 'up' ? 1 : 0
    return {
      get level(): number { return pins.value(pin) },
      /** For inputs. */
      set: (level: 0 | 1): void => pins.set(this.machine.pins.find(name, 'input'), level),
      /** A button between an input and the level it does not rest at, held for `span`. */
      press: async (span: Span = '50ms'): Promise<void> => {
        pins.set(this.machine.pins.find(name, 'input'), 1 - rest)
        await this.advance(span)
        pins.set(pin, rest)
        await this.advance(0)
      },
    }
  }

  pwm(name: string) {
    const pin = this.machine.pins.find(name, 'pwm')
    const { pins } = this.machine
    return {
      /** 0 to 65,535. */
      get duty(): number { return pins.value(pin) },
      get hz(): number { return pins.frequency(pin) },
    }
  }

  i2c(name: string) {
    const pin = this.machine.pins.find(name, 'i2c')
    return {
      /** Puts a device on the bus; without one an address does not answer. */
      device: (address: number, device: I2cDevice): void => this.machine.pins.addDevice(pin, address, device),
    }
  }

  /** What a simulated part shows of itself. */
  part(name: string): Readonly<Record<string, number>> {
    const readings = this.machine.parts.get(name)
    if (readings === undefined) throw new Error(`board '${this.machine.board.name}' has no part '${name}' (parts: ${[...this.machine.parts.keys()].join(', ') || 'none'})`)
    return readings()
  }

  /** What the app keeps in its store under `key`. */
  stored(key: string): Uint8Array | undefined {
    return this.machine.stored(key)
  }

  /** A power cycle: RAM is lost, the flash stays. */
  async reset(): Promise<void> {
    this.machine.cut()
    this.machine.start()
    await this.advance(0)
  }

  // ---- the hub's side ----

  /** Calls a direct method and lets time pass until it is answered. Rejects with the hub's HubError. */
  invoke(method: string, payload: unknown = null, { timeout = '30s' }: { timeout?: Span } = {}): Promise<MethodResult> {
    const call = { method, payload, responseTimeoutMs: parseSpan(timeout), connectTimeoutMs: parseSpan(timeout) }
    return this.world.until(this.world.hub.invoke(this.id, call))
  }

  /** Patches the desired properties; the device has them when this is done, if it is connected. */
  async desired(patch: JsonObject): Promise<void> {
    this.world.hub.twin(this.id).patchDesired(patch)
    await this.advance(0)
  }

  /** Sends a message from cloud to device. */
  async send(body: string | Uint8Array, options: Omit<CloudMessageRequest, 'body'> = {}): Promise<void> {
    this.world.hub.send(this.id, { body, ...options })
    await this.advance(0)
  }

  /** Messages from cloud to device that are not completed yet. */
  get queueLength(): number {
    return this.world.hub.queueLength(this.id)
  }

  get twin(): TwinDocument {
    return this.world.hub.twin(this.id).document()
  }

  /** What the app reported: without `$metadata`, `$version`, and what the runtime says of its {@link health}. */
  get reported(): JsonObject {
    return Object.fromEntries(Object.entries(this.twin.properties.reported).filter(([name]) => !name.startsWith('$') && !healthNames.has(name)))
  }

  /** What the runtime reports of the device: its condition, and the last crash. */
  get health(): JsonObject {
    return Object.fromEntries(Object.entries(this.twin.properties.reported).filter(([name]) => healthNames.has(name)))
  }

  /** What the hub got, as it got it. */
  get messages(): readonly DeviceMessage[] {
    return this.#messages
  }

  telemetry(): TelemetryList {
    for (const { message, atMs } of this.#arrivals.splice(0)) this.#telemetry.push(telemetryOf(message, atMs))
    return Object.assign([...this.#telemetry], { account: this.#ledger.account })
  }

  // ---- what it says of itself ----

  log(): readonly LogLine[] {
    return this.#log
  }

  get connected(): boolean {
    return this.machine.state.connected
  }

  get safeMode(): boolean {
    return this.machine.state.safeMode
  }

  /** Why it is in safe mode, or was last. */
  get safeModeReason(): string | undefined {
    return this.#safeModeReason
  }

  get trace(): string {
    return this.machine.trace
  }

  get traceHash(): string {
    return this.machine.traceHash
  }

  /** All that came from outside so far, to be given to {@link parseRecording}. Throws if it was not to be recorded. */
  recording(): string {
    if (this.#recorder === undefined) throw new Error('nothing was recorded: give record: true to simulate')
    return this.#recorder.text()
  }

  // ---- time ----

  /** Lets time pass for the whole world. */
  advance(span: Span): Promise<void> {
    return this.world.advance(span)
  }

  /** Lets the link send what it still has, for at most `limit`. */
  async drain(limit: Span = '60s'): Promise<boolean> {
    return this.world.drain(() => this.machine.state.idle && this.#ledger.account.pending === 0, limit)
  }

  /** `virtualMs` is what the caller advanced; by default all that passed since the device began. */
  summary(virtualMs: number = this.world.nowMs - this.#beganMs): Summary {
    return {
      type: 'summary',
      app: this.app.name,
      board: this.machine.board.name,
      engine: this.engine,
      seed: this.seed,
      virtualMs,
      wallMs: Math.round(this.world.wallMs),
      telemetry: this.#received,
      ...this.#ledger.account,
      crashes: this.crashes.length,
      connections: this.#connections,
      renewals: this.#renewals,
      cuts: this.#cuts,
      powerCuts: this.#powerCuts,
      faults: this.faults.counts,
      outboxPeak: this.#ledger.peak,
      growthBytes: this.#heapBytes === undefined || !this.machine.powered ? 0 : this.machine.state.heapBytes - this.#heapBytes,
      reconnectMs: this.#recovery.longestMs,
      halfOpenMs: this.#recovery.longestHalfOpenMs,
      trace: this.traceHash,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopMeasuring()
    this.world.remove(this.machine)
    this.world.listen(this.id, undefined)
    this.machine.dispose()
    this.faults.endAll()
    if (this.#ownsWorld) await this.world.close()
  }

  // Not while the power is off: then there is nothing to compare with.
  #measureLater(ms: number): void {
    this.#stopMeasuring = this.world.clock.setTimer(() => {
      if (this.machine.powered) this.#heapBytes = this.machine.state.heapBytes
      else this.#measureLater(1000)
    }, ms)
  }

  #noticed(kind: string, text: string): void {
    switch (kind) {
      case 'queued': this.#ledger.queued(text); break
      case 'refused': this.#ledger.refused(); break
      case 'stored': this.#ledger.stored(text); break
      case 'acknowledged': this.#ledger.acknowledged(text); break
      case 'dropped': this.#ledger.dropped(text); break
      case 'expired': this.#ledger.expired(text); break
      case 'connected': {
        this.#connections++
        this.#recovery.connected()
        break
      }
      case 'renewed': {
        this.#renewals++
        this.#recovery.connected()
        break
      }
      case 'disconnected': this.#recovery.disconnected(); break
      case 'cut': this.#cuts++; break
      case 'safeMode': this.#safeModeReason = text; break
      case 'crashed': {
        const crash = parseCrash(text)
        if (crash === undefined) break
        const at = sourceLine(crash, this.app)
        this.crashes.push({ ...crash, atMs: this.world.nowMs, ...(at === undefined ? {} : { at }) })
        break
      }
      default: break
    }
  }

  #arrived(message: DeviceMessage): void {
    this.#received++
    this.#ledger.arrived(message.system.messageId)
    this.#messages.push(message)
    this.#arrivals.push({ message, atMs: this.world.nowMs })
  }
}

function telemetryOf(message: DeviceMessage, atMs: number): Telemetry {
  const { system: { messageId }, properties } = message
  return { body: bodyOf(message), properties, ...(messageId === undefined ? {} : { messageId }), atMs }
}

function bodyOf({ body, system }: DeviceMessage): JsonValue {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  if (system.contentType !== 'application/json') return text
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return text
  }
}

/** Builds the app where it is not built yet and starts a device that runs it. Throws BuildError, BoardError or why it cannot run. */
export async function simulate(app: string | AppImage, { board, ...options }: SimulateOptions = {}): Promise<Device> {
  if (typeof app === 'string') {
    const built = await buildApp({ app, ...(board === undefined ? {} : { board }) })
    return new Device(built, built.board, options)
  }
  return new Device(app, typeof board === 'object' ? board : loadBoard(board ?? 'host'), options)
}
