// The path of a message from device to cloud, in one line: adapter, accept, enrich, route, endpoints, acknowledge, tell.

import { MAX_DEVICE_MESSAGE_BYTES, messageBytes, type StampedMessage } from '../message.js'
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
  const message: { -readonly [K in keyof StampedMessage]: StampedMessage[K] } = {
    deviceId,
    enqueuedTime,
    body: new Uint8Array(body),
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
