/** The hub of a world and what can go wrong with it: restarts, throttling, a clock of its own, a rival with the same id. Knows no device's inside. */

import { generate } from 'mqtt-packet'
import {
  createHub, createThrottles, HubError, memoryEventLog, memoryStore, signSas, unthrottled,
  type Clock, type DeviceMessage, type EventLog, type Hub, type HubConnection, type HubOptions, type HubStore, type Random, type Throttles,
} from '../hub/index.js'
import type { HttpListener } from './http.js'

export type CloudOptions = Omit<HubOptions, 'clock' | 'random'>

/** What a throttled operation is told to wait. */
const throttledS = 10
/** A rival that was replaced comes back after so long. */
const rivalReturnsMs = 10_000
const tokenS = 3600

export class Cloud {
  readonly #options: HubOptions
  readonly #clock: Clock
  readonly #received: (message: DeviceMessage) => void
  readonly #skewsMs = new Map<object, number>()
  readonly #throttlings = new Set<object>()
  readonly #absences = new Set<object>()
  readonly #close: () => Promise<void>
  #hub: Hub

  constructor(options: CloudOptions, clock: Clock, random: Random, received: (message: DeviceMessage) => void) {
    this.#clock = {
      now: () => clock.now() + [...this.#skewsMs.values()].reduce((sum, skewMs) => sum + skewMs, 0),
      setTimer: (fired, ms) => clock.setTimer(fired, ms),
    }
    const { throttle, store = memoryStore(), events = memoryEventLog({ clock: this.#clock }) } = options
    const tier = throttle === undefined ? unthrottled : 'take' in throttle ? throttle : createThrottles(throttle, this.#clock)
    this.#received = received
    this.#close = async () => {
      await events.close()
      await store.close()
    }
    this.#options = {
      ...options,
      store: lastingStore(store),
      events: lastingEvents(events),
      random,
      clock: this.#clock,
      throttle: { ...throttle, ...this.#throttled(tier) },
    }
    this.#hub = this.#open()
  }

  get hub(): Hub {
    return this.#hub
  }

  /** Where connections end; undefined while the hub is away. */
  get reachable(): Hub | undefined {
    return this.#absences.size === 0 ? this.#hub : undefined
  }

  /** What answers requests over HTTPS, whichever hub there is; loaded when the first comes. */
  async serveHttp(): Promise<HttpListener> {
    const { serveHub } = await import('../hub/http/serve.js')
    const listeners = new WeakMap<Hub, HttpListener>()
    return (request, response) => {
      const hub = this.#hub
      const listener = listeners.get(hub) ?? serveHub(hub)
      listeners.set(hub, listener)
      listener(request, response)
    }
  }

  /** All connections end; another hub goes on with what this one kept, and takes connections once the result was called. */
  restart(): () => void {
    const absence = {}
    this.#absences.add(absence)
    void this.#hub.close()
    this.#hub = this.#open()
    return () => { this.#absences.delete(absence) }
  }

  /** Every rate is exceeded, whoever asks, until the result is called. */
  throttle(): () => void {
    const throttling = {}
    this.#throttlings.add(throttling)
    return () => { this.#throttlings.delete(throttling) }
  }

  /** The hub's clock goes so far ahead of (or behind) everybody else's, until the result is called. */
  skew(ms: number): () => void {
    const skew = {}
    this.#skewsMs.set(skew, ms)
    return () => { this.#skewsMs.delete(skew) }
  }

  /** Another client connects with the device's id and key, which ends the device's connection, and comes back whenever it is replaced until the result is called. */
  kick(deviceId: string): () => void {
    let ended = false
    let connection: HubConnection | undefined
    const connect = (): void => {
      const hub = this.reachable
      if (ended || hub === undefined || hub.devices.get(deviceId) === undefined) return
      const [, key = ''] = hub.connectionString(deviceId).split(';SharedAccessKey=')
      const expiry = Math.floor(this.#clock.now() / 1000) + tokenS
      connection = hub.accept({ write: () => {}, close: () => { this.#clock.setTimer(connect, rivalReturnsMs) } }, { peer: 'rival' })
      connection.receive(generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clientId: deviceId,
        clean: false,
        keepalive: 0,
        username: `${hub.hostName}/${deviceId}/?api-version=2021-04-12`,
        password: Buffer.from(signSas({ resource: `${hub.hostName}/devices/${deviceId}`, key, expiry })),
      }))
    }
    connect()
    return () => {
      ended = true
      connection?.ended()
    }
  }

  /** Whatever the store has to write is written. */
  async close(): Promise<void> {
    await this.#hub.close()
    await this.#close()
  }

  #throttled(tier: Throttles): Throttles {
    return {
      take: (what, tokens) => this.#throttlings.size > 0 ? throttledS : tier.take(what, tokens),
      require: (what, tokens) => {
        if (this.#throttlings.size > 0) throw new HubError('Throttled', `the hub is throttled; try again in ${throttledS} s`, { retryAfterSeconds: throttledS })
        tier.require(what, tokens)
      },
    }
  }

  #open(): Hub {
    const hub = createHub(this.#options)
    hub.onMessage(this.#received)
    return hub
  }
}

// Both outlive a hub that is closed. A record is what it was when it was put: the memory store keeps the hub's own objects.
function lastingStore(store: HubStore): HubStore {
  return {
    load: (kind) => store.load(kind),
    put: (kind, key, record, kept) => store.put(kind, key, structuredClone(record), kept),
    remove: (kind, key, kept) => store.remove(kind, key, kept),
    close: () => Promise.resolve(),
  }
}

function lastingEvents(events: EventLog): EventLog {
  return {
    partitionCount: events.partitionCount,
    createdAt: events.createdAt,
    append: (partition, message, appended) => events.append(partition, message, appended),
    info: (partition) => events.info(partition),
    read: (partition, position, deliver) => events.read(partition, position, deliver),
    close: () => Promise.resolve(),
  }
}
