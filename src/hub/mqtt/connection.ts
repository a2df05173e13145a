// One MQTT connection: bytes in, packets to their handlers, bytes out, timers between. It knows no socket.

import type { IConnectPacket, Packet } from 'mqtt-packet'
import { completeTag } from '../domain/cloud.js'
import type { Device, DeviceLink, HubContext, IncomingMessage, MethodRequest } from '../domain/device.js'
import { attach, detach, resume } from '../domain/presence.js'
import type { QueuedMessage } from '../domain/queue.js'
import { acceptTelemetry } from '../domain/telemetry.js'
import type { ClientCertificate } from '../domain/x509.js'
import type { HubConnection, HubDuplex } from '../duplex.js'
import { MAX_DEVICE_MESSAGE_BYTES } from '../message.js'
import { describeReason, type ReasonId } from '../reason.js'
import { formatBag } from './bag.js'
import { claimedId, connackCodeOf, onConnect, type Accepted } from './connect.js'
import { Intake } from './frames.js'
import { generate, parseConnect, parsePacket, puback } from './packets.js'
import { onPublish } from './publish.js'
import { onSubscribe, onUnsubscribe } from './subscribe.js'
import { cloudMessageTopic, desiredTopic, methodTopic, parsePublishTopic, type PublishTopic } from './topics.js'

/** [MQTT-3.1.4] "within a reasonable amount of time". */
const CONNECT_TIMEOUT_MS = 10_000
/** [A4] The longest silence, whatever keep-alive asks for. */
const MAX_SILENCE_MS = 1_767_000
/** A will, a user name and a token, each at its limit. */
const MAX_CONNECT_BYTES = 160 * 1024
/** A message at its limit with the longest topic. */
const MAX_PACKET_BYTES = MAX_DEVICE_MESSAGE_BYTES + 64 * 1024 + 16

export interface MqttConnectionOptions {
  readonly hub: HubContext
  readonly duplex: HubDuplex
  readonly peer: string
  readonly tls: string | null
  readonly certificate?: ClientCertificate | undefined
  /** Called once, when the connection is over. */
  closed(): void
}

export class MqttConnection implements HubConnection {
  readonly #options: MqttConnectionOptions
  readonly #intake = new Intake(MAX_CONNECT_BYTES)
  #isOver = false
  #open: OpenConnection | undefined
  #claimedId: string | undefined
  #lastHeard: number
  readonly #cancelTimers: (() => void)[] = []

  constructor(options: MqttConnectionOptions) {
    this.#options = options
    const { clock } = options.hub
    this.#lastHeard = clock.now()
    this.#cancelTimers.push(clock.setTimer(() => { if (this.#open === undefined) { this.close('connect-timeout') } }, CONNECT_TIMEOUT_MS))
  }

