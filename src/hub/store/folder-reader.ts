// One reader of one partition of the durable log: from the disk until it has caught up, then as messages come.

import type { EventReader } from '../event-log.js'
import type { DeviceMessage } from '../message.js'
import type { Partition } from './folder-log.js'

export class FolderReader implements EventReader {
  readonly #partition: Partition
  readonly #deliver: (message: DeviceMessage) => void
  #credit = 0
  #isClosed = false
  #isPumping = false
  /** Set once the start is known. */
  #next: number | undefined
  readonly #start: number | (() => Promise<number>)
  /** True if `#next` is the first of a chunk. */
  #isFirst = false
  /** Read and not yet delivered: what was left of some chunks when the credit ended. */
  #ready: DeviceMessage[] = []

  constructor(partition: Partition, start: number | (() => Promise<number>), deliver: (message: DeviceMessage) => void) {
    this.#partition = partition
    this.#start = start
    this.#deliver = deliver
    if (typeof start === 'number') { this.#next = start }
  }

  addCredit(count: number): void {
    this.#credit += count
    void this.#pump()
  }

  close(): void {
    this.#isClosed = true
    this.#ready = []
    this.#partition.readers.delete(this)
  }

  /** A group is on the disk: who has caught up need not read it from there. */
  offer(messages: DeviceMessage[]): void {
    if (this.#isPumping || this.#credit === 0) { return }
    if (this.#ready.length === 0 && this.#next === messages[0]!.sequence) {
      this.#ready = messages.slice(0, this.#credit)
      this.#isFirst = this.#ready.length === messages.length
    }
    void this.#pump()
  }

  /** Delivers without waiting as long as there is something ready. A reader that gives credit while it is delivered to stays in the loop it is in. */
  async #pump(): Promise<void> {
    if (this.#isPumping) { return }
    this.#isPumping = true
    try {
      while (this.#credit > 0 && !this.#isClosed) {
        if (this.#ready.length > 0) {
          this.#deliverReady()
        } else if (this.#next === undefined) {
          this.#next = await (this.#start as () => Promise<number>)()
        } else if (this.#next >= this.#partition.nextSequence) {
          break
        } else {
          // from the end of one group of chunks on, the next is the first of one
          this.#ready = await this.#partition.messagesFrom(this.#next, { isFirst: this.#isFirst })
          this.#isFirst = true
          if (this.#ready.length === 0) { throw new Error(`message ${this.#next} is missing`) }
        }
      }
    } catch (error) {
      // what is closed meanwhile cannot be read, and need not be
      if (!this.#isClosed) {
        this.close()
        this.#partition.fault(error)
      }
    } finally {
      this.#isPumping = false
    }
  }

  #deliverReady(): void {
    let delivered = 0
    while (delivered < this.#ready.length && this.#credit > 0 && !this.#isClosed) {
      const message = this.#ready[delivered++]!
      this.#next = message.sequence + 1
      this.#credit--
      this.#deliver(message)
    }
    this.#ready = this.#ready.slice(delivered)
  }
}
