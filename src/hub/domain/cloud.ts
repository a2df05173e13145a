// Messages from cloud to device: accepting them into the queue, delivering them, settling them (reference A7).

import { HubError } from '../error.js'
import type { CloudOutcome } from '../event.js'
import { MAX_CLOUD_MESSAGE_BYTES, MAX_MESSAGE_ID_CHARS, messageBytes, type CloudMessage, type SystemProperties, type UserProperties } from '../message.js'
import { whenAll } from '../store/kept.js'
import type { Kept } from '../store/store.js'
import type { Device, HubContext } from './device.js'
import { isFeedbackWanted } from './feedback.js'
import { MAX_QUEUED, type QueuedMessage } from './queue.js'

export interface CloudMessageRequest {
  /** Text is sent as UTF-8. */
  readonly body: Uint8Array | string
  readonly properties?: Readonly<UserProperties>
  /** Made if not given. */
  readonly messageId?: string
  readonly correlationId?: string
  readonly userId?: string
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly ack?: 'none' | 'positive' | 'negative' | 'full'
  /** How long it may wait, 1 ms to 2 days; one hour if not given. */
  readonly expiryMs?: number
  /** Of a module, which it must be then. */
  readonly inputName?: string
  /** Who sends it to the input. */
  readonly sender?: { readonly deviceId: string; readonly moduleId?: string }
}

const DEFAULT_EXPIRY_MS = 3_600_000
const LONGEST_EXPIRY_MS = 2 * 86_400_000
const MAX_DELIVERIES = 10

/** A topic carries the properties percent-encoded and has at most 65,535 bytes, names and ids included. */
const MAX_ENCODED_PROPERTY_BYTES = 60_000

function encodedBytes(properties: Readonly<UserProperties>): number {
  try {
    return Object.entries(properties).reduce((sum, [name, value]) => sum + encodeURIComponent(`${name}=${value ?? ''}&`).length, 0)
  } catch (cause) {
    throw new HubError('ArgumentInvalid', 'a property is not well-formed text', { cause })
  }
}

const recordKey = (device: Device, { number }: QueuedMessage): string => `${device.key}|${number}`

function keep(hub: HubContext, device: Device, queued: QueuedMessage, kept: Kept): void {
  const { number, message } = queued
  hub.store.put('c2d', recordKey(device, queued), { deviceKey: device.key, number, message }, kept)
}

/** It has left the queue. Feedback is stored first: a crash between may tell twice, never not at all. */
function end(hub: HubContext, device: Device, queued: QueuedMessage, outcome: CloudOutcome, kept: Kept): void {
  const { message } = queued
  const remove = (error?: Error): void => {
    if (error !== undefined) { return kept(error) }
    hub.store.remove('c2d', recordKey(device, queued), kept)
  }
  if (isFeedbackWanted(message, outcome)) {
    hub.feedback.add(message, device.identity, outcome, remove)
  } else {
    remove()
  }
  const { deviceId, moduleId } = device.identity
  hub.report({
    type: 'c2d', time: hub.clock.now(), deviceId, ...(moduleId === undefined ? {} : { moduleId }), messageId: message.system.messageId, outcome
  })
}

function removeExpired(hub: HubContext, device: Device): void {
  for (const queued of device.queue.removeExpired(hub.clock.now())) { end(hub, device, queued, 'Expired', () => {}) }
}

function systemOf(device: Device, messageId: string, request: CloudMessageRequest): CloudMessage['system'] {
  const { deviceId, moduleId } = device.identity
  const { correlationId, userId, contentType, contentEncoding, ack, inputName, sender } = request
  const system: SystemProperties & { messageId: string } = { messageId }
  if (inputName === undefined) { system.to = `/devices/${deviceId}${moduleId === undefined ? '' : `/modules/${moduleId}`}/messages/deviceBound` }
  if (correlationId !== undefined) { system.correlationId = correlationId }
  if (userId !== undefined) { system.userId = userId }
  if (contentType !== undefined) { system.contentType = contentType }
  if (contentEncoding !== undefined) { system.contentEncoding = contentEncoding }
  if (ack !== undefined && ack !== 'none') { system.ack = ack }
  if (inputName !== undefined) { system.inputName = inputName }
  if (sender !== undefined) {
    system.connectionDeviceId = sender.deviceId
    if (sender.moduleId !== undefined) { system.connectionModuleId = sender.moduleId }
  }
  return system
}

