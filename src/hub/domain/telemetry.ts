// The path of a message from device to cloud, in one line: adapter, accept, enrich, route, endpoints, acknowledge, tell.

import { MAX_DEVICE_MESSAGE_BYTES, messageBytes, type DeviceMessage, type StampedMessage } from '../message.js'
import type { ReasonId } from '../reason.js'
import type { Device, HubContext, IncomingMessage } from './device.js'

/** `accepted` is called without a reason once the message is kept, and the sender may be told so; the body is copied here. */
export function acceptTelemetry(hub: HubContext, device: Device, incoming: IncomingMessage, accepted: (refused?: ReasonId) => void): void {
  const refused = refusalOf(hub, incoming)
  if (refused !== undefined) { return accepted(refused) }
  const message = stamped(hub, device, incoming)
  // the place of enrichments and routes (reference F): without any, telemetry goes to the built-in endpoint alone
  hub.events.append(device.partition, message, (error, stored) => {
    if (error !== undefined) { return accepted('store-failed') }
    accepted()
    hub.bus.publishMessage(stored!)
  })
}

function refusalOf(hub: HubContext, { body, system, properties }: IncomingMessage): ReasonId | undefined {
  if (messageBytes(body, system, properties) > MAX_DEVICE_MESSAGE_BYTES) { return 'message-too-large' }
  return hub.throttles.take('d2c') > 0 ? 'throttled' : undefined
}

function stamped(hub: HubContext, device: Device, { body, system, properties, authMethod, modelId }: IncomingMessage): StampedMessage {
  const { deviceId, moduleId, generationId } = device.identity
  const enqueuedTime = hub.clock.now()
  device.lastActivityAt = enqueuedTime
  const message: { -readonly [K in keyof DeviceMessage]: DeviceMessage[K] } = {
    deviceId,
    // the log's to fill in; here they give every message the same shape
    partition: device.partition,
    sequence: -1,
    offset: '',
    enqueuedTime,
    body: copied(body),
    system,
    properties,
    source: 'Telemetry',
    authMethod,
    generationId
  }
  if (moduleId !== undefined) { message.moduleId = moduleId }
  if (modelId !== undefined) { message.modelId = modelId }
  return message
}

/** An array buffer for every small body would cost as much as the rest of the path: they share one of 64 KiB, as far as it goes. */
const SHARED_BYTES = 64 * 1024
const SMALL_BYTES = 4096
let shared = new Uint8Array(SHARED_BYTES)
let used = 0

function copied(body: Uint8Array): Uint8Array {
  if (body.length > SMALL_BYTES) { return new Uint8Array(body) }
  if (used + body.length > SHARED_BYTES) {
    shared = new Uint8Array(SHARED_BYTES)
    used = 0
  }
  const copy = shared.subarray(used, used + body.length)
  copy.set(body)
  used += body.length
  return copy
}
