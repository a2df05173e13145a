// The service's links (reference E3): messages to devices, feedback and file notifications. It knows no device link.

import { sendToDevice } from '../domain/cloud.js'
import type { HubContext } from '../domain/device.js'
import type { IdentityName } from '../domain/identity.js'
import { findDevice } from '../domain/registry.js'
import type { LockedServiceMessage, ServiceQueue } from '../domain/service-queue.js'
import { HubError } from '../error.js'
import { accepted, decodeMessage, rejected, type AmqpMessage, type Outcome } from './codec.js'
import { howOf } from './device.js'
import { AmqpError, amqpErrorOf } from './error.js'
import type { IncomingLink, OutgoingLink } from './link.js'
import { cloudRequestOf, encodeServiceMessage } from './messages.js'

/** A message at its limit with the encoding of its properties. */
const MAX_CLOUD_BYTES = 256 * 1024
const TO = /^\/?devices\/([^/]+)(?:\/modules\/([^/]+))?\/messages\/devicebound$/i

function recipientOf({ to = '' }: AmqpMessage): IdentityName {
  const [, deviceId, moduleId] = TO.exec(to) ?? []
  if (deviceId === undefined) { throw new AmqpError('com.microsoft:argument-error', 'a message to a device has /devices/{id}/messages/devicebound in its field to') }
  try {
    return { deviceId: decodeURIComponent(deviceId), ...(moduleId === undefined ? {} : { moduleId: decodeURIComponent(moduleId) }) }
  } catch {
    throw new AmqpError('com.microsoft:argument-error', 'the device id in the field to is not percent-encoded text')
  }
}

export function attachSender(hub: HubContext, link: IncomingLink): void {
  link.maxMessageBytes = MAX_CLOUD_BYTES
  link.received = (delivery) => {
    try {
      const message = decodeMessage(delivery.bytes)
      sendToDevice(hub, findDevice(hub, recipientOf(message)), cloudRequestOf(message, hub.clock.now()), (error) => {
        delivery.settle(error === undefined ? accepted() : rejected(amqpErrorOf(new HubError('StoreFailed', 'the message could not be stored. Try again'))))
      })
    } catch (error) {
      delivery.settle(rejected(amqpErrorOf(error)))
    }
  }
}

/** Feedback or file notifications, as far as the peer's credit goes. */
export function attachReceiver(hub: HubContext, link: OutgoingLink, queue: ServiceQueue): void {
  /** Credit that the queue was given and has not used. */
  let outstanding = 0
  /** Locked for us before the peer took its credit back. */
  const waiting: LockedServiceMessage[] = []
  const consumer = queue.consume((locked) => {
    outstanding--
    waiting.push(locked)
    link.pump()
  })
  const settled = (lockToken: string, outcome: Outcome | undefined): void => {
    const how = howOf(outcome)
    try {
      if (how !== undefined) { queue[how](lockToken) }
    } catch (error) {
      // the lock was over before
      if (!(error instanceof HubError)) { throw error }
    }
  }
  link.ready = () => {
    while (link.available > 0 && waiting.length > 0) {
      const { message, lockToken } = waiting.shift()!
      link.send(encodeServiceMessage(message, hub.hostName), { tag: Buffer.from(lockToken, 'hex'), settled: (outcome) => settled(lockToken, outcome) })
    }
    const wanted = link.available - outstanding
    if (wanted <= 0) { return }
    outstanding += wanted
    consumer.addCredit(wanted)
  }
  link.detached = () => consumer.close()
}
