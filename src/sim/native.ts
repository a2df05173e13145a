/** The addon as TypeScript sees it: one simulated device behind numbers and byte arrays. Knows nothing of what they mean to a test. */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { BoardTable } from '../board/index.js'
import { projectRoot } from '../board/root.js'

/** Indices into the status array. */
export const status = { events: 0, trace: 1, words: 2 } as const

/** A pin's entries in the values array; the pin's number is its place in the board table. */
export const pinValue = { value: 0, frequency: 1, edges: 2, moment: 3, words: 4 } as const

/** A set per pin: ask `read` for each value, tell `changed` of each change of an output. */
export const pinHook = { computed: 1, observed: 2 } as const

/** Proves who a device is whose connection string says x509=true. */
export interface ClientIdentity {
  /** The device's certificate, then those that lead to its root: PEM, or DER one after another. */
  readonly certificate: Uint8Array
  /** Its private key, PEM or DER, kept in software; or what signs in its place. */
  readonly key?: Uint8Array
  /** A secure element: r and s of 32 bytes each over a P-256 digest, or PKCS #1 v1.5 over one of SHA-256 (32 bytes) or SHA-384 (48). */
  readonly sign?: (digest: Uint8Array) => Uint8Array
  /** Of the key that signs: 256 for P-256, else RSA. 256 if not given. */
  readonly signBits?: number
}

export interface LinkOptions extends Partial<ClientIdentity> {
  /** Of a device or a module; a second line may hold the other key. A secret. */
  readonly connection: string
  /** Where to connect to instead of the host in the connection string. */
  readonly address?: string
  readonly port?: number
  /** Of the hub; 443 if not given. */
  readonly httpsPort?: number
  /** Where DPS is instead of its host's own name, for a connection string with an id scope. */
  readonly dpsAddress?: string
  readonly dpsPort?: number
  /** Where bundles of roots are kept, which outlives the device, and the point of the key that may sign them, 65 bytes: native/core/trust.h. */
  readonly trustFlash?: Uint8Array
  readonly trustKey?: Uint8Array
  /** Of IoT Plug and Play, announced at each connection. */
  readonly modelId?: string
  readonly tls: boolean
  /** Offers TLS 1.3 beside 1.2. */
  readonly tls13?: boolean
  /** PEM with its final NUL, or DER. */
  readonly ca?: Uint8Array
  readonly tokenTtlS?: number
  readonly keepAliveS?: number
  readonly buildEpochMs?: number
}

/** Why a device starts: enum tt_reset_reason of native/port/port.h. */
export const resetReason = { power: 1, software: 3, watchdog: 4, sleep: 6 } as const

/** What the addon's V8 engine asks of JavaScript; none of it throws. */
export interface GuestHooks {
  /** The memory, or why not. */
  load(wasm: Uint8Array): WebAssembly.Memory | string
  /** Bytes of the guest's heap in use, or -1 after a trap. */
  run(which: number, a: number, b: number, fuel: number): number
  trap(): { readonly reason: string, readonly function: string, readonly offset: number }
  unload(): void
}

export interface NativeOptions {
  readonly board: BoardTable
  readonly wasm: Uint8Array
  readonly link: LinkOptions
  readonly offline: boolean
  /** Condition and last crash are reported properties. */
  readonly health: boolean
  /** Absent: strong randomness of this machine. */
  readonly seed?: number
  /** The store's flash and the outbox's, cut into as many blocks as the board says; they outlive the device's power. Empty: none. */
  readonly flash: Uint8Array
  readonly outbox: Uint8Array
  /** One count for each block of the outbox, counted up with each erase. */
  readonly outboxErases: Int32Array
  readonly flashProgramBytes: number
  /** The files partition, likewise. */
  readonly files: Uint8Array
  readonly status: Int32Array
  readonly values: Int32Array
  readonly hooks: Uint8Array
  /** Absent: wasm3. */
  readonly v8?: GuestHooks
  read(pin: number): number
  changed(pin: number): void
  /** In the middle of a step more lines wait than are worth keeping there: to be answered by drainTrace. */
  traced(): void
  /** undefined: no device acknowledged. */
  i2c(pin: number, address: number, tx: Uint8Array, length: number): Uint8Array | undefined
}

export interface NativeState {
  readonly running: boolean
  readonly safeMode: boolean
  readonly connected: boolean
  /** Nothing waits to be sent or acknowledged. */
  readonly idle: boolean
  /** Telemetry messages on flash now. */
  readonly outboxMessages: number
  /** What the C side of all devices of this process took from the heap beyond their fixed memory: interpreter, TLS, event buffers. */
  readonly heapBytes: number
}

export interface NativeDevice {
  /** Power on, or off and on. Returns why not. */
  start(epochBaseMs: number, reset: number): string | undefined
  /** Milliseconds until it wants to be stepped again. Throws what a hook threw. */
  step(uptimeMs: number): number
  stop(): void
  /** Moves the event frames into an array that has room for as many bytes as the status says; the result is their number. */
  drain(into: Uint8Array): number
  drainTrace(): Buffer
  opened(stream: number): void
  /** The number of bytes taken. */
  receive(stream: number, bytes: Uint8Array): number
  ended(stream: number, error: number): void
  pinChanged(pin: number, level: number): void
  linkUp(): void
  /** The clock goes on from here; below 0: it is not set. */
  setClock(epochBaseMs: number): void
  /** The guest's next event runs out of fuel. */
  starve(): void
  state(): NativeState
  /** A value of the runtime's store, by the runtime's own key; only under power. */
  storeGet(key: string): Buffer | undefined
  /**
   * The `wait`-th program or erase of flash from now on is done only in its first `tornBytes` bytes and fails, and with it the next ones, `fails` in all;
   * with `cuts` the power goes in that moment, which JavaScript hears of as a restart. `wait` 0 takes it back.
   */
  flashFault(wait: number, fails: number, tornBytes: number, cuts: boolean): void
  /** Programs and erases of flash since the device was made. */
  flashLife(): { readonly programs: number, readonly erases: number }
  importFunction(module: string, name: string, signature: string): ((...args: (number | bigint)[]) => number | bigint | undefined) | undefined
  /** Frees all of it; nothing else may be called afterwards. */
  dispose(): void
}

interface Addon { readonly Device: new (options: NativeOptions) => NativeDevice }

let addon: Addon | undefined

export function createNative(options: NativeOptions): NativeDevice {
  if (addon === undefined) {
    const path = join(projectRoot, 'build', 'native', 'Release', 'tinytwin.node')
    if (!existsSync(path)) throw new Error('the native addon is not built. Run: npm run setup')
    addon = createRequire(import.meta.url)(path) as Addon
  }
  return new addon.Device(options)
}
