// The provisioning service on one TLS port of its own: MQTT, AMQP, both in WebSockets, and HTTP. Its name and certificate are its own, too.

import type { ServerCertificate } from '../authority.js'
import { listenService, type Accept, type ServiceTimeouts } from '../http/listen.js'
import { serveRoutes } from '../http/router.js'
import { serveWebSockets } from '../http/websocket.js'
import type { HubListener } from '../listen.js'
import { quoted, type ReasonId } from '../reason.js'
import { dpsDeviceRoutes } from './device-routes.js'
import type { Dps } from './dps.js'
import { errorDocument } from './request.js'
import { dpsServiceRoutes } from './service-routes.js'

/** [B3] where the domain has no number of its own, one of the status. */
const numberOf = (status: number, code: string): number => code === 'Unauthorized' ? 401002 : status * 1000

export function serveDps(dps: Dps): ReturnType<typeof serveRoutes> {
  const { context } = dps
  return serveRoutes({
    // the service's first: a device's first segment is an id scope, and may be any text
    routes: [...dpsServiceRoutes(context), ...dpsDeviceRoutes(context)],
    trackingId: () => Buffer.from(context.random(16)).toString('hex'),
    refused({ peer, method, status, message, trackingId }) {
      // why somebody is unauthorized was told where it was found out
      if (status !== 401) { dps.refuse('http-refused', { peer, detail: `${method} ${status} ${quoted(message)}, tracking id ${trackingId}` }) }
    },
    // messages of errors quote their input: only the kind is told
    failed: (error, trackingId) => context.report({ type: 'fault', time: context.clock.now(), message: `${error instanceof Error ? error.name : 'an error'} in a request, tracking id ${trackingId}` }),
    describe: (refusal, trackingId) => ({
      headers: {},
      body: errorDocument({ number: refusal.number ?? numberOf(refusal.status, refusal.code), message: refusal.message }, trackingId, context.clock.now())
    })
  })
}

export interface ListenDpsOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly certificate: ServerCertificate
  readonly timeouts?: Partial<ServiceTimeouts>
}

export function listenDps(dps: Dps, { host, port, certificate, timeouts }: ListenDpsOptions): Promise<HubListener> {
  const refuse = (reason: ReasonId, options: { peer: string; detail?: string }): void => dps.refuse(reason, options)
  const mqtt: Accept = (duplex, options) => dps.accept(duplex, options)
  const amqp: Accept = (duplex, options) => dps.acceptAmqp(duplex, options)
  return listenService({
    host, port, certificate, mqtt, amqp, refuse,
    ...(timeouts === undefined ? {} : { timeouts }),
    http: serveDps(dps),
    upgrade: serveWebSockets({ mqtt, amqp, refuse })
  })
}
