// The hub's whole HTTP surface, and the one port that carries it beside MQTT and AMQP.

import type { ServerCertificate } from '../authority.js'
import type { Hub } from '../hub.js'
import type { HubListener } from '../listen.js'
import { quoted } from '../reason.js'
import { configurationRoutes, jobRoutes, queryRoutes } from './engine-routes.js'
import { deviceRoutes } from './device-routes.js'
import { digitalTwinRoutes } from './digital-twin-routes.js'
import type { Engines } from './engines.js'
import { listenService, type Accept, type ServiceTimeouts } from './listen.js'
import { messageRoutes } from './message-routes.js'
import type { Metrics } from '../metrics.js'
import { metricsRoutes } from './metrics-routes.js'
import { registryRoutes } from './registry-routes.js'
import { serveRoutes, type Route } from './router.js'
import { transferRoutes } from './transfer-routes.js'
import { twinRoutes } from './twin-routes.js'

/** In the order in which they are tried; engines that are not given are the hub's own. */
export function hubRoutes({ context, queries: query, jobs, configurations }: Hub, given: Partial<Engines>): Route[] {
  const engines: Engines = { query, jobs, configurations, ...given }
  return [
    ...deviceRoutes(context),
    ...queryRoutes(context, engines),
    ...registryRoutes(context),
    ...twinRoutes(context),
    ...jobRoutes(context, engines),
    ...transferRoutes(context, engines),
    ...configurationRoutes(context, engines),
    ...messageRoutes(context),
    ...digitalTwinRoutes(context)
  ]
}

/** Where our own mistake was made, without what it was made with: messages of errors quote their input. */
function placeOf(error: unknown): string {
  const { name, stack = '' } = error instanceof Error ? error : new Error()
  return `${name} at ${/([\w-]+\.[jt]s:\d+)/.exec(stack)?.[1] ?? 'an unknown place'}`
}

export function serveHub(hub: Hub, engines: Partial<Engines> = {}, metrics?: Metrics): ReturnType<typeof serveRoutes> {
  const { context } = hub
  return serveRoutes({
    routes: [...(metrics === undefined ? [] : metricsRoutes(metrics)), ...hubRoutes(hub, engines)],
    trackingId: () => `${Buffer.from(context.random(16)).toString('hex')}-TimeStamp:${new Date(context.clock.now()).toISOString()}`,
    // why somebody is unauthorized was told where it was found out
    refused({ peer, method, status, message, trackingId }) {
      if (status !== 401) { hub.refuse('http-refused', { peer, detail: `${method} ${status} ${quoted(message)}, tracking id ${trackingId}` }) }
    },
    failed: (error, trackingId) => context.log({
      time: context.clock.now(), level: 'error', event: 'http', message: `${placeOf(error)}, tracking id ${trackingId}`
    })
  })
}

export interface ListenHubOptions extends Partial<Engines> {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly certificate: ServerCertificate
  readonly amqp?: Accept
  /** Given to /metrics and /health, which are not there without. */
  readonly metrics?: Metrics
  readonly timeouts?: Partial<ServiceTimeouts>
}

/** Everything the hub speaks on one port [E4]. */
export async function listenHub(hub: Hub, { host, port, certificate, amqp, metrics, timeouts, ...engines }: ListenHubOptions): Promise<HubListener> {
  const refuse: Hub['refuse'] = (reason, options) => hub.refuse(reason, options)
  // loaded when asked for: it takes a fifth of a second, and a simulation needs none of it
  const { serveWebSockets } = await import('./websocket.js')
  const carried = { mqtt: ((duplex, options) => hub.accept(duplex, options)) satisfies Accept as Accept, ...(amqp === undefined ? {} : { amqp }), refuse }
  return listenService({
    ...carried, host, port, certificate,
    ...(timeouts === undefined ? {} : { timeouts }),
    http: serveHub(hub, engines, metrics),
    upgrade: serveWebSockets(carried)
  })
}
