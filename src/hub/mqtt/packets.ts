// Between whole frames and packets, by mqtt-packet; strict where that parser is lenient.

import { generate, parser, writeToStream, type IConnectPacket, type Packet } from 'mqtt-packet'

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
  let at = 1
  while (frame[at]! >= 0x80) { at++ }
  const nameLength = frame.readUInt16BE(++at)
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
