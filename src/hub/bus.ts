// How messages and events leave the hub for whoever listens; a networked engine can stand behind the same two channels.

import type { HubEvent } from './event.js'
import type { DeviceMessage } from './message.js'

export interface HubBus {
  publishMessage(message: DeviceMessage): void
  publishEvent(event: HubEvent): void
  /** Listeners are called in the order in which the hub stored the messages; the result ends the subscription. */
  onMessage(listener: (message: DeviceMessage) => void): () => void
  onEvent(listener: (event: HubEvent) => void): () => void
}

/** Calls its listeners at once, inside the publishing call. */
export function memoryBus(): HubBus {
  const messageListeners = new Set<(message: DeviceMessage) => void>()
  const eventListeners = new Set<(event: HubEvent) => void>()
  return {
    publishMessage(message) {
      for (const listener of messageListeners) { listener(message) }
    },
    publishEvent(event) {
      for (const listener of eventListeners) { listener(event) }
    },
    onMessage(listener) {
      messageListeners.add(listener)
      return () => { messageListeners.delete(listener) }
    },
    onEvent(listener) {
      eventListeners.add(listener)
      return () => { eventListeners.delete(listener) }
    }
  }
}
