// SUBSCRIBE and UNSUBSCRIBE: only documented filters, five at most, QoS 2 granted as 1 (reference A4).

import type { ISubscribePacket, IUnsubscribePacket } from 'mqtt-packet'
import { resume, subscribe, unsubscribe } from '../domain/presence.js'
import type { Subscription } from '../domain/session.js'
import { quoted } from '../reason.js'
import type { OpenConnection } from './connection.js'
import { isPacketId, isText } from './packets.js'
import { streamOf } from './topics.js'

/** [MQTT-3.9.3-2] */
const REFUSED = 0x80

export function onSubscribe(connection: OpenConnection, { messageId, subscriptions }: ISubscribePacket): void {
  const { hub, device } = connection
  if (!isPacketId(messageId)) { return connection.close('malformed-packet', 'a packet id is 0 or missing [MQTT-2.3.1-1]') }
  // [MQTT-3.8.3-3] and [MQTT-1.5.3-1]
  if (subscriptions.length === 0 || !subscriptions.every(({ topic }) => isText(topic))) {
    return connection.close('malformed-packet', 'SUBSCRIBE without a filter or with one that is not UTF-8')
  }
  const granted: number[] = subscriptions.map(() => REFUSED)
  const wanted: Subscription[] = []
  const positions: number[] = []
  subscriptions.forEach(({ topic, qos }, i) => {
    const stream = streamOf(topic, device.identity)
    if (stream === undefined) {
      connection.note('undocumented-filter', quoted(topic))
    } else {
      wanted.push({ filter: topic, stream, qos: qos === 0 ? 0 : 1 })
      positions.push(i)
    }
  })
  subscribe(hub, device, wanted, (results) => {
    results.forEach((result, i) => {
      if (typeof result === 'number') {
        granted[positions[i]!] = result
      } else {
        connection.note(result, quoted(wanted[i]!.filter))
      }
    })
    connection.send({ cmd: 'suback', messageId, granted })
    resume(hub, device)
  })
}

export function onUnsubscribe(connection: OpenConnection, { messageId, unsubscriptions }: IUnsubscribePacket): void {
  if (!isPacketId(messageId)) { return connection.close('malformed-packet', 'a packet id is 0 or missing [MQTT-2.3.1-1]') }
  // [MQTT-3.10.3-2]
  if (unsubscriptions.length === 0) { return connection.close('malformed-packet', 'UNSUBSCRIBE without a filter') }
  // [MQTT-3.10.4-5] answered even if nothing was subscribed
  unsubscribe(connection.hub, connection.device, unsubscriptions, () => connection.send({ cmd: 'unsuback', messageId, granted: [] }))
}
