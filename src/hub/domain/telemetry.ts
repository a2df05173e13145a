// The path of a message from device to cloud: sized, stamped, stored, handed to the bus. Routes and endpoints belong behind the bus.

import { MAX_DEVICE_MESSAGE_BYTES, messageBytes, type DeviceMessage } from '../message.js'
import type { ReasonId } from '../reason.js'
import type { Device, HubContext, IncomingMessage } from './device.js'

/** `accepted` is called without a reason once the message is kept, and the sender may be told so; the body is copied here. */
export function acceptTelemetry(hub: HubContext, device: Device, incoming: IncomingMessage, accepted: (refused?: ReasonId) => void): void {
  const { body, system, properties } = incoming
  if (messageBytes(body, system, properties) > MAX_DEVICE_MESSAGE_BYTES) {
    accepted('message-too-large')
    return
  }
  const { deviceId, moduleId, generationId } = device.identity
  const modelId = device.link?.modelId
  const message: { -readonly [K in keyof DeviceMessage]: DeviceMessage[K] } = {
    deviceId,
    sequence: 0,
    enqueuedTime: hub.clock.now(),
    body: new Uint8Array(body),
    system,
    properties,
    source: 'Telemetry',
    authMethod: device.authMethod,
    generationId
  }
  if (moduleId !== undefined) { message.moduleId = moduleId }
  if (modelId !== undefined) { message.modelId = modelId }
  hub.store.append(message, (error, sequence) => {
    if (error !== undefined) {
      accepted('store-failed')
      return
    }
    message.sequence = sequence
    accepted()
    hub.bus.publishMessage(message)
  })
}
