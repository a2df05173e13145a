// IoT Hub's topics (reference A5): what a device publishes to, subscribes to and receives on. It knows no connection.

import type { IdentityName } from '../domain/identity.js'
import type { Stream } from '../domain/session.js'
import type { SystemProperties, UserProperties } from '../message.js'
import { lenientlyDecoded, parseBag } from './bag.js'
import { isText } from './packets.js'

export type PublishTopic =
  | { kind: 'telemetry'; system: Readonly<SystemProperties>; properties: Readonly<UserProperties> }
  | { kind: 'twin-get'; requestId: string }
  | { kind: 'twin-report'; requestId: string }
  | { kind: 'method-reply'; requestId: string; status: number }
  | { kind: 'malformed' }
  | { kind: 'foreign' }
  | { kind: 'unknown' }

const unknown: PublishTopic = { kind: 'unknown' }
const foreign: PublishTopic = { kind: 'foreign' }

function deviceRoot({ deviceId, moduleId }: IdentityName): string {
  return moduleId === undefined ? `devices/${deviceId}/` : `devices/${deviceId}/modules/${moduleId}/`
}

/** The request id is opaque: it is echoed as it came. */
function requestIdIn(query: string): string | undefined {
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && lenientlyDecoded(pair.slice(0, equals)) === '$rid') { return pair.slice(equals + 1) || undefined }
  }
  return undefined
}

const METHOD_REPLY = /^res\/(\d{1,9})\/?\?(.*)$/

/** What `topic` means when the identity publishes to it. */
export function parsePublishTopic(topic: string, name: IdentityName): PublishTopic {
  if (!isText(topic) || /[#+]/.test(topic)) { return { kind: 'malformed' } }
  if (topic.startsWith('$iothub/twin/')) { return twinTopic(topic.slice('$iothub/twin/'.length)) }
  if (topic.startsWith('$iothub/methods/')) {
    const [, status, query] = METHOD_REPLY.exec(topic.slice('$iothub/methods/'.length)) ?? []
    const requestId = query === undefined ? undefined : requestIdIn(query)
    return requestId === undefined ? unknown : { kind: 'method-reply', requestId, status: Number(status) }
  }
  const events = `${deviceRoot(name)}messages/events`
  if (topic.startsWith(events)) {
    const rest = topic.slice(events.length)
    if (rest !== '' && rest[0] !== '/') { return unknown }
    return { kind: 'telemetry', ...parseBag(rest.replace(/^\/\??/, '').replace(/\/$/, '')) }
  }
  return /^devices\/[^/]+\/(modules\/[^/]+\/)?messages\/events(\/|$)/.test(topic) ? foreign : unknown
}

function twinTopic(rest: string): PublishTopic {
  const question = rest.indexOf('?')
  const requestId = question < 0 ? undefined : requestIdIn(rest.slice(question + 1))
  if (requestId === undefined) { return unknown }
  switch (rest.slice(0, question).replace(/\/$/, '')) {
    case 'GET': return { kind: 'twin-get', requestId }
    case 'PATCH/properties/reported': return { kind: 'twin-report', requestId }
    default: return unknown
  }
}

/** The stream a filter asks for, if it is one of the documented filters of this identity; `+` may stand for its id. */
export function streamOf(filter: string, name: IdentityName): Stream | undefined {
  switch (filter) {
    case '$iothub/methods/POST/#': return 'methods'
    case '$iothub/twin/PATCH/properties/desired/#': return 'desired'
    case '$iothub/twin/res/#': return 'twin-responses'
    case `${deviceRoot(name)}messages/devicebound/#`: return 'c2d'
    case 'devices/+/messages/devicebound/#': return name.moduleId === undefined ? 'c2d' : undefined
    // a module's queue is that of its inputs
    case `${deviceRoot(name)}inputs/#`:
    case `${deviceRoot(name)}#`: return name.moduleId === undefined ? undefined : 'c2d'
    default: return undefined
  }
}

export const cloudMessageTopic = (name: IdentityName, inputName: string | undefined, bag: string): string =>
  `${deviceRoot(name)}${inputName === undefined ? 'messages/devicebound' : `inputs/${inputName}`}/${bag}`
export const methodTopic = (method: string, requestId: string): string => `$iothub/methods/POST/${method}/?$rid=${requestId}`
export const desiredTopic = (version: number): string => `$iothub/twin/PATCH/properties/desired/?$version=${version}`
export const twinResponseTopic = (status: number, requestId: string, version?: number): string =>
  `$iothub/twin/res/${status}/?$rid=${requestId}${version === undefined ? '' : `&$version=${version}`}`
