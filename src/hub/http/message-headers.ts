// A message's properties as HTTP headers and back (reference A11). It knows no request and no queue.

import type { CloudMessage, SystemProperties, UserProperties } from '../message.js'

const names: Readonly<Record<string, keyof SystemProperties>> = Object.assign(Object.create(null) as Record<string, keyof SystemProperties>, {
  'iothub-messageid': 'messageId',
  'iothub-correlationid': 'correlationId',
  'iothub-userid': 'userId',
  'iothub-to': 'to',
  'iothub-expiry': 'expiry',
  'iothub-contenttype': 'contentType',
  'iothub-contentencoding': 'contentEncoding',
  'iothub-interface-id': 'interfaceId',
  'iothub-ack': 'ack',
  'dt-subject': 'component'
})

const USER_PREFIX = 'iothub-app-'

/** Everything else says nothing of the message. The last of equal names counts. */
export function propertiesOf(headers: Iterable<readonly [name: string, value: string]>): { system: SystemProperties; properties: UserProperties } {
  const system: SystemProperties = {}
  const properties = Object.create(null) as UserProperties
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    const known = names[lower]
    if (known !== undefined) {
      system[known] = value
    } else if (lower.startsWith(USER_PREFIX) && lower.length > USER_PREFIX.length) {
      properties[name.slice(USER_PREFIX.length)] = value
    }
  }
  return { system, properties }
}

/** A header has neither line breaks nor characters beyond ASCII: a value with such is percent-encoded as a whole. */
function fieldValue(value: string): string {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$|^$/.test(value) ? value : encodeURIComponent(value)
}

/** RFC 9110 §5.6.2 */
function fieldName(name: string): string {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) ? name : encodeURIComponent(name).replace(/[()]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
}

export function headersOf({ system, properties, enqueuedTime, expiresAt, deliveryCount }: CloudMessage): Record<string, string> {
  const headers: Record<string, string> = {
    'iothub-enqueuedtime': new Date(enqueuedTime).toISOString(),
    'iothub-expiry': new Date(expiresAt).toISOString(),
    'iothub-deliverycount': String(deliveryCount)
  }
  for (const [header, name] of Object.entries(names)) {
    const value = system[name]
    if (value !== undefined && header !== 'iothub-expiry') { headers[header] = fieldValue(value) }
  }
  for (const [name, value] of Object.entries(properties)) { headers[USER_PREFIX + fieldName(name)] = fieldValue(value ?? '') }
  return headers
}
