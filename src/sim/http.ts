/** HTTP in a simulated world: connections that end at Node's own HTTP server, without a socket. Knows no request. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Duplex } from 'node:stream'
import { errors } from '../abi/abi.js'
import type { Wire, WireEvents } from './network.js'

export type HttpListener = (request: IncomingMessage, response: ServerResponse) => void

export interface Waiting {
  /** Virtual time stands still while Node's server, which runs in the process's own time, has something to do. */
  readonly pending: boolean
}

/** Turns of the event loop that a server may need to read what it got. */
const settleTurns = 4

export class MemoryHttp implements Waiting {
  /** Sees each request before its server does; true when it served it, or ended its connection. */
  intercept: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined
  readonly #servers = new Map<string, ReturnType<typeof createServer>>()
  readonly #listenerFor: (host: string) => Promise<HttpListener>
  #pending = 0

  /** `listenerFor` serves a host; it is asked once for each. */
  constructor(listenerFor: (host: string) => Promise<HttpListener>) {
    this.#listenerFor = listenerFor
  }

  get pending(): boolean {
    return this.#pending > 0
  }

  connect(host: string, events: WireEvents): Wire {
    let ended = false
    const end = (): void => {
      if (ended) return
      ended = true
      events.ended(errors.closed.code)
    }
    const socket = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, done) {
        if (!ended) events.received(chunk)
        done()
      },
      final(done) {
        end()
        done()
      },
      destroy(error, done) {
        end()
        done(error)
      },
    })
    socket.on('error', () => {})
    events.opened()
    void this.#begin(host, socket)
    return {
      write: (bytes) => {
        socket.push(Buffer.from(bytes))
        void this.#settle()
      },
      close: () => {
        ended = true
        socket.push(null)
        void this.#settle()
      },
    }
  }

  async #begin(host: string, socket: Duplex): Promise<void> {
    this.#pending++
    let server = this.#servers.get(host)
    if (server === undefined) {
      const listener = await this.#listenerFor(host)
      server = createServer({ keepAliveTimeout: 0 })
      server.on('request', (request, response) => {
        this.#pending++
        response.once('close', () => { void this.#settle(() => { this.#pending-- }) })
        if (this.intercept?.(request, response) !== true) listener(request, response)
      })
      this.#servers.set(host, server)
    }
    server.emit('connection', socket)
    await this.#settle()
    this.#pending--
  }

  async #settle(then: () => void = () => {}): Promise<void> {
    this.#pending++
    for (let turn = 0; turn < settleTurns; turn++) await new Promise((resolve) => { setImmediate(resolve) })
    this.#pending--
    then()
  }
}
