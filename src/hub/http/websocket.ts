// WebSockets as duplex streams (reference A2, E4): the subprotocol says what they carry. It knows neither MQTT nor AMQP.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import type { ReasonId } from '../reason.js'
import { MAX_UNSENT_BYTES, peerOf, secureInfoOf } from '../socket.js'
import type { Accept } from './listen.js'

export interface WebSocketOptions {
  readonly mqtt?: Accept
  readonly amqp?: Accept
  refuse(reason: ReasonId, options: { peer: string; detail?: string }): void
}

/** [A2] of the hub and of DPS alike; Java's and Python's clients put a query behind it. */
const PATH = '/$iothub/websocket'
/** Frames only cut the stream: one may hold several packets, the largest of which is a message at its limit with its topic. */
const MAX_FRAME_BYTES = 1024 * 1024

const subprotocols = { mqtt: 'mqtt', amqp: 'AMQPWSB10' } as const

function isOurs(target: string): boolean {
  const path = target.split('?', 1)[0]!
  try {
    return decodeURIComponent(path).toLowerCase() === PATH
  } catch {
    return false
  }
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

function bytesOf(data: RawData): Buffer {
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data)
}

function serve(webSocket: WebSocket, socket: TLSSocket, accept: Accept): void {
  const connection = accept({
    write(bytes) {
      webSocket.send(bytes)
      if (webSocket.bufferedAmount > MAX_UNSENT_BYTES) {
        webSocket.terminate()
        connection.ended('slow-reader')
      }
    },
    close: () => webSocket.close(1000)
  }, { peer: peerOf(socket), secure: secureInfoOf(socket) })
  webSocket.on('message', (data, isBinary) => {
    if (isBinary) {
      connection.receive(bytesOf(data))
    } else {
      // [MQTT-6.0.0-1] and AMQP's binding alike: binary frames only
      webSocket.close(1003)
      connection.ended()
    }
  })
  // what failed is told by 'close', which always follows
  webSocket.on('error', () => {})
  webSocket.on('close', () => connection.ended())
}

/** The listener for an HTTP server's upgrades. */
export function serveWebSockets({ mqtt, amqp, refuse }: WebSocketOptions): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const carriers = new Map<string, Accept>()
  if (mqtt !== undefined) { carriers.set(subprotocols.mqtt, mqtt) }
  if (amqp !== undefined) { carriers.set(subprotocols.amqp, amqp) }
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered].find((name) => carriers.has(name)) ?? false
  })
  server.on('wsClientError', (error, socket) => {
    refuse('malformed-http', { peer: peerOf(socket as TLSSocket), detail: error.message })
    refuseUpgrade(socket, '400 Bad Request')
  })
  return (request, socket, head) => {
    socket.on('error', () => {})
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
    if (!isOurs(request.url ?? '') || !offered.some((name) => carriers.has(name))) {
      const isPath = isOurs(request.url ?? '')
      refuse('malformed-http', { peer: peerOf(socket as TLSSocket), detail: isPath ? 'no subprotocol that is spoken here' : 'an upgrade on another path' })
      refuseUpgrade(socket, isPath ? '400 Bad Request' : '404 Not Found')
      return
    }
    server.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, socket as TLSSocket, carriers.get(webSocket.protocol)!))
  }
}
