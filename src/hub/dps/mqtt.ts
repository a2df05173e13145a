// One device's connection to the provisioning service over MQTT (reference B1 to B3): packets in, answers out. It knows no socket.

import type { IConnectPacket, IPublishPacket, ISubscribePacket, Packet } from 'mqtt-packet'
import { parseJson, type JsonObject } from '../domain/json.js'
import { clientCertificateOf } from '../domain/x509.js'
import type { HubConnection, HubDuplex } from '../duplex.js'
import { HubError } from '../error.js'
import type { SecureInfo } from '../event.js'
import { connackCodeOf } from '../mqtt/connect.js'
import { Intake } from '../mqtt/frames.js'
import { generate, isPacketId, isText, parseConnect, parsePacket, puback } from '../mqtt/packets.js'
import { describeReason, quoted, type ReasonId } from '../reason.js'
import { attest, type RegistrationClaim } from './attest.js'
import { refusedEvent, type DpsContext, type Refusal } from './context.js'
import type { RegistrationAnswer } from './registrations.js'
import { errorDocument, MAX_REQUEST_BYTES, registrationRequestOf } from './request.js'

export interface DpsConnectionOptions {
  readonly dps: DpsContext
  readonly duplex: HubDuplex
  readonly peer: string
  readonly secure: SecureInfo | null
  /** Called once, when the connection is over. */
  closed(): void
}

/** [MQTT-3.1.4] "within a reasonable amount of time". */
const CONNECT_TIMEOUT_MS = 10_000
/** As of a hub [A4]. */
const MAX_SILENCE_MS = 1_767_000
const MAX_PACKET_BYTES = MAX_REQUEST_BYTES + 1024

const RESPONSES = '$dps/registrations/res/#'
const REGISTER = '$dps/registrations/PUT/iotdps-register/'
const OPERATION_STATUS = '$dps/registrations/GET/iotdps-get-operationstatus/'
/** [MQTT-3.9.3-2] */
const SUBSCRIPTION_REFUSED = 0x80

/** `{idScope}/registrations/{registrationId}/api-version=...`; some clients put a `?` before the query. */
export function parseDpsUsername(username: string): { idScope: string; registrationId: string } | undefined {
  const [, idScope, registrationId] = /^([^/]+)\/registrations\/([^/]+)\/\??api-version=[^/]*(?:&.*)?$/.exec(username) ?? []
  return idScope === undefined || registrationId === undefined ? undefined : { idScope, registrationId }
}

interface Request { readonly path: string; readonly requestId: string | undefined; readonly operationId: string | undefined }

function parseTopic(topic: string): Request {
  const question = topic.indexOf('?')
  const query = new URLSearchParams(question < 0 ? '' : topic.slice(question + 1))
  return { path: question < 0 ? topic : topic.slice(0, question), requestId: query.get('$rid') ?? undefined, operationId: query.get('operationId') ?? undefined }
}

export class DpsConnection implements HubConnection {
  readonly #options: DpsConnectionOptions
  readonly #intake = new Intake(MAX_PACKET_BYTES)
  #isOver = false
  #claim: RegistrationClaim | undefined
  /** Known from CONNECT on, proven or not. */
  #registrationId: string | undefined
  /** Of the responses; undefined until there is a subscription. */
  #qos: 0 | 1 | undefined
  #lastMessageId = 0
  #lastHeard: number
  readonly #cancelTimers: (() => void)[] = []

  constructor(options: DpsConnectionOptions) {
    this.#options = options
    const { clock } = options.dps
    this.#lastHeard = clock.now()
    this.#cancelTimers.push(clock.setTimer(() => { if (this.#claim === undefined) { this.close('connect-timeout') } }, CONNECT_TIMEOUT_MS))
  }

