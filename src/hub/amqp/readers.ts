// Readers of the built-in endpoint's partitions (reference E3): who may read, and what is sent as far as the credit goes.

import type { HubContext } from '../domain/device.js'
import { HubError } from '../error.js'
import type { EventReader } from '../event-log.js'
import type { DeviceMessage } from '../message.js'
import { quoted } from '../reason.js'
import { long, timestamp } from './codec.js'
import { AmqpError, amqpErrorOf } from './error.js'
import type { OutgoingLink } from './link.js'
import { encodeEvent } from './messages.js'
import { positionOf, SELECTOR } from './selector.js'

const EPOCH = 'com.microsoft:epoch'
const METRICS = 'com.microsoft:enable-receiver-runtime-metric'
/** Of one partition in one consumer group, without epochs. */
const MAX_READERS = 5
/** What is read ahead for a peer that gives more credit: the carrier keeps what is not read yet. */
const MAX_AHEAD = 1000

interface Reading {
  readonly link: OutgoingLink
  /** The higher one stays; undefined shares. */
  readonly epoch: number | undefined
}

/** Those of one hub, over all its connections. */
export class Readers {
  readonly #hub: HubContext
  readonly #readings = new Map<string, Set<Reading>>()

  constructor(hub: HubContext) {
    this.#hub = hub
  }

  /** Throws AmqpError. */
  attach(link: OutgoingLink, consumerGroup: string, partition: number): void {
    const { events, consumerGroups } = this.#hub
    const group = [...consumerGroups].find((name) => name.toLowerCase() === consumerGroup.toLowerCase())
    if (group === undefined) { throw new AmqpError('amqp:not-found', `The messaging entity ${quoted(consumerGroup)} could not be found: there is no such consumer group`) }
    const position = positionOf(link.filter[SELECTOR])
    const waiting: DeviceMessage[] = []
    /** Credit that the log was given and has not used. */
    let outstanding = 0
    const withMetrics = link.desiredCapabilities.includes(METRICS)
    let reader: EventReader
    try {
      reader = events.read(partition, position, (event) => {
        outstanding--
        waiting.push(event)
        link.pump()
      })
    } catch (error) {
      throw amqpErrorOf(error)
    }
    let leave: () => void
    try {
      leave = this.#enter(link, `${group}|${partition}`)
    } catch (error) {
      reader.close()
      throw error
    }
    link.ready = () => {
      while (link.available > 0 && waiting.length > 0) {
        link.send(encodeEvent(waiting.shift()!, withMetrics ? metricsOf(this.#hub, partition) : undefined))
      }
      const wanted = Math.min(link.available, MAX_AHEAD) - outstanding
      if (wanted <= 0) { return }
      outstanding += wanted
      reader.addCredit(wanted)
    }
    link.detached = () => {
      reader.close()
      leave()
    }
  }

  /** [E3] An epoch ends the readers of lower ones and of none, and keeps them out. */
  #enter(link: OutgoingLink, place: string): () => void {
    const epoch = epochOf(link)
    const readings = this.#readings.get(place) ?? new Set<Reading>()
    const others = [...readings]
    const highest = Math.max(-1, ...others.map((reading) => reading.epoch ?? -1))
    if ((epoch ?? -1) < highest) {
      throw new AmqpError('amqp:link:stolen', `a receiver with epoch ${highest} reads this partition`)
    }
    if (epoch === undefined && others.length >= MAX_READERS) {
      throw new AmqpError('amqp:resource-limit-exceeded', `a partition has at most ${MAX_READERS} receivers in a consumer group`)
    }
    const reading = { link, epoch }
    readings.add(reading)
    this.#readings.set(place, readings)
    if (epoch !== undefined) {
      for (const other of others) { other.link.detach(new AmqpError('amqp:link:stolen', `a receiver with epoch ${epoch} took over this partition`)) }
    }
    return () => {
      readings.delete(reading)
      if (readings.size === 0 && this.#readings.get(place) === readings) { this.#readings.delete(place) }
    }
  }
}

function epochOf({ properties }: OutgoingLink): number | undefined {
  const epoch = properties[EPOCH]
  if (epoch === undefined || epoch === null) { return undefined }
  if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch) || epoch < 0) { throw new AmqpError('com.microsoft:argument-out-of-range', 'an epoch is a number from 0') }
  return epoch
}

function metricsOf({ events, clock }: HubContext, partition: number): Record<string, unknown> | undefined {
  try {
    const { lastSequence, lastOffset, lastEnqueuedTime } = events.info(partition)
    return {
      last_enqueued_sequence_number: long(lastSequence),
      last_enqueued_offset: lastOffset,
      last_enqueued_time_utc: timestamp(lastEnqueuedTime),
      runtime_info_retrieval_time_utc: timestamp(clock.now())
    }
  } catch (error) {
    if (!(error instanceof HubError)) { throw error }
    return undefined
  }
}
