// Between whole frames and packets, by mqtt-packet; the two packets of the hot path, PUBLISH in and PUBACK out, in place.

import { generate, parser, writeToStream, type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet'

// else the first packet waits 60 ms for a table of all 65,536 numbers
writeToStream.cacheNumbers = false

type Parse = (frame: Buffer) => Packet | undefined

/** mqtt-packet's parser is a stream; fed one whole frame at a time it is a function, until the first that is malformed. */
function wholeFrameParser(): Parse {
  let parsed: Packet | undefined
  const stream = parser({ protocolVersion: 4 })
  stream.on('packet', (packet) => { parsed = packet })
  // a parse that failed leaves `parsed` undefined, which says it all
  stream.on('error', () => {})
  return (frame) => {
    parsed = undefined
    return stream.parse(frame) === 0 ? parsed : undefined
  }
}

let shared: Parse | undefined

/** Any packet but CONNECT, or undefined if it is malformed. Payloads are views of the frame. */
export function parsePacket(frame: Buffer): Packet | undefined {
  if (frame[0]! >> 4 === PUBLISH) { return parsePublish(frame) }
  shared ??= wholeFrameParser()
  try {
    const packet = shared(frame)
    // after an error mqtt-packet keeps its old position and misreads what follows
    if (packet === undefined) { shared = undefined }
    return packet
  } catch {
    // the parser may be left in the middle of something
    shared = undefined
    return undefined
  }
}

const PUBLISH = 3

/** Half of all packets: without mqtt-packet's stream and its garbage a simulated day takes a quarter of the time. */
function parsePublish(frame: Buffer): IPublishPacket | undefined {
  const flags = frame[0]!
  const qos = flags >> 1 & 3
  if (qos === 3) { return undefined }
  const topicAt = contentsAt(frame) + 2
  if (topicAt > frame.length) { return undefined }
  const topicEnd = topicAt + frame.readUInt16BE(topicAt - 2)
  const payloadAt = qos === 0 ? topicEnd : topicEnd + 2
  if (payloadAt > frame.length) { return undefined }
  return {
    cmd: 'publish',
    qos: qos as 0 | 1 | 2,
    dup: (flags & 8) !== 0,
    retain: (flags & 1) !== 0,
    topic: frame.toString('utf8', topicAt, topicEnd),
    messageId: qos === 0 ? 0 : frame.readUInt16BE(topicEnd),
    payload: frame.subarray(payloadAt)
  }
}

/** The other half. */
export function puback(messageId: number): Buffer {
  return Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff])
}

/** Where the variable header begins, after a length of 1 to 4 bytes. */
function contentsAt(frame: Buffer): number {
  let at = 1
  while (frame[at]! >= 0x80) { at++ }
  return at + 1
}

/** [MQTT-3.1.0-1] The first packet; its parser is not shared because it takes the protocol level from it. */
export function parseConnect(frame: Buffer): IConnectPacket | 'protocol-level' | undefined {
  if (frame[0] !== 0x10) { return undefined }
  let level: number | undefined
  try {
    level = levelOf(frame)
    if (level !== undefined && level !== 4) { return 'protocol-level' }
    const packet = wholeFrameParser()(frame)
    return packet?.cmd === 'connect' ? packet : undefined
  } catch {
    return undefined
  }
}

/** The level of a CONNECT whose protocol name is MQTT or 3.1's MQIsdp [MQTT-3.1.2-2]. */
function levelOf(frame: Buffer): number | undefined {
  const at = contentsAt(frame)
  const nameLength = frame.readUInt16BE(at)
  const name = frame.toString('latin1', at + 2, at + 2 + nameLength)
  return name === 'MQTT' || name === 'MQIsdp' ? frame[at + 2 + nameLength] : undefined
}

/** [MQTT-2.3.1-1] */
export function isPacketId(id: number | undefined): id is number {
  return id !== undefined && id >= 1 && id <= 0xffff
}

/** [MQTT-1.5.3-1] and [MQTT-1.5.3-2]: text that was not UTF-8 shows as U+FFFD, which no name here contains. */
export function isText(text: string): boolean {
  return !text.includes('\0') && !text.includes('\ufffd')
}

export { generate }
