// What the tests of provisioning share: a service with two hubs in virtual time, and a device's end of an MQTT connection.

import { generate, parser, type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet'
import { createDps, type Dps, type DpsEvent, type DpsOptions } from '../../../src/hub/dps/index.js'
import type { JsonObject, JsonValue } from '../../../src/hub/domain/json.js'
import { createHub, signSas, type Hub, type SecureInfo } from '../../../src/hub/index.js'
import { KEY, START_MS, VirtualClock } from '../bench.js'

export const DPS_HOST = 'dps.test'
export const SCOPE = '0ne000A0000'
export const NEAR = 'near.test'
export const FAR = 'far.test'

export interface DpsBench {
  readonly dps: Dps
  readonly clock: VirtualClock
  readonly near: Hub
  readonly far: Hub
  readonly events: DpsEvent[]
}

/** Hub `near` has 10 ms, hub `far` 90 ms. */
export function dpsBench(options: Partial<DpsOptions> = {}): DpsBench {
  const clock = new VirtualClock()
  let count = 0
  const random = (length: number): Uint8Array => new Uint8Array(length).fill(++count)
  const [near, far] = [NEAR, FAR].map((hostName) => createHub({ hostName, clock, random })) as [Hub, Hub]
  const dps = createDps({
    hostName: DPS_HOST, idScope: SCOPE, clock, random,
    linkedHubs: [{ hostName: FAR, hub: far, latencyMs: 90 }, { hostName: NEAR, hub: near, latencyMs: 10 }],
    ...options
  })
  const events: DpsEvent[] = []
  dps.onEvent((event) => events.push(event))
  return { dps, clock, near, far, events }
}

export const reasonsOf = ({ events }: DpsBench): string[] => events.flatMap((event) => event.type === 'refused' ? [event.reason] : [])

export const bySymmetricKey = (more: JsonObject = {}): JsonObject => ({ attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: KEY } }, ...more })
/** Everybody goes to the near hub. */
export const toNear = (more: JsonObject = {}): JsonObject => bySymmetricKey({ allocationPolicy: 'static', iotHubs: [NEAR], ...more })

export function dpsToken({ registrationId, key = KEY, scope = SCOPE, lifeSeconds = 3600 }: { registrationId: string; key?: string; scope?: string; lifeSeconds?: number }): string {
  return `${signSas({ resource: `${scope}/registrations/${registrationId}`, key, expiry: START_MS / 1000 + lifeSeconds })}&skn=registration`
}

export function dpsConnect(registrationId: string, fields: Partial<IConnectPacket> = {}): Buffer {
  return generate({
    cmd: 'connect', clientId: registrationId, username: `${SCOPE}/registrations/${registrationId}/api-version=2019-03-31&ClientVersion=test%2F1`,
    password: Buffer.from(dpsToken({ registrationId })), clean: true, keepalive: 0, protocolId: 'MQTT', protocolVersion: 4, ...fields
  })
}

export interface Response { readonly status: number; readonly retryAfter: string | null; readonly requestId: string | null; readonly body: JsonObject & { registrationState?: JsonObject; operationId?: string } }

export class DpsPeer {
  readonly packets: Packet[] = []
  closed = false
  readonly #connection
  readonly #parser = parser({ protocolVersion: 4 })

  constructor(dps: Dps, secure: SecureInfo | null = null) {
    this.#parser.on('packet', (packet) => this.packets.push(packet))
    this.#connection = dps.accept({
      write: (bytes) => { this.#parser.parse(Buffer.from(bytes)) },
      close: () => { this.closed = true }
    }, { peer: 'peer', secure })
  }

  /** Connected and subscribed. */
  static connected(dps: Dps, registrationId: string, { secure = null, ...fields }: Partial<IConnectPacket> & { secure?: SecureInfo | null } = {}): DpsPeer {
    const peer = new DpsPeer(dps, secure)
    peer.bytes(dpsConnect(registrationId, fields))
    peer.subscribe()
    peer.packets.length = 0
    return peer
  }

  bytes(bytes: Uint8Array): void {
    this.#connection.receive(bytes)
  }

  send(packet: Packet): void {
    this.bytes(generate(packet))
  }

  subscribe(topic = '$dps/registrations/res/#', qos: 0 | 1 | 2 = 1): void {
    this.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] })
  }

  publish(topic: string, payload: string | Buffer, fields: Partial<IPublishPacket> = {}): void {
    this.send({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false, ...fields })
  }

  cut(): void {
    this.#connection.ended()
  }

  get responses(): Response[] {
    return this.packets.flatMap((packet): Response[] => {
      if (packet.cmd !== 'publish') { return [] }
      const [, status, query] = /^\$dps\/registrations\/res\/(\d+)\/\?(.*)$/.exec(packet.topic)!
      const params = new URLSearchParams(query)
      return [{ status: Number(status), retryAfter: params.get('retry-after'), requestId: params.get('$rid'), body: JSON.parse(packet.payload.toString()) as Response['body'] }]
    })
  }

  register(body: JsonValue): Response {
    this.publish('$dps/registrations/PUT/iotdps-register/?$rid=r1', JSON.stringify(body))
    return this.responses.at(-1)!
  }

  status(operationId: string): Response {
    this.publish(`$dps/registrations/GET/iotdps-get-operationstatus/?$rid=r2&operationId=${operationId}`, ' ')
    return this.responses.at(-1)!
  }
}

/** Registers once and asks once: what the device is told in the end. */
export function registered(dps: Dps, registrationId: string, { key = KEY, payload, secure = null }: { key?: string; payload?: JsonValue; secure?: SecureInfo | null } = {}): Response {
  const peer = DpsPeer.connected(dps, registrationId, {
    secure, password: secure === null ? Buffer.from(dpsToken({ registrationId, key })) : Buffer.alloc(0)
  })
  const answer = peer.register({ registrationId, ...(payload === undefined ? {} : { payload }) })
  return answer.status === 202 ? peer.status(answer.body.operationId!) : answer
}

/** The same for `dev-1` where something takes its time: a webhook, an issuer, a disk. Asks until it is told. */
export async function settled(dps: Dps, payload?: JsonObject, csr?: string): Promise<Response['body']> {
  const peer = DpsPeer.connected(dps, 'dev-1')
  const { operationId } = peer.register({ registrationId: 'dev-1', ...(payload === undefined ? {} : { payload }), ...(csr === undefined ? {} : { csr }) }).body
  for (;;) {
    const { status, body } = peer.status(operationId!)
    if (status === 200) { return body }
    await new Promise((resolve) => { setImmediate(resolve) })
  }
}
