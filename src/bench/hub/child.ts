/** Processes that a measurement starts, asks and ends: over Node's channel, one answer for each question. */

import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

interface Answer {
  readonly answers: number
  readonly value?: unknown
  readonly error?: string
}

/** Each question has a name and arguments; the child ends when its parent does. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>

/** In the child: answers what its parent asks. */
export function serveParent(handlers: Handlers): void {
  process.on('message', (question: { asks: number; what: string; argument: unknown }) => {
    const answer = async (): Promise<unknown> => (handlers[question.what] as (argument: unknown) => unknown)(question.argument)
    answer().then(
      (value) => process.send!({ answers: question.asks, value } satisfies Answer),
      (error: unknown) => process.send!({ answers: question.asks, error: (error as Error).stack ?? String(error) } satisfies Answer),
    )
  })
  process.on('disconnect', () => process.exit())
}

export class Child {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  #asked = 0

  constructor(script: string, options: { execArgv?: string[] } = {}) {
    this.#process = fork(fileURLToPath(new URL(script, import.meta.url)), { stdio: 'inherit', ...options })
    this.#process.on('message', ({ answers, value, error }: Answer) => {
      const waiting = this.#waiting.get(answers)!
      this.#waiting.delete(answers)
      if (error === undefined) { waiting.resolve(value) } else { waiting.reject(new Error(error)) }
    })
    this.#process.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) { reject(new Error(`a process of the measurement ended (${signal ?? code})`)) }
      this.#waiting.clear()
    })
  }

  get pid(): number {
    return this.#process.pid!
  }

  ask<T>(what: string, argument?: unknown): Promise<T> {
    const asks = ++this.#asked
    return new Promise((resolve, reject) => {
      this.#waiting.set(asks, { resolve: resolve as (value: unknown) => void, reject })
      this.#process.send({ asks, what, argument })
    })
  }

  /** `kill -9`: nothing of it gets to tidy up. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) { return }
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }
}

/** What a measurement has to end, the last first, whatever happens. */
export class Cleanup {
  readonly #ends: (() => unknown)[] = []

  use(child: Child): Child {
    this.#ends.push(() => child.kill())
    return child
  }

  defer(end: () => unknown): void {
    this.#ends.push(end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.toReversed()) { await end() }
  }
}

/** A program that is no Node process. Resolves when its output has `ready`. */
export async function startProgram(command: string, args: readonly string[], ready: string): Promise<{ pid: number; stop(): Promise<void> }> {
  const program = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const exit = once(program, 'exit')
  await new Promise<void>((resolve, reject) => {
    program.on('error', reject)
    void exit.then(() => reject(new Error(`${command} ended: ${output}`)), reject)
    for (const stream of [program.stdout, program.stderr]) {
      stream.on('data', (text: Buffer) => {
        output += text.toString()
        if (output.includes(ready)) { resolve() }
      })
    }
  })
  return {
    pid: program.pid!,
    stop: async () => {
      program.kill()
      await exit
    },
  }
}

/** Free a moment ago: for servers that cannot be asked for theirs, or must have it again. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => { server.once('listening', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/** What Linux counts in, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100

/** User and system time of the process with all its threads, in microseconds. */
export function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // the name before it may hold spaces
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND * 1e6
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kib) * 1024
}
