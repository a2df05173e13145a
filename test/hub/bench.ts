// What the hub's tests share: a virtual clock, counted randomness and a device's end of an in-memory connection.

import { generate, parser, type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet'
import { createHub, signSas, type Clock, type Hub, type HubEvent, type HubLogEntry, type HubOptions, type SecureInfo } from '../../src/hub/index.js'

export const HOST = 'hub.test'
export const START_MS = Date.UTC(2026, 0, 1)
export const KEY = Buffer.alloc(32, 0x11).toString('base64')
export const OTHER_KEY = Buffer.alloc(32, 0x22).toString('base64')

export class VirtualClock implements Clock {
  #now = START_MS
  #timers: { at: number; fired: () => void }[] = []

  now(): number {
    return this.#now
  }

  setTimer(fired: () => void, ms: number): () => void {
    const timer = { at: this.#now + ms, fired }
    this.#timers.push(timer)
    return () => { this.#timers = this.#timers.filter((other) => other !== timer) }
  }

  get pending(): number {
    return this.#timers.length
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) { break }
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.fired()
    }
    this.#now = end
  }
}

export interface Bench {
  hub: Hub
  clock: VirtualClock
  events: HubEvent[]
  log: HubLogEntry[]
}

/** A hub in virtual time with device `d1`, whose keys are KEY and OTHER_KEY. */
export function bench(options: Partial<HubOptions> = {}): Bench {
  const clock = new VirtualClock()
  const log: HubLogEntry[] = []
  let count = 0
  const hub = createHub({ hostName: HOST, clock, random: (length) => new Uint8Array(length).fill(++count), log: (entry) => log.push(entry), ...options })
  const events: HubEvent[] = []
  hub.onEvent((event) => events.push(event))
  if (hub.devices.get('d1') === undefined) { hub.devices.create({ deviceId: 'd1', primaryKey: KEY, secondaryKey: OTHER_KEY }) }
  return { hub, clock, events, log }
}

/** The reasons of everything refused or ended so far. */
export function reasons({ events }: Bench): string[] {
  return events.flatMap((event) => 'reason' in event ? [event.reason] : [])
}

export function token({ deviceId = 'd1', host = HOST, key = KEY, lifeSeconds = 3600 } = {}): string {
  return signSas({ resource: `${host}/devices/${deviceId}`, key, expiry: START_MS / 1000 + lifeSeconds })
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
/** Bytes from hex with the name of each field beside it; text fields stand in quotes. */
export function wire(fields: Record<string, string>): Buffer {
  return Buffer.concat(Object.values(fields).map((value) =>
    value.startsWith("'") ? Buffer.from(value.slice(1, -1)) : Buffer.from(value.replace(/ /g, ''), 'hex')))
}

export function connectPacket(fields: Partial<IConnectPacket> = {}): Buffer {
  return generate({
    cmd: 'connect', clientId: 'd1', username: `${HOST}/d1/?api-version=2021-04-12`, password: Buffer.from(token()),
    clean: false, keepalive: 0, protocolId: 'MQTT', protocolVersion: 4, ...fields
  })
}

/** A device's end of a connection. */
export class Peer {
  readonly written: Uint8Array[] = []
  readonly packets: Packet[] = []
  closed = false
  readonly #connection
  readonly #parser = parser({ protocolVersion: 4 })

  constructor(hub: Hub, name = 'peer', secure: SecureInfo | null = null) {
    this.#parser.on('packet', (packet) => this.packets.push(packet))
    this.#connection = hub.accept({
      write: (bytes) => {
        this.written.push(bytes)
        this.#parser.parse(Buffer.from(bytes))
      },
      close: () => { this.closed = true }
    }, { peer: name, secure })
  }

  static connected(hub: Hub, fields: Partial<IConnectPacket> = {}): Peer {
    const peer = new Peer(hub)
    peer.bytes(connectPacket(fields))
    peer.packets.length = 0
    peer.written.length = 0
    return peer
  }

  bytes(bytes: Uint8Array): void {
    this.#connection.receive(bytes)
  }

  send(packet: Packet): void {
    this.bytes(generate(packet))
  }

  subscribe(...topics: string[]): void {
    this.send({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })) })
    this.packets.length = 0
  }

  publish(topic: string, payload: string | Buffer = '', fields: Partial<IPublishPacket> = {}): void {
    this.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false, ...fields })
  }

  /** The cable is cut. */
  cut(): void {
    this.#connection.ended()
  }

  /** Everything published to the device, as [topic, payload]. */
  get published(): [string, string][] {
    return this.packets.flatMap((packet): [string, string][] => packet.cmd === 'publish' ? [[packet.topic, packet.payload.toString()]] : [])
  }
}

export const FILTER = {
  c2d: 'devices/d1/messages/devicebound/#',
  methods: '$iothub/methods/POST/#',
  desired: '$iothub/twin/PATCH/properties/desired/#',
  responses: '$iothub/twin/res/#'
} as const
