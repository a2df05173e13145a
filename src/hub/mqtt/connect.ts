// CONNECT (reference A1): from packet to claim, and what is refused with which CONNACK code. It knows no session.

import type { IConnectPacket } from 'mqtt-packet'
import { authenticate, type Claim, type Proof, type Refusal } from '../domain/authentication.js'
import type { HubContext, IncomingMessage } from '../domain/device.js'
import type { ClientCertificate } from '../domain/x509.js'
import { quoted, type ReasonId } from '../reason.js'
import { lenientlyDecoded } from './bag.js'
import { isText } from './packets.js'
import { parsePublishTopic } from './topics.js'

export interface Accepted extends Proof {
  readonly clean: boolean
  readonly keepAliveSeconds: number
  readonly modelId?: string
  readonly will?: IncomingMessage
}

/** CONNACK return codes [MQTT-3.2.2-4]; a reason without one ends the connection without CONNACK [MQTT-3.1.4-1]. */
const returnCodes: Partial<Record<ReasonId, number>> = {
  'protocol-level': 1,
  'throttled': 3,
  'empty-client-id': 2,
  'client-id-mismatch': 2,
  'malformed-username': 4,
  'malformed-registration': 4,
  'no-credentials': 4,
  'malformed-token': 4,
  'wrong-hub': 5,
  'wrong-id-scope': 5,
  'unknown-registration': 5,
  'unknown-device': 5,
  'disabled-device': 5,
  'foreign-token': 5,
  'expired-token': 5,
  'wrong-signature': 5,
  'unknown-policy': 5,
  'missing-right': 5,
  'wrong-credentials': 5,
  'wrong-certificate': 5,
  'untrusted-certificate': 5,
  'foreign-certificate': 5,
  'expired-certificate': 5,
  'malformed-certificate': 5
}

export function connackCodeOf(reason: ReasonId): number | undefined {
  return returnCodes[reason]
}

/** `{hub}/{device}[/{module}]/?query`, the slash before `?` optional, the query unordered and leniently decoded. */
export function parseUsername(username: string): (Omit<Claim, 'token' | 'certificate'> & { clientId: string; modelId?: string }) | undefined {
  const question = username.indexOf('?')
  const [hostName, deviceId, moduleId, ...more] = username.slice(0, question < 0 ? undefined : question).replace(/\/$/, '').split('/')
  if (!hostName || !deviceId || moduleId === '' || more.length > 0) { return undefined }
  const query = question < 0 ? '' : username.slice(question + 1)
  const names = moduleId === undefined
    ? { hostName, deviceId, clientId: deviceId }
    : { hostName, deviceId, moduleId, clientId: `${deviceId}/${moduleId}` }
  for (const pair of query.split('&')) {
    if (pair.startsWith('model-id=')) { return { ...names, modelId: lenientlyDecoded(pair.slice('model-id='.length)) } }
  }
  return names
}

/** The claimed client id, fit for events, whether or not it is anyone's. */
export function claimedId({ clientId }: IConnectPacket): string | undefined {
  return clientId === '' ? undefined : quoted(clientId).slice(1, -1)
}

export function onConnect(hub: HubContext, packet: IConnectPacket, certificate: ClientCertificate | undefined): Accepted | Refusal {
  const { clientId, username, password, will, clean = false, keepalive = 0 } = packet
  if (clientId === '') { return { reason: 'empty-client-id' } }
  if (!isText(clientId) || !isText(username ?? '')) { return { reason: 'malformed-connect', detail: 'a text is not UTF-8' } }
  const named = username === undefined ? undefined : parseUsername(username)
  if (named === undefined) { return { reason: 'malformed-username' } }
  if (named.clientId !== clientId) {
    return { reason: 'client-id-mismatch', detail: `${quoted(clientId)} and ${quoted(named.clientId)}` }
  }
  // a client with a certificate sends no password, or an empty one
  const token = password === undefined || password.length === 0 ? undefined : password.toString('utf8')
  const proof = authenticate(hub, { ...named, token, certificate })
  if ('reason' in proof) { return proof }
  if (hub.throttles.take('connect') > 0) { return { reason: 'throttled' } }
  const accepted: Accepted = {
    ...proof,
    clean,
    keepAliveSeconds: keepalive,
    ...modelOf(named)
  }
  if (will === undefined) { return accepted }
  if (will.qos === 2) { return { reason: 'will-qos' } }
  const topic = parsePublishTopic(will.topic, proof.device.identity)
  if (topic.kind !== 'telemetry') { return { reason: 'will-topic', detail: quoted(will.topic) } }
  // the packet's bytes are only borrowed
  const { authMethod } = proof
  const properties = { ...topic.properties, 'iothub-MessageType': 'Will' }
  return { ...accepted, will: { body: Uint8Array.from(will.payload as Buffer), system: topic.system, properties, authMethod, ...modelOf(named) } }
}

const modelOf = ({ modelId }: { modelId?: string }): { modelId?: string } => modelId === undefined ? {} : { modelId }
