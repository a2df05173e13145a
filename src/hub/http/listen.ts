// One TLS port for everything (reference A2, E4): the first byte after the handshake says MQTT, AMQP or HTTP. It knows none of the three.

import { Server as HttpsServer, type ServerOptions } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { ServerCertificate } from '../authority.js'
import type { HubConnection, HubDuplex } from '../duplex.js'
import type { SecureInfo } from '../event.js'
import type { HubListener } from '../listen.js'
import type { ReasonId } from '../reason.js'
import { carry, peerOf, secureInfoOf } from '../socket.js'

/** How a protocol takes a connection over; `hub.accept` is one. */
export type Accept = (duplex: HubDuplex, options: { peer: string; secure: SecureInfo | null }) => HubConnection

export interface ServiceTimeouts {
  /** From the end of the handshake to the first byte. */
  readonly firstByteMs: number
  readonly headersMs: number
  readonly requestMs: number
  /** Of an HTTP connection without a request. */
  readonly idleMs: number
}

export interface ServiceListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly certificate: ServerCertificate
  /** A protocol that is not given is refused. */
  readonly mqtt?: Accept
  readonly amqp?: Accept
  readonly http?: (request: IncomingMessage, response: ServerResponse) => void
  /** WebSockets come as upgrades of HTTP. */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  refuse(reason: ReasonId, options: { peer: string; detail?: string }): void
  readonly timeouts?: Partial<ServiceTimeouts>
}

const HANDSHAKE_TIMEOUT_MS = 30_000
const TIMEOUTS: ServiceTimeouts = { firstByteMs: 10_000, headersMs: 20_000, requestMs: 60_000, idleMs: 120_000 }
/** A message's properties travel as headers. */
const MAX_HEADER_BYTES = 32 * 1024

const MQTT_CONNECT = 0x10
const AMQP = 0x41
const isMethodLetter = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a

/** `AMQP`, and not a method that begins with A, of which HTTP has none. */
function protocolOf(first: number): 'mqtt' | 'amqp' | 'http' | undefined {
  if (first === MQTT_CONNECT) { return 'mqtt' }
  if (first === AMQP) { return 'amqp' }
  return isMethodLetter(first) ? 'http' : undefined
}

/** SDKs offer nothing; who offers something is given HTTP/1.1 or what is first. HTTP/2 is not spoken here. */
function protocolByAlpn({ protocols }: { protocols: string[] }): string | undefined {
  return protocols.includes('http/1.1') ? 'http/1.1' : protocols.find((name) => name !== 'h2')
}

const statusLines: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large'
}

/** Of a socket: what failed is told by 'close', which always follows. */
const ignore = (): void => {}

/** Rejects with the system's error if the address cannot be used. */
export async function listenService(options: ServiceListenOptions): Promise<HubListener> {
  const { host, port, certificate, http, upgrade, refuse } = options
  const timeouts = { ...TIMEOUTS, ...options.timeouts }
  const handshaking = new Set<Socket>()
  const secured = new Set<TLSSocket>()
  const settings: ServerOptions & { ALPNCallback: typeof protocolByAlpn } = {
    cert: certificate.certPem,
    key: certificate.keyPem,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    // asked for, never demanded: who may do what is decided by each request (A2)
    requestCert: true,
    rejectUnauthorized: false,
    ALPNCallback: protocolByAlpn,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: timeouts.headersMs,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.idleMs,
    connectionsCheckingInterval: Math.min(5000, timeouts.headersMs)
  }
  const server = new HttpsServer(settings, (request, response) => http!(request, response))
  const [serveHttp] = server.listeners('secureConnection') as [(this: HttpsServer, socket: TLSSocket) => void]
  server.removeAllListeners('secureConnection')

  function start(socket: TLSSocket, first: Buffer): void {
    const connection = { peer: peerOf(socket), secure: secureInfoOf(socket) }
    const protocol = protocolOf(first[0]!)
    if (protocol === 'http' && http !== undefined) {
      socket.unshift(first)
      serveHttp.call(server, socket)
      return
    }
    const accept = protocol === 'mqtt' ? options.mqtt : protocol === 'amqp' ? options.amqp : undefined
    if (accept === undefined) {
      refuse('unknown-protocol', { peer: connection.peer, detail: `first byte 0x${first[0]!.toString(16).padStart(2, '0')}` })
      socket.destroy()
      return
    }
    carry(socket, (duplex) => accept(duplex, connection))(first)
  }

  server.on('secureConnection', (socket: TLSSocket) => {
    secured.add(socket)
    const peer = peerOf(socket)
    const leave = (): void => refuse('left-early', { peer })
    const timer = setTimeout(() => {
      socket.off('close', leave)
      refuse('connect-timeout', { peer })
      socket.destroy()
    }, timeouts.firstByteMs)
    socket.on('error', ignore)
    socket.on('close', leave)
    socket.on('close', () => {
      clearTimeout(timer)
      secured.delete(socket)
    })
    socket.once('data', (first: Buffer) => {
      clearTimeout(timer)
      socket.off('close', leave)
      socket.pause()
      start(socket, first)
      socket.resume()
    })
  })
  server.on('connection', (socket: Socket) => {
    handshaking.add(socket)
    socket.on('close', () => handshaking.delete(socket))
  })
  server.on('tlsClientError', (error: Error & { code?: string }, socket) => {
    refuse('tls-handshake', { peer: peerOf(socket as Socket), detail: error.code ?? 'unknown' })
  })
  server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    // a failed handshake has been told already
    if (!secured.has(socket as TLSSocket)) {
      socket.destroy()
      return
    }
    if (error.code !== 'ECONNRESET') { refuse('malformed-http', { peer: peerOf(socket as TLSSocket), detail: error.code ?? 'unknown' }) }
    if (!socket.writable) {
      socket.destroy()
      return
    }
    socket.end(`HTTP/1.1 ${statusLines[error.code ?? ''] ?? '400 Bad Request'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (upgrade === undefined) { socket.destroy() } else { upgrade(request, socket, head) }
  })

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of secured) { socket.destroySoon() }
      for (const socket of handshaking) { socket.destroy() }
    })
  }
}
