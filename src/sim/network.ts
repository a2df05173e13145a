/** Where a device's TCP connections end: at a hub in this process, or at a real socket. */

import { connect as connectTcp } from 'node:net'
import { errors } from '../abi/abi.js'
import type { Hub, HubConnection } from '../hub/index.js'

/** The device's way out. */
export interface Wire {
  /** The bytes are borrowed for the call. */
  write(bytes: Uint8Array): void
  close(): void
}

/** What comes back to the device; nothing after `ended`. */
export interface WireEvents {
  opened(): void
  /** The bytes are borrowed for the call. */
  received(bytes: Uint8Array): void
  /** One of the ABI's error codes. */
  ended(error: number): void
}

export interface Network {
  connect(host: string, port: number, events: WireEvents): Wire
}

const httpsPort = 443

/** Of a connection that never was. */
export const deadWire: Wire = { write: () => {}, close: () => {} }

/** Every connection, whatever its host, ends at the hub there is then, at once and without TLS, or at `http` if it is for port 443; where there is no hub it is refused. */
export function memoryNetwork(hubNow: () => Hub | undefined, http?: { connect(host: string, events: WireEvents): Wire }): Network {
  return {
    connect(host, port, events) {
      const hub = hubNow()
      if (hub === undefined) {
        events.ended(errors.refused.code)
        return deadWire
      }
      if (port === httpsPort && http !== undefined) return http.connect(host, events)
      let connection: HubConnection | undefined
      events.opened()
      connection = hub.accept({ write: events.received, close: () => events.ended(errors.closed.code) })
      return {
        write: (bytes) => connection.receive(bytes),
        close: () => connection.ended(),
      }
    },
  }
}

const socketErrors: Readonly<Record<string, number>> = {
  ECONNREFUSED: errors.refused.code,
  ENOTFOUND: errors.notFound.code,
  EAI_AGAIN: errors.notFound.code,
  ETIMEDOUT: errors.timeout.code,
  EHOSTUNREACH: errors.timeout.code,
  ENETUNREACH: errors.timeout.code,
}

/** Real sockets. What is secret on them was made so by the device itself. */
export const tcpNetwork: Network = {
  connect(host, port, events) {
    const socket = connectTcp({ host, port, noDelay: true })
    let error: number = errors.closed.code
    socket.on('connect', events.opened)
    socket.on('data', events.received)
    // 'close' always follows.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => { error = socketErrors[code ?? ''] ?? errors.closed.code })
    socket.on('end', () => socket.end())
    socket.on('close', () => events.ended(error))
    return {
      write: (bytes) => { socket.write(Uint8Array.from(bytes)) },
      close: () => { socket.destroySoon() },
    }
  },
}

/** A network with a plug that can be pulled: all connections end, new ones fail until it is back. */
export class Plug implements Network {
  readonly #network: Network
  readonly #cuts = new Set<() => void>()
  readonly #returned: () => void
  /** One for each hand that pulled the plug. */
  readonly #hands = new Set<object>()
  #release: (() => void) | undefined

  /** `returned` is called when the plug is back. */
  constructor(network: Network, returned: () => void) {
    this.#network = network
    this.#returned = returned
  }

  get connected(): boolean {
    return this.#hands.size === 0
  }

  /** The result puts it back; it is in when nobody keeps it out. */
  pull(): () => void {
    const hand = {}
    this.#hands.add(hand)
    for (const cut of this.#cuts) cut()
    return () => {
      if (this.#hands.delete(hand) && this.#hands.size === 0) this.#returned()
    }
  }

  down(): void {
    this.#release ??= this.pull()
  }

  up(): void {
    this.#release?.()
    this.#release = undefined
  }

  connect(host: string, port: number, events: WireEvents): Wire {
    if (!this.connected) {
      events.ended(errors.timeout.code)
      return deadWire
    }
    let open = true
    const end = (): void => {
      open = false
      this.#cuts.delete(cut)
    }
    let wire = deadWire
    const cut = (): void => {
      end()
      wire.close()
      events.ended(errors.closed.code)
    }
    wire = this.#network.connect(host, port, {
      opened: () => { if (open) events.opened() },
      received: (bytes) => { if (open) events.received(bytes) },
      ended: (error) => {
        if (!open) return
        end()
        events.ended(error)
      },
    })
    if (open) this.#cuts.add(cut)
    return {
      write: (bytes) => { if (open) wire.write(bytes) },
      close: () => {
        if (!open) return
        end()
        wire.close()
      },
    }
  }
}
