// The test's side of device.cjs and its kind: one child process that trusts the hub's authority by NODE_EXTRA_CA_CERTS alone.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

interface Answer { id?: number; event?: string; error?: string; message?: string; result?: unknown }

export class SdkDevice {
  readonly #child
  readonly #pending = new Map<number, (answer: Answer) => void>()
  readonly #events: Record<string, unknown>[] = []
  #wake: (() => void) | undefined
  #lastId = 0

  constructor(caPath: string | undefined, script = 'device.cjs') {
    this.#child = fork(fileURLToPath(new URL(script, import.meta.url)), {
      env: { ...process.env, ...(caPath === undefined ? {} : { NODE_EXTRA_CA_CERTS: caPath }) },
      execArgv: [],
      silent: true
    })
    this.#child.on('message', (answer: Answer) => {
      if (answer.id === undefined) {
        this.#events.push(answer as Record<string, unknown>)
        this.#wake?.()
      } else {
        this.#pending.get(answer.id)?.(answer)
        this.#pending.delete(answer.id)
      }
    })
  }

  /** Rejects with the name of the SDK's error as message. */
  do(command: string, input: Record<string, unknown> = {}): Promise<unknown> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, ({ error, message, result }) =>
        error === undefined ? resolve(result) : reject(new Error(error, { cause: message })))
      this.#child.send({ id, command, ...input })
    })
  }

  /** The next event of that name, arrived or yet to come. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const at = this.#events.findIndex(({ event }) => event === name)
      if (at >= 0) { return this.#events.splice(at, 1)[0]! }
      await new Promise<void>((resolve) => { this.#wake = resolve })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill()
    await gone
  }
}
