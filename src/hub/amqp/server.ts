// AMQP for a hub: connections in, from any carrier. What they may do is decided in the files beside this one.

import type { HubContext } from '../domain/device.js'
import { clientCertificateOf } from '../domain/x509.js'
import type { HubConnection, HubDuplex } from '../duplex.js'
import type { SecureInfo } from '../event.js'
import { HubApplication } from './application.js'
import { AmqpConnection } from './connection.js'
import { AmqpError } from './error.js'
import { Readers } from './readers.js'

export interface AmqpServer {
  /** As the other protocols take connections over. */
  accept(duplex: HubDuplex, options?: { peer?: string; secure?: SecureInfo | null }): HubConnection
  /** Of all kinds, devices and services. */
  readonly connectionCount: number
  /** Ends every connection, now and from now on. */
  close(): void
}

function end(connection: AmqpConnection): void {
  connection.close('hub-closed', new AmqpError('amqp:connection:forced', 'the hub was closed'))
}

export function createAmqpServer(hub: HubContext): AmqpServer {
  const readers = new Readers(hub)
  const open = new Set<AmqpConnection>()
  let isClosed = false
  return {
    accept(duplex, { peer = 'memory', secure = null } = {}) {
      const connection: AmqpConnection = new AmqpConnection({
        clock: hub.clock,
        duplex,
        containerId: hub.hostName,
        serve: (self) => new HubApplication({
          hub, readers, connection: self, peer, tls: secure?.protocol ?? null, certificate: clientCertificateOf(secure),
          closed: () => open.delete(self)
        })
      })
      open.add(connection)
      if (isClosed) { end(connection) }
      return connection
    },
    get connectionCount() {
      return open.size
    },
    close() {
      isClosed = true
      for (const connection of open) { end(connection) }
    }
  }
}
