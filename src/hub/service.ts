// The ports of a hub (reference E4): one for each protocol as Azure has them, or one for all.

import { createAmqpServer } from './amqp/server.js'
import type { ServerCertificate } from './authority.js'
import type { BlobAccess } from './http/engines.js'
import { listenService, type ServiceTimeouts } from './http/listen.js'
import { listenHub } from './http/serve.js'
import type { Hub } from './hub.js'
import { listen, type HubListener } from './listen.js'
import type { Metrics } from './metrics.js'

/** 0 takes a free one; equal numbers other than 0 are one port. */
export interface Ports {
  /** Azure's is 8883. */
  readonly mqtts: number
  /** Azure's is 5671. */
  readonly amqps: number
  /** Azure's is 443: the only one for Microsoft's REST clients and for WebSockets. Takes MQTT and AMQP as well. */
  readonly https: number
}

export interface ServiceOptions {
  readonly host: string
  readonly ports: Ports
  readonly certificate: ServerCertificate
  /** For import and export. */
  readonly blobs?: BlobAccess
  /** For /metrics and /health. */
  readonly metrics?: Metrics
  readonly timeouts?: Partial<ServiceTimeouts>
}

export interface HubService {
  readonly host: string
  /** As they were taken. */
  readonly ports: Ports
  /** Stops listening and ends the connections that came in here. */
  close(): Promise<void>
}

/** Rejects with the system's error if one of the ports cannot be used, and then uses none. */
export async function startService(hub: Hub, { host, ports, certificate, blobs, metrics, timeouts }: ServiceOptions): Promise<HubService> {
  // one for all ports: readers of the built-in endpoint push each other out wherever they come from
  const amqp = createAmqpServer(hub.context)
  const opened: HubListener[] = []
  const close = async (): Promise<void> => {
    amqp.close()
    await Promise.all(opened.map((listener) => listener.close()))
  }
  const open = async (listening: Promise<HubListener>): Promise<number> => {
    const listener = await listening
    opened.push(listener)
    return listener.port
  }
  const timing = timeouts === undefined ? {} : { timeouts }
  try {
    const https = await open(listenHub(hub, { host, port: ports.https, certificate, amqp: amqp.accept, ...timing, ...(blobs === undefined ? {} : { blobs }), ...(metrics === undefined ? {} : { metrics }) }))
    const isShared = (port: number): boolean => port !== 0 && port === ports.https
    const mqtts = isShared(ports.mqtts) ? https : await open(listen(hub, { host, port: ports.mqtts, certificate }))
    const amqps = isShared(ports.amqps) ? https : await open(listenService({ host, port: ports.amqps, certificate, amqp: amqp.accept, refuse: (reason, options) => hub.refuse(reason, options), ...timing }))
    return { host, ports: { mqtts, amqps, https }, close }
  } catch (error) {
    await close()
    throw error
  }
}
