// The property bag at the end of a topic (reference A5): `k=v&k2&$.ct=...` to properties and back. It knows no topic.

import type { SystemProperties, UserProperties } from '../message.js'

const systemNames: Readonly<Record<string, keyof SystemProperties>> = Object.assign(Object.create(null) as Record<string, keyof SystemProperties>, {
  '$.mid': 'messageId',
  '$.cid': 'correlationId',
  '$.uid': 'userId',
  '$.to': 'to',
  '$.exp': 'expiry',
  '$.ct': 'contentType',
  '$.ce': 'contentEncoding',
  '$.sub': 'component',
  '$.ifid': 'interfaceId',
  '$.on': 'outputName',
  '$.ctime': 'creationTime',
  '$.cdid': 'connectionDeviceId',
  '$.cmid': 'connectionModuleId'
})

const bagKeys = Object.fromEntries(Object.entries(systemNames).map(([key, name]) => [name, key])) as Record<string, string>

/** Clients differ in what they encode; text that is no percent-encoding stands for itself. */
export function lenientlyDecoded(text: string): string {
  if (!text.includes('%')) { return text }
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * A key without `=` is null, `k=` is empty, the last of equal keys counts. Unknown keys are user properties.
 * Both results are frozen: messages with the same topic share them.
 */
export function parseBag(bag: string): { system: Readonly<SystemProperties>; properties: Readonly<UserProperties> } {
  const system: SystemProperties = {}
  const properties = Object.create(null) as UserProperties
  for (const pair of bag === '' ? [] : bag.split('&')) {
    const equals = pair.indexOf('=')
    const key = lenientlyDecoded(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? null : lenientlyDecoded(pair.slice(equals + 1))
    const name = systemNames[key]
    if (name !== undefined) {
      system[name] = value ?? ''
    } else if (key !== '') {
      properties[key] = value
    }
  }
  return { system: Object.freeze(system), properties: Object.freeze(properties) }
}

/** In the order of a real hub's: system properties first. `iothub-ack` has no prefix; the input is in the topic already. */
export function formatBag(system: SystemProperties, properties: Readonly<UserProperties>): string {
  const pairs: string[] = []
  for (const [name, value] of Object.entries(system) as [keyof SystemProperties, string][]) {
    if (name === 'inputName') { continue }
    pairs.push(`${name === 'ack' ? 'iothub-ack' : encodeURIComponent(bagKeys[name]!)}=${encodeURIComponent(value)}`)
  }
  for (const [key, value] of Object.entries(properties)) {
    pairs.push(value === null ? encodeURIComponent(key) : `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
  }
  return pairs.join('&')
}