  receive(bytes: Uint8Array): void {
    if (this.#isOver) { return }
    this.#lastHeard = this.#options.hub.clock.now()
    const fault = this.#intake.receive(bytes, (frame) => {
      this.#onFrame(frame)
      return !this.#isOver
    })
    if (fault !== undefined) { this.close(fault) }
  }

  ended(why: ReasonId = 'connection-lost'): void {
    this.#finish(why)
  }

  close(reason: ReasonId, detail?: string): void {
    if (this.#isOver) { return }
    this.#finish(reason, detail)
    this.#options.duplex.close()
  }

  write(bytes: Uint8Array): void {
    if (!this.#isOver) { this.#options.duplex.write(bytes) }
  }

  #finish(reason: ReasonId, detail?: string): void {
    if (this.#isOver) { return }
    this.#isOver = true
    for (const cancel of this.#cancelTimers) { cancel() }
    this.#options.closed()
    if (this.#open !== undefined) {
      this.#open.finish(reason, detail)
      return
    }
    const { hub, peer } = this.#options
    const early: ReasonId = reason === 'connection-lost' ? 'left-early' : reason
    hub.report({
      type: 'refused', time: hub.clock.now(), peer, reason: early, ...describeReason(early, detail),
      ...(this.#claimedId === undefined ? {} : { deviceId: this.#claimedId })
    })
  }

  #onFrame(frame: Buffer): void {
    if (this.#open !== undefined) {
      const packet = parsePacket(frame)
      if (packet === undefined) {
        this.close('malformed-packet', `type ${frame[0]! >> 4}`)
      } else {
        onPacket(this.#open, packet)
      }
      return
    }
    const packet = parseConnect(frame)
    if (packet === undefined) {
      this.close('malformed-connect')
    } else if (packet === 'protocol-level') {
      this.#refuse(packet)
    } else {
      this.#connect(packet)
    }
  }

  #refuse(reason: ReasonId, detail?: string): void {
    const returnCode = connackCodeOf(reason)
    // [MQTT-3.2.2-4] a refusal has no session present
    if (returnCode !== undefined) { this.write(generate({ cmd: 'connack', returnCode, sessionPresent: false })) }
    this.close(reason, detail)
  }

  #connect(packet: IConnectPacket): void {
    const { hub } = this.#options
    this.#claimedId = claimedId(packet)
    const accepted = onConnect(hub, packet, this.#options.certificate)
    if ('reason' in accepted) {
      this.#refuse(accepted.reason, accepted.detail)
      return
    }
    const { device, clean, keepAliveSeconds, tokenExpiresAt } = accepted
    const open = new OpenConnection(this, this.#options, accepted)
    const sessionPresent = attach(hub, device, open, { clean })
    if (this.#isOver) {
      // whoever heard that the old connection ended has ended this one too
      detach(hub, device, open)
      return
    }
    this.#open = open
    this.#intake.frames.maxBytes = MAX_PACKET_BYTES
    // [MQTT-3.1.2-24] and [A4]
    this.#watchSilence(keepAliveSeconds === 0 ? MAX_SILENCE_MS : Math.min(keepAliveSeconds * 1500, MAX_SILENCE_MS))
    const expired = accepted.by === 'token' ? 'token-expired' : 'certificate-expired'
    this.#cancelTimers.push(hub.clock.setTimer(() => this.close(expired), tokenExpiresAt - hub.clock.now()))
    this.write(generate({ cmd: 'connack', returnCode: 0, sessionPresent }))
    if (this.#isOver) { return }
    const { deviceId, moduleId } = device.identity
    hub.report({
      type: 'connected', time: hub.clock.now(), deviceId, ...(moduleId === undefined ? {} : { moduleId }),
      peer: open.peer, tls: open.tls, sessionPresent, tokenExpiresAt,
      ...(open.modelId === undefined ? {} : { modelId: open.modelId })
    })
    resume(hub, device)
  }

  /** Packets do not touch the timer; it looks back when it fires. */
  #watchSilence(limitMs: number): void {
    const { clock } = this.#options.hub
    const slot = this.#cancelTimers.length
    const look = (): void => {
      const leftMs = this.#lastHeard + limitMs - clock.now()
      if (leftMs <= 0) {
        this.close('keep-alive')
      } else {
        this.#cancelTimers[slot] = clock.setTimer(look, leftMs)
      }
    }
    look()
  }
}

/** The part of a connection that follows an accepted CONNECT; the device's link. */
export class OpenConnection implements DeviceLink {
  readonly hub: HubContext
  readonly device: Device
  readonly peer: string
  readonly tls: string | null
  readonly connectedAt: number
  readonly tokenExpiresAt: number
  readonly modelId?: string
  readonly authMethod: string
  /** The device takes what comes and answers with PUBACK. */
  readonly cloudCredit = Infinity
  readonly #connection: MqttConnection
  readonly #will: IncomingMessage | undefined
  /** PUBACKs go out in the order of the PUBLISHes [MQTT-4.6.0-2], whatever the order in which the store answers. */
  readonly #owed: { readonly messageId: number; isDue: boolean }[] = []

  #lastTopic = ''
  #lastMeaning: PublishTopic = { kind: 'unknown' }

  constructor(connection: MqttConnection, { hub, peer, tls }: MqttConnectionOptions, { device, tokenExpiresAt, authMethod, modelId, will }: Accepted) {
    this.#connection = connection
    this.#will = will
    this.hub = hub
    this.device = device
    this.peer = peer
    this.tls = tls
    this.connectedAt = hub.clock.now()
    this.tokenExpiresAt = tokenExpiresAt
    this.authMethod = authMethod
    if (modelId !== undefined) { this.modelId = modelId }
  }

  /** Devices repeat their telemetry topic: the last one is not parsed again. */
  meaningOf(topic: string): PublishTopic {
    if (topic !== this.#lastTopic) {
      this.#lastMeaning = parsePublishTopic(topic, this.device.identity)
      this.#lastTopic = topic
    }
    return this.#lastMeaning
  }

  send(packet: Packet): void {
    this.#connection.write(generate(packet))
  }

  publish({ topic, payload, qos, messageId, dup = false }: { topic: string; payload: string | Buffer; qos: 0 | 1; messageId?: number; dup?: boolean }): void {
    this.send({ cmd: 'publish', topic, payload, qos, dup, retain: false, ...(messageId === undefined ? {} : { messageId }) })
  }

  acknowledgeLater(messageId: number): () => void {
    const owed = { messageId, isDue: false }
    this.#owed.push(owed)
    return () => {
      owed.isDue = true
      while (this.#owed[0]?.isDue) { this.#connection.write(puback(this.#owed.shift()!.messageId)) }
    }
  }

  /** A request that was refused while the connection goes on. */
  note(reason: ReasonId, detail?: string): void {
    const { deviceId } = this.device.identity
    this.hub.report({ type: 'refused', time: this.hub.clock.now(), deviceId, peer: this.peer, reason, ...describeReason(reason, detail) })
  }

  close(reason: ReasonId, detail?: string): void {
    this.#connection.close(reason, detail)
  }

  /** The connection is over: the will is sent unless the device said goodbye [MQTT-3.1.2-8]. */
  finish(reason: ReasonId, detail?: string): void {
    if (this.#will !== undefined && reason !== 'disconnected') {
      acceptTelemetry(this.hub, this.device, this.#will, () => {})
    }
    detach(this.hub, this.device, this)
    const { deviceId, moduleId } = this.device.identity
    this.hub.report({
      type: 'disconnected', time: this.hub.clock.now(), deviceId, ...(moduleId === undefined ? {} : { moduleId }),
      peer: this.peer, reason, ...describeReason(reason, detail)
    })
  }

  deliver({ message, tag }: QueuedMessage, { again, qos }: { again: boolean; qos: 0 | 1 }): void {
    const topic = cloudMessageTopic(this.device.identity, message.system.inputName, formatBag(message.system, message.properties))
    const payload = Buffer.from(message.body.buffer, message.body.byteOffset, message.body.byteLength)
    this.publish(qos === 0 ? { topic, payload, qos } : { topic, payload, qos, messageId: tag, dup: again })
  }

  notifyDesired(version: number, body: string): void {
    this.publish({ topic: desiredTopic(version), payload: body, qos: 0 })
  }

  requestMethod({ requestId, method, payload }: MethodRequest): void {
    this.publish({ topic: methodTopic(method, requestId), payload, qos: 0 })
  }
}

function onPacket(connection: OpenConnection, packet: Packet): void {
  switch (packet.cmd) {
    case 'publish': return onPublish(connection, packet)
    case 'puback': return completeTag(connection.hub, connection.device, packet.messageId ?? 0)
    case 'subscribe': return onSubscribe(connection, packet)
    case 'unsubscribe': return onUnsubscribe(connection, packet)
    case 'pingreq': return connection.send({ cmd: 'pingresp' })
    case 'disconnect': return connection.close('disconnected')
    case 'connect': return connection.close('protocol-violation', 'a second CONNECT [MQTT-3.1.0-2]')
    default: return connection.close('protocol-violation', `a device does not send ${packet.cmd}`)
  }
}
