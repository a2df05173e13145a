// The event log of a simulation or a test: partitions in memory, bounded by age and size, forgotten with the process.

import type { Clock } from '../clock.js'
import { HubError } from '../error.js'
import { DEFAULT_PARTITIONS, DEFAULT_RETENTION_MS, startOf, type EventLog, type EventPosition, type EventReader, type PartitionInfo, type Retention } from '../event-log.js'
import type { DeviceMessage } from '../message.js'

const DEFAULT_BYTES = 4 * 1024 * 1024
/** Removed from the front only when it pays: shifting an array one by one costs its length each time. */
const COMPACT_AT = 1024

class Partition {
  /** From `#first` on it is the log; what is before is gone. */
  #messages: (DeviceMessage | undefined)[] = []
  #first = 0
  #nextSequence = 0
  #bytes = 0
  #lastEnqueuedTime = 0
  readonly readers = new Set<Reader>()

  constructor(readonly number: number, readonly clock: Clock, readonly retention: Required<Retention>) {}

  get firstSequence(): number {
    return this.#nextSequence - (this.#messages.length - this.#first)
  }

  get nextSequence(): number {
    return this.#nextSequence
  }

  at(sequence: number): DeviceMessage {
    return this.#messages[this.#first + sequence - this.firstSequence]!
  }

  add(message: DeviceMessage): void {
    this.#messages.push(message)
    this.#nextSequence++
    this.#bytes += sizeOf(message)
    this.#lastEnqueuedTime = message.enqueuedTime
    this.retain()
  }

  /** The oldest go first; the newest stays, whatever its size. */
  retain(): void {
    const oldest = this.clock.now() - this.retention.ageMs
    while (this.#first < this.#messages.length) {
      const message = this.#messages[this.#first]!
      const isTooMuch = this.#bytes > this.retention.bytes && this.#first < this.#messages.length - 1
      if (message.enqueuedTime > oldest && !isTooMuch) { break }
      this.#bytes -= sizeOf(message)
      this.#messages[this.#first++] = undefined
    }
    if (this.#first >= COMPACT_AT && this.#first * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#first)
      this.#first = 0
    }
  }

  info(): PartitionInfo {
    this.retain()
    const { firstSequence } = this
    return {
      firstSequence,
      lastSequence: this.#nextSequence - 1,
      lastOffset: String(this.#nextSequence - 1),
      lastEnqueuedTime: this.#lastEnqueuedTime,
      isEmpty: firstSequence === this.#nextSequence
    }
  }
}

class Reader implements EventReader {
  #credit = 0
  #isClosed = false
  #isDelivering = false

  constructor(readonly partition: Partition, private next: number, readonly deliver: (message: DeviceMessage) => void) {}

  addCredit(count: number): void {
    this.#credit += count
    this.advance()
  }

  close(): void {
    this.#isClosed = true
    this.partition.readers.delete(this)
  }

  advance(): void {
    // a reader that gives credit while it is delivered to stays in the loop it is in
    if (this.#isDelivering || this.#credit === 0) { return }
    this.#isDelivering = true
    try {
      this.partition.retain()
      while (this.#credit > 0 && !this.#isClosed) {
        this.next = Math.max(this.next, this.partition.firstSequence)
        if (this.next >= this.partition.nextSequence) { break }
        this.#credit--
        this.deliver(this.partition.at(this.next++))
      }
    } finally {
      this.#isDelivering = false
    }
  }
}

const OVERHEAD_BYTES = 1024

/** Twice for every message: properties are not counted one by one. */
function sizeOf({ body }: DeviceMessage): number {
  return body.length + OVERHEAD_BYTES
}

/** The first that was enqueued at or after the time, or the next that will be. */
function sequenceAt(partition: Partition, { enqueuedTime, inclusive }: EventPosition & { at: 'time' }): number {
  const { firstSequence, nextSequence } = partition
  for (let sequence = firstSequence; sequence < nextSequence; sequence++) {
    const at = partition.at(sequence).enqueuedTime
    if (inclusive ? at >= enqueuedTime : at > enqueuedTime) { return sequence }
  }
  return nextSequence
}

export function memoryEventLog({ clock, partitions: count = DEFAULT_PARTITIONS, retention = {} }: { clock: Clock; partitions?: number; retention?: Retention }): EventLog {
  const bounds = { ageMs: retention.ageMs ?? DEFAULT_RETENTION_MS, bytes: retention.bytes ?? DEFAULT_BYTES }
  const partitions = Array.from({ length: count }, (_, number) => new Partition(number, clock, bounds))
  const find = (partition: number): Partition => {
    const found = partitions[partition]
    if (found === undefined) { throw new HubError('PartitionNotFound', `there is no partition ${partition}; there are ${count}`) }
    return found
  }
  return {
    partitionCount: count,
    createdAt: clock.now(),
    append(partition, stamped, appended) {
      const log = find(partition)
      const sequence = log.nextSequence
      const message = stamped as { -readonly [K in keyof DeviceMessage]: DeviceMessage[K] }
      message.partition = partition
      message.sequence = sequence
      message.offset = String(sequence)
      log.add(message)
      appended(undefined, message)
      for (const reader of log.readers) { reader.advance() }
    },
    info: (partition) => find(partition).info(),
    read(partition, position, deliver) {
      const log = find(partition)
      log.retain()
      const reader = new Reader(log, position.at === 'time' ? sequenceAt(log, position) : startOf(log, position), deliver)
      log.readers.add(reader)
      return reader
    },
    close: () => Promise.resolve()
  }
}
