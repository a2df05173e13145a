// A TLS socket as one of the hub's duplex streams; it knows no protocol.

import type { Socket } from 'node:net'
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls'
import type { HubConnection, HubDuplex } from './duplex.js'
import type { SecureInfo } from './event.js'

/** What may wait in memory for a peer that does not read: well above a full queue, which is sent in one go. */
export const MAX_UNSENT_BYTES = 16 * 1024 * 1024
/** Longer chains are cut: nobody's has more, and whoever sends more pays for it himself. */
const MAX_CHAIN = 8

export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return remoteAddress === undefined ? 'unknown' : `${remoteAddress}:${remotePort}`
}

/** A resumed session has the client's certificate but not its issuers: they are remembered by the certificate, the oldest forgotten first. */
const MAX_REMEMBERED = 4096
const rememberedIssuers = new Map<string, readonly Uint8Array[]>()

function issuersOf(leaf: DetailedPeerCertificate, isResumed: boolean): readonly Uint8Array[] {
  if (isResumed) { return rememberedIssuers.get(leaf.fingerprint256) ?? [] }
  const issuers: Uint8Array[] = []
  let certificate = leaf
  while (issuers.length < MAX_CHAIN) {
    const issuer = certificate.issuerCertificate as DetailedPeerCertificate | undefined
    // the last one names itself as its issuer
    if (issuer?.raw === undefined || issuer === certificate || issuer.raw.equals(certificate.raw)) { break }
    issuers.push(issuer.raw)
    certificate = issuer
  }
  rememberedIssuers.delete(leaf.fingerprint256)
  if (issuers.length > 0) { rememberedIssuers.set(leaf.fingerprint256, issuers) }
  if (rememberedIssuers.size > MAX_REMEMBERED) { rememberedIssuers.delete(rememberedIssuers.keys().next().value!) }
  return issuers
}

/** By socket: HTTP asks again with each request. */
const known = new WeakMap<TLSSocket, SecureInfo>()

export function secureInfoOf(socket: TLSSocket): SecureInfo {
  let info = known.get(socket)
  if (info === undefined) {
    info = readSecureInfo(socket)
    known.set(socket, info)
  }
  return info
}

function readSecureInfo(socket: TLSSocket): SecureInfo {
  const info = { protocol: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name }
  // asked for once and before anything else: Node takes the chain apart while it reads it
  const leaf = socket.getPeerCertificate(true) as DetailedPeerCertificate | undefined
  return leaf?.raw === undefined ? info : { ...info, clientCertificate: leaf.raw, clientChain: issuersOf(leaf, socket.isSessionReused()) }
}

/** Connects the socket with what `accept` makes of it; the result hands over bytes that were read before. */
export function carry(socket: TLSSocket, accept: (duplex: HubDuplex) => HubConnection): (bytes: Uint8Array) => void {
  socket.setNoDelay(true)
  const connection = accept({
    write(bytes) {
      socket.write(bytes)
      if (socket.writableLength > MAX_UNSENT_BYTES) {
        socket.destroy()
        connection.ended('slow-reader')
      }
    },
    close: () => { socket.destroySoon() }
  })
  const receive = (bytes: Uint8Array): void => {
    socket.cork()
    connection.receive(bytes)
    socket.uncork()
  }
  socket.on('data', receive)
  // what failed is told by 'close', which always follows
  socket.on('error', () => {})
  socket.on('end', () => connection.ended())
  socket.on('close', () => connection.ended())
  return receive
}
