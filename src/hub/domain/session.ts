// What one identity has subscribed to, kept across its connections. It knows no filter syntax; adapters say what a filter means.

/** The streams from cloud to device. */
export type Stream = 'c2d' | 'methods' | 'desired' | 'twin-responses'

export interface Subscription {
  /** The adapter's own text, the key of the subscription. */
  readonly filter: string
  readonly stream: Stream
  /** At least once, or at most once. */
  readonly qos: 0 | 1
}

/** [A4] */
const MAX_SUBSCRIPTIONS = 5

export class Session {
  readonly #subscriptions = new Map<string, Subscription>()
  /** True once a connection asked to have it kept (MQTT CleanSession 0). */
  persistent = false

  constructor(subscriptions: readonly Subscription[] = []) {
    for (const subscription of subscriptions) { this.#subscriptions.set(subscription.filter, subscription) }
    this.persistent = subscriptions.length > 0
  }

  get subscriptions(): Subscription[] {
    return [...this.#subscriptions.values()]
  }

  /** False if it would be one too many; an equal filter is replaced [MQTT-3.8.4-3]. */
  subscribe(subscription: Subscription): boolean {
    if (!this.#subscriptions.has(subscription.filter) && this.#subscriptions.size >= MAX_SUBSCRIPTIONS) { return false }
    this.#subscriptions.set(subscription.filter, subscription)
    return true
  }

  unsubscribe(filter: string): void {
    this.#subscriptions.delete(filter)
  }

  clear(): void {
    this.#subscriptions.clear()
  }

  /** The highest granted QoS of the stream [MQTT-3.3.5-1], or undefined if it is not wanted. */
  qosOf(stream: Stream): 0 | 1 | undefined {
    let qos: 0 | 1 | undefined
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.stream === stream && qos !== 1) { qos = subscription.qos }
    }
    return qos
  }
}
