// Questions about the built-in endpoint on `$management` (reference E3): its name, its partitions, what is in them.

import type { HubContext } from '../domain/device.js'
import { EVENTS_NAME } from '../event-log.js'
import { HubError } from '../error.js'
import { quoted } from '../reason.js'
import { accepted, decodeMessage, idText, int, long, strings, timestamp, type AmqpMessage } from './codec.js'
import type { AnyLink, OutgoingLink } from './link.js'

export const MANAGEMENT = '$management'
const HUB_TYPE = 'com.microsoft:eventhub'
const PARTITION_TYPE = 'com.microsoft:partition'

interface Answer {
  readonly status: number
  readonly description: string
  /** Of a refusal. */
  readonly condition?: string
  readonly body: unknown
}

const refused = (status: number, condition: string, description: string): Answer => ({ status, condition, description, body: {} })

/** One connection's. */
export class Management {
  readonly #hub: HubContext
  readonly #answers = new Set<OutgoingLink>()

  constructor(hub: HubContext) {
    this.#hub = hub
  }

  attach(link: AnyLink): void {
    if (link.direction === 'outgoing') {
      this.#answers.add(link)
      link.detached = () => this.#answers.delete(link)
      return
    }
    link.received = (delivery) => {
      const request = decodeMessage(delivery.bytes)
      delivery.settle(accepted())
      const { status, description, condition, body } = this.#answerTo(request)
      this.#linkFor(request)?.post({
        ...(idText(request.message_id) === undefined ? {} : { correlation_id: request.message_id! }),
        application_properties: { 'status-code': int(status), 'status-description': description, ...(condition === undefined ? {} : { 'error-condition': condition }) },
        body
      })
    }
  }

  /** Clients ask on several pairs of links and say where they want to hear. */
  #linkFor({ reply_to: replyTo }: AmqpMessage): OutgoingLink | undefined {
    const links = [...this.#answers]
    return links.find(({ target, name }) => replyTo !== undefined && (target === replyTo || name === replyTo)) ?? links.at(-1)
  }

  #answerTo({ application_properties: properties = {} }: AmqpMessage): Answer {
    const { operation, name, type, partition } = properties
    if (operation !== 'READ') { return refused(400, 'com.microsoft:argument-error', 'the operation is READ') }
    if (typeof name !== 'string' || name.toLowerCase() !== EVENTS_NAME) { return refused(404, 'amqp:not-found', `The messaging entity ${quoted(String(name))} could not be found: the endpoint is called '${EVENTS_NAME}'`) }
    switch (type) {
      case HUB_TYPE: return this.#describeHub()
      case PARTITION_TYPE: return this.#describePartition(partition)
      default: return refused(400, 'com.microsoft:argument-error', `the type is ${HUB_TYPE} or ${PARTITION_TYPE}`)
    }
  }

  #describeHub(): Answer {
    const { partitionCount, createdAt } = this.#hub.events
    return {
      status: 200, description: 'OK', body: {
        name: EVENTS_NAME,
        type: HUB_TYPE,
        created_at: timestamp(createdAt),
        partition_count: int(partitionCount),
        partition_ids: strings(Array.from({ length: partitionCount }, (_, partition) => String(partition)))
      }
    }
  }

  #describePartition(id: unknown): Answer {
    const partition = typeof id === 'string' && /^\d{1,4}$/.test(id) ? Number(id) : NaN
    try {
      const { firstSequence, lastSequence, lastOffset, lastEnqueuedTime, isEmpty } = this.#hub.events.info(partition)
      return {
        status: 200, description: 'OK', body: {
          name: EVENTS_NAME,
          type: PARTITION_TYPE,
          partition: String(partition),
          begin_sequence_number: long(firstSequence),
          last_enqueued_sequence_number: long(lastSequence),
          last_enqueued_offset: lastOffset,
          last_enqueued_time_utc: timestamp(lastEnqueuedTime),
          is_partition_empty: isEmpty
        }
      }
    } catch (error) {
      if (!(error instanceof HubError)) { throw error }
      return refused(404, 'com.microsoft:argument-out-of-range', 'there is no such partition')
    }
  }
}
