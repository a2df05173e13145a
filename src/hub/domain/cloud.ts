// Messages from cloud to device: accepting them into the queue, delivering them, completing them (reference A7).

import { HubError } from '../error.js'
import { MAX_CLOUD_MESSAGE_BYTES, MAX_MESSAGE_ID_CHARS, messageBytes, type CloudMessage, type UserProperties } from '../message.js'
import type { Kept } from '../store/store.js'
import type { Device, HubContext } from './device.js'
import { MAX_QUEUED } from './queue.js'

export interface CloudMessageRequest {
  /** Text is sent as UTF-8. */
  readonly body: Uint8Array | string
  readonly properties?: Readonly<UserProperties>
  /** Made if not given. */
  readonly messageId?: string
  readonly correlationId?: string
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly ack?: 'none' | 'positive' | 'negative' | 'full'
  /** How long it may wait, 1 ms to 2 days; one hour if not given. */
  readonly expiryMs?: number
}

const DEFAULT_EXPIRY_MS = 3_600_000
const LONGEST_EXPIRY_MS = 2 * 86_400_000

/** A topic carries the properties percent-encoded and has at most 65,535 bytes, names and ids included. */
const MAX_ENCODED_PROPERTY_BYTES = 60_000

function encodedBytes(properties: Readonly<UserProperties>): number {
  try {
    return Object.entries(properties).reduce((sum, [name, value]) => sum + encodeURIComponent(`${name}=${value ?? ''}&`).length, 0)
  } catch (cause) {
    throw new HubError('ArgumentInvalid', 'a property is not well-formed text', { cause })
  }
}

function keepQueue(hub: HubContext, device: Device, kept: Kept): void {
  if (device.queue.length === 0) {
    hub.store.remove('queue', device.key, kept)
  } else {
    hub.store.put('queue', device.key, device.queue.messages, kept)
  }
}

function report(hub: HubContext, device: Device, messages: readonly CloudMessage[], outcome: 'Success' | 'Expired' | 'Purged'): void {
  for (const { system } of messages) {
    hub.report({ type: 'c2d', time: hub.clock.now(), deviceId: device.identity.deviceId, messageId: system.messageId, outcome })
  }
}

function removeExpired(hub: HubContext, device: Device): void {
  const expired = device.queue.removeExpired(hub.clock.now())
  if (expired.length === 0) { return }
  keepQueue(hub, device, () => {})
  report(hub, device, expired, 'Expired')
}

/** Returns the message id once the message is queued; `kept` says when it is also stored. It is delivered from then on. */
export function sendToDevice(hub: HubContext, device: Device, request: CloudMessageRequest, kept: Kept): string {
  const { properties = {}, expiryMs = DEFAULT_EXPIRY_MS, correlationId, contentType, contentEncoding, ack } = request
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : new Uint8Array(request.body)
  const messageId = request.messageId ?? Buffer.from(hub.random(16)).toString('hex')
  if (messageId.length > MAX_MESSAGE_ID_CHARS) {
    throw new HubError('ArgumentInvalid', `a message id has at most ${MAX_MESSAGE_ID_CHARS} characters`)
  }
  if (!(expiryMs >= 1 && expiryMs <= LONGEST_EXPIRY_MS)) {
    throw new HubError('ArgumentInvalid', `expiryMs must be 1 to ${LONGEST_EXPIRY_MS}`)
  }
  const system = {
    messageId,
    to: `/devices/${device.identity.deviceId}/messages/deviceBound`,
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    ...(ack === undefined || ack === 'none' ? {} : { ack })
  }
  const bytes = messageBytes(body, system, properties)
  if (bytes > MAX_CLOUD_MESSAGE_BYTES) {
    throw new HubError('MessageTooLarge', `the message has ${bytes} bytes of at most ${MAX_CLOUD_MESSAGE_BYTES}`)
  }
  if (encodedBytes(properties) > MAX_ENCODED_PROPERTY_BYTES) {
    throw new HubError('MessageTooLarge', `the properties take more than ${MAX_ENCODED_PROPERTY_BYTES} bytes percent-encoded`)
  }
  removeExpired(hub, device)
  const enqueuedTime = hub.clock.now()
  if (!device.queue.add({ body, system, properties: { ...properties }, enqueuedTime, expiresAt: enqueuedTime + expiryMs })) {
    throw new HubError('DeviceMaximumQueueDepthExceeded', `${MAX_QUEUED} messages already wait for device '${device.key}'`)
  }
  keepQueue(hub, device, (error) => {
    kept(error)
    if (error === undefined) { deliverWaiting(hub, device) }
  })
  return messageId
}

/** Sends everything that is deliverable to a connected and subscribed device, and again when a lock ends without completion. */
export function deliverWaiting(hub: HubContext, device: Device): void {
  const qos = device.session.qosOf('c2d')
  if (device.link === undefined || qos === undefined || device.queue.length === 0) { return }
  removeExpired(hub, device)
  for (const { queued, again } of device.queue.lockDeliverable(hub.clock.now())) {
    device.link?.deliver(queued, { again, qos })
    if (qos === 0) { completeMessage(hub, device, queued.tag) }
  }
  watchLocks(hub, device)
}

function watchLocks(hub: HubContext, device: Device): void {
  device.cancelLockTimer?.()
  const end = device.link === undefined ? undefined : device.queue.nextLockEnd
  device.cancelLockTimer = end === undefined
    ? undefined
    : hub.clock.setTimer(() => deliverWaiting(hub, device), Math.max(end - hub.clock.now(), 0))
}

/** The device has it: the message leaves the queue. A tag that is not in the queue is ignored. */
export function completeMessage(hub: HubContext, device: Device, tag: number): void {
  const message = device.queue.complete(tag)
  if (message === undefined) { return }
  keepQueue(hub, device, () => {})
  report(hub, device, [message], 'Success')
  watchLocks(hub, device)
}

/** Empties the queue and returns how many messages were in it. */
export function purgeQueue(hub: HubContext, device: Device, kept: Kept): number {
  const purged = device.queue.purge()
  keepQueue(hub, device, kept)
  report(hub, device, purged, 'Purged')
  watchLocks(hub, device)
  return purged.length
}
