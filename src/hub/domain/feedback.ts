// What became of messages to devices, told to whoever sent them: collected to batches of 64 or 15 s (reference A7). It knows no device.

import type { CloudOutcome } from '../event.js'
import type { CloudMessage } from '../message.js'
import type { Kept } from '../store/store.js'
import type { HubContext } from './device.js'
import type { Identity } from './identity.js'
import type { ServiceQueue } from './service-queue.js'

export interface FeedbackRecord {
  readonly originalMessageId: string
  /** ISO 8601: when the message ended. */
  readonly enqueuedTimeUtc: string
  readonly statusCode: CloudOutcome
  readonly description: string
  readonly deviceId: string
  readonly deviceGenerationId: string
}

const BATCH_RECORDS = 64
const BATCH_MS = 15_000
const CONTENT_TYPE = 'application/vnd.microsoft.iothub.feedback.json'
const PENDING = 'pending'

const descriptions: Record<CloudOutcome, string> = {
  Success: 'Success',
  Expired: 'Message expired before it was completed',
  DeliveryCountExceeded: 'Message was abandoned too often',
  Rejected: 'Message was rejected by the device',
  Purged: 'Message was purged'
}

/** Whether the sender asked to be told of this end. */
export function isFeedbackWanted({ system: { ack } }: CloudMessage, outcome: CloudOutcome): boolean {
  return ack === 'full' || ack === (outcome === 'Success' ? 'positive' : 'negative')
}

export class Feedback {
  readonly #hub: Pick<HubContext, 'clock' | 'store'>
  readonly #queue: ServiceQueue
  #pending: FeedbackRecord[] = []
  #cancelTimer: (() => void) | undefined

  constructor(hub: Pick<HubContext, 'clock' | 'store'>, queue: ServiceQueue) {
    this.#hub = hub
    this.#queue = queue
    for (const [, { records }] of hub.store.load('feedback')) { this.#pending.push(...records) }
    if (this.#pending.length > 0) { this.#flush() }
  }

  add(message: CloudMessage, identity: Identity, outcome: CloudOutcome, kept: Kept): void {
    this.#pending.push({
      originalMessageId: message.system.messageId,
      enqueuedTimeUtc: new Date(this.#hub.clock.now()).toISOString(),
      statusCode: outcome,
      description: descriptions[outcome],
      deviceId: identity.deviceId,
      deviceGenerationId: identity.generationId
    })
    if (this.#pending.length >= BATCH_RECORDS) {
      this.#flush(kept)
      return
    }
    this.#hub.store.put('feedback', PENDING, { records: this.#pending }, kept)
    this.#cancelTimer ??= this.#hub.clock.setTimer(() => this.#flush(), BATCH_MS)
  }

  /** The pending batch stays in the store. */
  close(): void {
    this.#cancelTimer?.()
  }

  /** The batch is in the queue before it is no longer pending: a crash between may tell twice, never not at all. */
  #flush(kept: Kept = () => {}): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const records = this.#pending
    this.#pending = []
    this.#queue.add({ body: JSON.stringify(records), contentType: CONTENT_TYPE }, (error) => {
      kept(error)
      if (error === undefined && this.#pending.length === 0) { this.#hub.store.remove('feedback', PENDING, () => {}) }
    })
  }
}
