// The two directions of one connection, whatever carries it: a TLS socket, a WebSocket, a simulated link.

import type { ReasonId } from './reason.js'

/** The hub's way out to one peer. */
export interface HubDuplex {
  /** The bytes are the receiver's to keep. */
  write(bytes: Uint8Array): void
  /** The hub has ended the connection; what was written before is still to be sent. */
  close(): void
}

/** The peer's way in to the hub; all of it is handled, and answered through the duplex, before the call returns. */
export interface HubConnection {
  /** The bytes are borrowed for the call. */
  receive(bytes: Uint8Array): void
  /** The peer is gone. `why` is told only if the connection was still in use. */
  ended(why?: ReasonId): void
}
