// MQTT over TLS on a TCP port (reference A2): sockets in, duplex streams out. It knows nothing of MQTT.

import type { AddressInfo, Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import type { ServerCertificate } from './authority.js'
import type { Hub } from './hub.js'
import { carry, peerOf, secureInfoOf } from './socket.js'

export interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly certificate: ServerCertificate
}

export interface HubListener {
  readonly host: string
  readonly port: number
  /** Stops listening and ends the connections that came in here. */
  close(): Promise<void>
}

const HANDSHAKE_TIMEOUT_MS = 30_000

/** Rejects with the system's error if the address cannot be used. */
export async function listen(hub: Hub, { host, port, certificate }: ListenOptions): Promise<HubListener> {
  const sockets = new Set<TLSSocket>()
  const handshaking = new Map<string, Socket>()
  const server = createServer({
    cert: certificate.certPem,
    key: certificate.keyPem,
    minVersion: 'TLSv1.2',
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    // asked for, never demanded: who may connect is decided at CONNECT (A2)
    requestCert: true,
    rejectUnauthorized: false
  }, (socket) => {
    handshaking.delete(peerOf(socket))
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    carry(socket, (duplex) => hub.accept(duplex, { peer: peerOf(socket), secure: secureInfoOf(socket) }))
  })
  server.on('tlsClientError', (error: Error & { code?: string }, socket) => {
    hub.refuse('tls-handshake', { peer: peerOf(socket), detail: error.code ?? error.message })
  })
  server.on('connection', (socket) => {
    const peer = peerOf(socket)
    handshaking.set(peer, socket)
    socket.on('close', () => handshaking.delete(peer))
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
      for (const socket of handshaking.values()) { socket.destroy() }
      for (const socket of sockets) { socket.destroySoon() }
    })
  }
}
