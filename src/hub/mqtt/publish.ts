// PUBLISH from a device: telemetry, twin requests and replies to methods, each answered as IoT Hub does (reference A4 to A9).

import type { IPublishPacket } from 'mqtt-packet'
import { acceptTelemetry } from '../domain/telemetry.js'
import { deviceView } from '../domain/twin.js'
import { reportTwin } from '../domain/twins.js'
import { HubError } from '../error.js'
import { quoted } from '../reason.js'
import type { OpenConnection } from './connection.js'
import { isPacketId } from './packets.js'
import { twinResponseTopic, type PublishTopic } from './topics.js'

export function onPublish(connection: OpenConnection, packet: IPublishPacket): void {
  const { topic, qos, messageId } = packet
  // [A4] QoS 2 ends the connection
  if (qos === 2) { return connection.close('qos-2') }
  if (qos === 1 && !isPacketId(messageId)) { return connection.close('malformed-packet', 'a packet id is 0 or missing [MQTT-2.3.1-1]') }
  // [MQTT-3.3.1-2]
  if (qos === 0 && packet.dup) { return connection.close('protocol-violation', 'DUP is set on a QoS 0 PUBLISH [MQTT-3.3.1-2]') }
  const acknowledge = qos === 1 ? connection.acknowledgeLater(messageId!) : () => {}
  const meant = connection.meaningOf(topic)
  switch (meant.kind) {
    case 'telemetry': return onTelemetry(connection, packet, meant, acknowledge)
    case 'twin-get':
      answered(connection, meant.requestId, () => {
        connection.hub.throttles.require('twin-read')
        respond(connection, twinResponseTopic(200, meant.requestId), deviceView(connection.device.twin))
      })
      return acknowledge()
    case 'twin-report': return onReport(connection, packet, meant.requestId, acknowledge)
    case 'method-reply': {
      const { requestId, status } = meant
      const useless = connection.hub.methods.answer(connection.device, requestId, status, packet.payload as Buffer)
      if (useless !== undefined) { connection.note(useless, `request id ${quoted(requestId)}`) }
      return acknowledge()
    }
    case 'malformed': return connection.close('malformed-packet', 'a topic is not UTF-8 or holds a wildcard [MQTT-3.3.2-2]')
    case 'foreign': return connection.close('foreign-topic', quoted(topic))
    case 'unknown': return connection.close('unknown-topic', quoted(topic))
    default: meant satisfies never
  }
}

function onTelemetry(connection: OpenConnection, { payload, retain }: IPublishPacket, { system, properties }: PublishTopic & { kind: 'telemetry' }, acknowledge: () => void): void {
  const { authMethod, modelId } = connection
  const message = {
    body: payload as Buffer,
    authMethod,
    ...(modelId === undefined ? {} : { modelId }),
    system,
    // [A4] nothing is retained, the reader is told instead
    properties: retain ? { ...properties, 'mqtt-retain': 'true' } : properties
  }
  acceptTelemetry(connection.hub, connection.device, message, (refused) => {
    if (refused === undefined) {
      acknowledge()
    } else {
      connection.close(refused)
    }
  })
}

function onReport(connection: OpenConnection, { payload }: IPublishPacket, requestId: string, acknowledge: () => void): void {
  const isUnderWay = answered(connection, requestId, () => {
    reportTwin(connection.hub, connection.device, payload as Buffer, (error, version) => {
      if (error === undefined) {
        respond(connection, twinResponseTopic(204, requestId, version), '')
      } else {
        respondError(connection, requestId, new HubError('StoreFailed', 'the twin could not be stored. Try again'))
      }
      acknowledge()
    })
  })
  if (!isUnderWay) { acknowledge() }
}

/** False if `action` threw an error of the hub, which is then the answer. */
function answered(connection: OpenConnection, requestId: string, action: () => void): boolean {
  try {
    action()
    return true
  } catch (error) {
    if (!(error instanceof HubError)) { throw error }
    connection.note(error.code === 'TwinTooLarge' ? 'twin-limit' : error.code === 'Throttled' ? 'throttled' : 'malformed-twin', error.message)
    respondError(connection, requestId, error)
    return false
  }
}

/** [A5] The Node SDK takes any response without `errorCode` in its body for success. */
function respondError(connection: OpenConnection, requestId: string, { status, number, message }: HubError): void {
  const { clock, random } = connection.hub
  respond(connection, twinResponseTopic(status, requestId), JSON.stringify({
    errorCode: number,
    trackingId: Buffer.from(random(16)).toString('hex'),
    message,
    timestampUtc: new Date(clock.now()).toISOString()
  }))
}

function respond(connection: OpenConnection, topic: string, payload: string): void {
  if (connection.device.session.qosOf('twin-responses') === undefined) { return }
  connection.publish({ topic, payload, qos: 0 })
}