  receive(bytes: Uint8Array): void {
    if (this.#isOver) { return }
    this.#lastHeard = this.#options.dps.clock.now()
    const fault = this.#intake.receive(bytes, (frame) => {
      this.#onFrame(frame)
      return !this.#isOver
    })
    if (fault !== undefined) { this.close(fault) }
  }

  ended(why: ReasonId = 'connection-lost'): void {
    this.#finish({ reason: why })
  }

  close(reason: ReasonId, detail?: string): void {
    if (this.#isOver) { return }
    this.#finish({ reason, ...(detail === undefined ? {} : { detail }) })
    this.#options.duplex.close()
  }

  #finish({ reason, detail }: Refusal): void {
    if (this.#isOver) { return }
    this.#isOver = true
    for (const cancel of this.#cancelTimers) { cancel() }
    this.#options.closed()
    const isGoodbye = this.#claim !== undefined && (reason === 'disconnected' || reason === 'connection-lost' || reason === 'hub-closed')
    if (isGoodbye) { return }
    this.#note({ reason: reason === 'connection-lost' ? 'left-early' : reason, ...(detail === undefined ? {} : { detail }) })
  }

  #note(refusal: Refusal): void {
    const { dps, peer } = this.#options
    dps.report(refusedEvent(dps, peer, refusal, this.#registrationId))
  }

  #send(packet: Packet): void {
    if (!this.#isOver) { this.#options.duplex.write(generate(packet)) }
  }

  #onFrame(frame: Buffer): void {
    if (this.#claim !== undefined) {
      const packet = parsePacket(frame)
      if (packet === undefined) { this.close('malformed-packet', `type ${frame[0]! >> 4}`) } else { this.#onPacket(packet) }
      return
    }
    const packet = parseConnect(frame)
    if (packet === undefined) {
      this.close('malformed-connect')
    } else if (packet === 'protocol-level') {
      this.#refuse({ reason: packet })
    } else {
      this.#connect(packet)
    }
  }

  #refuse({ reason, detail }: Refusal): void {
    const returnCode = connackCodeOf(reason)
    // [MQTT-3.2.2-4] a refusal has no session present
    if (returnCode !== undefined) { this.#send({ cmd: 'connack', returnCode, sessionPresent: false }) }
    this.close(reason, detail)
  }

  /** A token is judged here; who comes with a certificate alone is let in, and hears of it when it registers [B3]. */
  #connect({ clientId, username = '', password, will, keepalive = 0 }: IConnectPacket): void {
    const { dps, secure } = this.#options
    if (!isText(clientId) || !isText(username)) { return this.#refuse({ reason: 'malformed-connect', detail: 'a text is not UTF-8' }) }
    if (clientId === '') { return this.#refuse({ reason: 'empty-client-id' }) }
    this.#registrationId = quoted(clientId).slice(1, -1)
    const named = parseDpsUsername(username)
    if (named === undefined) { return this.#refuse({ reason: 'malformed-registration' }) }
    if (named.registrationId.toLowerCase() !== clientId.toLowerCase()) { return this.#refuse({ reason: 'client-id-mismatch', detail: `${quoted(clientId)} and ${quoted(named.registrationId)}` }) }
    if (will !== undefined) { return this.#refuse({ reason: 'will-topic', detail: 'there are no wills here' }) }
    const token = password === undefined || password.length === 0 ? undefined : password.toString('utf8')
    const certificate = token === undefined ? clientCertificateOf(secure) : undefined
    const claim: RegistrationClaim = { ...named, token, certificate }
    if (certificate === undefined || named.idScope !== dps.idScope) {
      const proof = attest(dps, claim)
      if ('reason' in proof) { return this.#refuse(proof) }
      this.#cancelTimers.push(dps.clock.setTimer(() => this.close('token-expired'), proof.expiresAt - dps.clock.now()))
    }
    this.#claim = claim
    this.#watchSilence(keepalive === 0 ? MAX_SILENCE_MS : Math.min(keepalive * 1500, MAX_SILENCE_MS))
    // sessions never persist [B1]
    this.#send({ cmd: 'connack', returnCode: 0, sessionPresent: false })
    return undefined
  }

  #watchSilence(limitMs: number): void {
    const { clock } = this.#options.dps
    const slot = this.#cancelTimers.length
    const look = (): void => {
      const leftMs = this.#lastHeard + limitMs - clock.now()
      if (leftMs <= 0) { this.close('keep-alive') } else { this.#cancelTimers[slot] = clock.setTimer(look, leftMs) }
    }
    look()
  }

  #onPacket(packet: Packet): void {
    switch (packet.cmd) {
      case 'publish': return this.#onPublish(packet)
      // of a response; it is not sent again on this connection, and there is no other
      case 'puback': return undefined
      case 'subscribe': return this.#onSubscribe(packet)
      case 'unsubscribe':
        if (!isPacketId(packet.messageId)) { return this.close('malformed-packet', 'a packet id is 0 or missing [MQTT-2.3.1-1]') }
        if (packet.unsubscriptions.includes(RESPONSES)) { this.#qos = undefined }
        return this.#send({ cmd: 'unsuback', messageId: packet.messageId, granted: [] })
      case 'pingreq': return this.#send({ cmd: 'pingresp' })
      case 'disconnect': return this.close('disconnected')
      default: return this.close('protocol-violation', `a device does not send ${packet.cmd}`)
    }
  }

  #onSubscribe({ messageId, subscriptions }: ISubscribePacket): void {
    if (!isPacketId(messageId)) { return this.close('malformed-packet', 'a packet id is 0 or missing [MQTT-2.3.1-1]') }
    if (subscriptions.length === 0 || !subscriptions.every(({ topic }) => isText(topic))) {
      return this.close('malformed-packet', 'SUBSCRIBE without a filter or with one that is not UTF-8')
    }
    const granted = subscriptions.map(({ topic, qos }) => {
      if (topic !== RESPONSES) {
        this.#note({ reason: 'undocumented-filter', detail: quoted(topic) })
        return SUBSCRIPTION_REFUSED
      }
      this.#qos = qos === 0 ? 0 : 1
      return this.#qos
    })
    return this.#send({ cmd: 'suback', messageId, granted })
  }

  #onPublish({ topic, qos, messageId, payload }: IPublishPacket): void {
    if (qos === 2) { return this.close('qos-2') }
    if (qos === 1 && !isPacketId(messageId)) { return this.close('malformed-packet', 'a packet id is 0 [MQTT-2.3.1-1]') }
    const { path, requestId, operationId } = parseTopic(topic)
    if (path !== REGISTER && path !== OPERATION_STATUS) { return this.close('unknown-topic', quoted(topic)) }
    if (requestId === undefined || !/^[\w\-.:]{1,128}$/.test(requestId)) { return this.close('unknown-topic', 'a request without a usable $rid') }
    if (qos === 1) { this.#options.duplex.write(puback(messageId!)) }
    try {
      this.#answer(requestId, this.#perform(path, operationId, payload as Buffer))
    } catch (error) {
      if (!(error instanceof HubError)) { throw error }
      this.#answerError(requestId, error.status, { number: error.number, message: error.message })
    }
    return undefined
  }

  /** Throws HubError. Enrollments change during a connection: each request is judged anew. */
  #perform(path: string, operationId: string | undefined, payload: Buffer): RegistrationAnswer {
    const { dps } = this.#options
    const attested = attest(dps, this.#claim!)
    if ('reason' in attested) {
      this.#note(attested)
      const { code } = describeReason(attested.reason)
      throw new HubError('Unauthorized', code === undefined ? 'Unauthorized' : this.#claim!.certificate === undefined ? 'Unauthorized' : 'Invalid certificate.')
    }
    if (path === OPERATION_STATUS) {
      return dps.registrations.status(attested, operationId ?? '')
    }
    const parsed = parseJson(payload)
    if ('error' in parsed) { throw new HubError('ArgumentInvalid', `the request is refused: ${parsed.error}`) }
    return dps.registrations.register(attested, registrationRequestOf(parsed.value, this.#claim!.registrationId))
  }

  #answer(requestId: string, { status, retryAfterSeconds, body }: RegistrationAnswer): void {
    this.#respond(requestId, status, body, retryAfterSeconds)
  }

  #answerError(requestId: string, status: number, error: { number: number; message: string }): void {
    const { dps } = this.#options
    const trackingId = Buffer.from(dps.random(16)).toString('hex')
    if (status !== 401) { this.#note({ reason: 'registration-refused', detail: `${error.number} ${quoted(error.message)}, tracking id ${trackingId}` }) }
    this.#respond(requestId, status, errorDocument(error, trackingId, dps.clock.now()))
  }

  #respond(requestId: string, status: number, body: JsonObject, retryAfterSeconds?: number): void {
    if (this.#qos === undefined) { return }
    const topic = `$dps/registrations/res/${status}/?$rid=${requestId}${retryAfterSeconds === undefined ? '' : `&retry-after=${retryAfterSeconds}`}`
    const common = { cmd: 'publish', topic, payload: JSON.stringify(body), dup: false, retain: false } as const
    if (this.#qos === 0) {
      this.#send({ ...common, qos: 0 })
    } else {
      this.#lastMessageId = this.#lastMessageId % 0xffff + 1
      this.#send({ ...common, qos: 1, messageId: this.#lastMessageId })
    }
  }
}