/** An input is one segment of a topic. */
const INPUT_NAME = /^[^/+#\p{Cc}]{1,128}$/u
const ACKS = ['none', 'positive', 'negative', 'full', undefined]

function checkRequest(device: Device, { messageId, ack, expiryMs = DEFAULT_EXPIRY_MS, inputName }: CloudMessageRequest): void {
  if (messageId !== undefined && messageId.length > MAX_MESSAGE_ID_CHARS) {
    throw new HubError('ArgumentInvalid', `a message id has at most ${MAX_MESSAGE_ID_CHARS} characters`)
  }
  if (!ACKS.includes(ack)) { throw new HubError('ArgumentInvalid', `ack must be 'none', 'positive', 'negative' or 'full'`) }
  if (!(expiryMs >= 1 && expiryMs <= LONGEST_EXPIRY_MS)) {
    throw new HubError('ArgumentInvalid', `expiryMs must be 1 to ${LONGEST_EXPIRY_MS}`)
  }
  if (inputName !== undefined && (device.identity.moduleId === undefined || !INPUT_NAME.test(inputName))) {
    throw new HubError('ArgumentInvalid', 'an input is that of a module, 1 to 128 characters without / + # and controls')
  }
}

/** Returns the message id once the message is queued; `kept` says when it is also stored. It is delivered from then on. */
export function sendToDevice(hub: HubContext, device: Device, request: CloudMessageRequest, kept: Kept): string {
  const { properties = {}, expiryMs = DEFAULT_EXPIRY_MS } = request
  checkRequest(device, request)
  const body = typeof request.body === 'string' ? Buffer.from(request.body) : new Uint8Array(request.body)
  const messageId = request.messageId ?? Buffer.from(hub.random(16)).toString('hex')
  const system = systemOf(device, messageId, request)
  const bytes = messageBytes(body, system, properties)
  if (bytes > MAX_CLOUD_MESSAGE_BYTES) {
    throw new HubError('MessageTooLarge', `the message has ${bytes} bytes of at most ${MAX_CLOUD_MESSAGE_BYTES}`)
  }
  if (encodedBytes(properties) > MAX_ENCODED_PROPERTY_BYTES) {
    throw new HubError('MessageTooLarge', `the properties take more than ${MAX_ENCODED_PROPERTY_BYTES} bytes percent-encoded`)
  }
  hub.throttles.require('c2d')
  removeExpired(hub, device)
  const enqueuedTime = hub.clock.now()
  const queued = device.queue.add({ body, system, properties: { ...properties }, enqueuedTime, expiresAt: enqueuedTime + expiryMs, deliveryCount: 0 })
  if (queued === undefined) {
    throw new HubError('DeviceMaximumQueueDepthExceeded', `${MAX_QUEUED} messages already wait for device '${device.key}'`)
  }
  keep(hub, device, queued, (error) => {
    kept(error)
    if (error === undefined) { deliverWaiting(hub, device) }
  })
  watchQueue(hub, device)
  return messageId
}

/** Sends what is deliverable to a connected and subscribed device, and again when a lock ends without completion. */
export function deliverWaiting(hub: HubContext, device: Device): void {
  const qos = device.session.qosOf('c2d')
  if (device.link === undefined || qos === undefined || device.queue.length === 0) { return }
  removeExpired(hub, device)
  for (const { queued, again } of device.queue.lockDeliverable(hub.clock.now(), device.link.cloudCredit)) {
    device.link?.deliver(queued, { again, qos })
    if (qos === 0) { completeTag(hub, device, queued.tag) }
  }
  watchQueue(hub, device)
}

/** Expiry, and for a connected device the end of a lock. */
export function watchQueue(hub: HubContext, device: Device): void {
  device.cancelQueueTimer?.()
  const now = hub.clock.now()
  const next = device.queue.nextChange({ isHeard: device.link !== undefined }, now)
  device.cancelQueueTimer = next === undefined ? undefined : hub.clock.setTimer(() => {
    removeExpired(hub, device)
    deliverWaiting(hub, device)
    watchQueue(hub, device)
  }, Math.max(next - now, 0))
}

/** For a device that asks: locks its next message for a minute. */
export function receiveOne(hub: HubContext, device: Device): { message: CloudMessage; lockToken: string } | undefined {
  removeExpired(hub, device)
  const [next] = device.queue.lockDeliverable(hub.clock.now(), 1)
  watchQueue(hub, device)
  return next === undefined ? undefined : { message: next.queued.message, lockToken: lockTokenOf(hub, next.queued) }
}

/** What `settle` takes for a message that was just delivered; made when it is asked for, MQTT never does. */
export function lockTokenOf({ random }: Pick<HubContext, 'random'>, queued: QueuedMessage): string {
  queued.lockToken ||= Buffer.from(random(16)).toString('hex')
  return queued.lockToken
}

/** Ends the lock in one of three ways. Throws MessageLockLost; `kept` says when it is stored. */
export function settle(hub: HubContext, device: Device, lockToken: string, how: 'complete' | 'reject' | 'abandon', kept: Kept = () => {}): void {
  const queued = device.queue.held(lockToken, hub.clock.now())
  if (queued === undefined) { throw new HubError('MessageLockLost', 'no message is locked under this token; the lock may have ended') }
  switch (how) {
    case 'complete': return finish(hub, device, queued, 'Success', kept)
    case 'reject': return finish(hub, device, queued, 'Rejected', kept)
    case 'abandon': return abandon(hub, device, queued, kept)
    default: how satisfies never
  }
}

/** Only this counts as a delivery, the end of a lock does not [A7]. */
function abandon(hub: HubContext, device: Device, queued: QueuedMessage, kept: Kept): void {
  const deliveryCount = queued.message.deliveryCount + 1
  queued.message = { ...queued.message, deliveryCount }
  if (deliveryCount >= MAX_DELIVERIES) { return finish(hub, device, queued, 'DeliveryCountExceeded', kept) }
  device.queue.unlock(queued)
  keep(hub, device, queued, kept)
  deliverWaiting(hub, device)
  watchQueue(hub, device)
}

function finish(hub: HubContext, device: Device, queued: QueuedMessage, outcome: CloudOutcome, kept: Kept): void {
  device.queue.remove(queued)
  end(hub, device, queued, outcome, kept)
  watchQueue(hub, device)
}

/** The device has it: the message leaves the queue. A tag that is not in the queue is ignored. */
export function completeTag(hub: HubContext, device: Device, tag: number): void {
  const queued = device.queue.tagged(tag)
  if (queued !== undefined) { finish(hub, device, queued, 'Success', () => {}) }
}

/** Empties the queue and returns how many messages were in it. */
export function purgeQueue(hub: HubContext, device: Device, kept: Kept): number {
  const purged = device.queue.purge()
  const oneKept = whenAll(purged.length, kept)
  for (const queued of purged) { end(hub, device, queued, 'Purged', oneKept) }
  watchQueue(hub, device)
  return purged.length
}
