/** A device in real time over real sockets, with the TLS of its own C runtime: what `tinytwin dev` shows. Knows no hub but by its address. */

import type { Board } from '../board/index.js'
import type { LogLevel, NoticeKind } from './events.js'
import { Machine, type AppImage, type Engine, type Timeline } from './machine.js'
import type { ClientIdentity } from './native.js'
import { Plug, tcpNetwork } from './network.js'
import { parseCrash, sourceLine } from './source.js'
import type { CrashReport } from './device.js'

export interface HubAddress {
  /** Of a device or a module; the hub's certificate must be made out to its host, or gateway. A secret. */
  readonly connection: string
  /** Where to connect to instead of the host in the connection string. */
  readonly address?: string
  readonly port?: number
  /** Where DPS is instead of its host's own name, for a connection string with an id scope. */
  readonly dpsAddress?: string
  readonly dpsPort?: number
  /** See LinkOptions. */
  readonly trustFlash?: Uint8Array
  readonly trustKey?: Uint8Array
  /** Of its HTTPS; 443 if not given. */
  readonly httpsPort?: number
  /** Roots, PEM. */
  readonly ca: string
  /** With x509=true in the connection string. */
  readonly client?: ClientIdentity
  readonly tokenTtlS?: number
  readonly keepAliveS?: number
}

export interface RealOptions {
  readonly board: Board
  readonly engine?: Engine
  readonly hub: HubAddress
  /** What an earlier device of this board left behind, to go on with its store and its count of starts. */
  readonly flash?: Uint8Array | undefined
  readonly log?: (level: LogLevel, text: string) => void
  readonly notice?: (kind: NoticeKind, code: number, text: string) => void
  readonly crashed?: (crash: CrashReport) => void
  /** A simulated part threw; the device has stopped. */
  readonly failed?: (error: unknown) => void
}

const longestTimeoutMs = 2 ** 31 - 1

export class RealDevice implements Timeline {
  readonly epochMs = Date.now()
  readonly machine: Machine
  readonly network: Pick<Plug, 'up' | 'down' | 'connected'>
  readonly #beganMs = performance.now()
  readonly #failed: (error: unknown) => void
  #timer: NodeJS.Timeout | undefined
  #soon: NodeJS.Immediate | undefined
  #closed = false

  /** Throws when the runtime refuses the app. */
  constructor(app: AppImage, { board, engine = 'wasm3', hub, flash, log, notice, crashed, failed }: RealOptions) {
    this.#failed = failed ?? ((error) => { throw error })
    const plug = new Plug(tcpNetwork, () => this.machine.linkUp())
    this.network = plug
    const { ca, client, ...link } = hub
    this.machine = new Machine({
      app, board, engine, keepTrace: false, flash, network: plug, timeline: this,
      link: { ...link, ...client, tls: true, tls13: board.network.tls.version === '1.3', ca: Buffer.from(`${ca}\0`) },
      news: {
        ...(log === undefined ? {} : { log }),
        notice: (kind, code, text) => {
          notice?.(kind, code, text)
          const crash = kind === 'crashed' ? parseCrash(text) : undefined
          if (crash === undefined) return
          const at = sourceLine(crash, app)
          crashed?.({ ...crash, atMs: this.nowMs, ...(at === undefined ? {} : { at }) })
        },
      },
    })
    this.machine.start()
  }

  get nowMs(): number {
    return Math.floor(performance.now() - this.#beganMs)
  }

  soon(): void {
    if (!this.#closed) this.#soon ??= setImmediate(() => this.#pump())
  }

  /** Frees the device; its connection ends. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    clearImmediate(this.#soon)
    this.machine.dispose()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  // One step a turn of the event loop, so that a busy device leaves sockets and Ctrl-C their chance.
  #pump(): void {
    this.#soon = undefined
    clearTimeout(this.#timer)
    try {
      if (this.machine.deadlineMs <= this.nowMs) this.machine.step()
    } catch (error) {
      this.close()
      this.#failed(error)
      return
    }
    const waitMs = this.machine.deadlineMs - this.nowMs
    if (waitMs <= 0) this.soon()
    else this.#timer = setTimeout(() => this.#pump(), Math.min(waitMs, longestTimeoutMs))
  }
}
