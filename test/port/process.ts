// The tests' side of tinytwin-posix: the program as a child process, and a local hub on loopback that can be restarted.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHub, folderStore, listen, loadAuthority, type Authority, type DeviceMessage, type Hub, type HubEvent, type HubListener, type ServerCertificate } from '../../src/hub/index.js'

const root = new URL('../..', import.meta.url).pathname

/** The build trees of scripts/native_tests.mjs that hold the program. */
export const trees = ['native-test', 'native-tsan'] as const
export type Tree = typeof trees[number]

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  /** All of stderr until now. */
  log(): string
  /** Resolves as soon as stderr holds the text. */
  said(text: string): Promise<void>
  signal(name: 'SIGINT' | 'SIGTERM'): void
  readonly ended: Promise<Ended>
}

/** Sanitizers end the program with status 66 at their first finding. */
export function start(tree: Tree, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(join(root, 'build', tree, 'tinytwin-posix'), args, {
    cwd: root,
    env: { PATH: process.env['PATH'], ASAN_OPTIONS: 'detect_leaks=1:exitcode=66', UBSAN_OPTIONS: 'halt_on_error=1:exitcode=66', TSAN_OPTIONS: 'halt_on_error=1:exitcode=66', ...environment },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let stdout = ''
  let stderr = ''
  const waiting: { text: string, resolve: () => void }[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const { resolve } of waiting.filter((each) => stderr.includes(each.text))) { resolve() }
  })
  return {
    log: () => stderr,
    said: (text) => new Promise((resolve) => {
      waiting.push({ text, resolve })
      if (stderr.includes(text)) { resolve() }
    }),
    signal: (name) => { child.kill(name) },
    ended: new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (status) => resolve({ status, stdout, stderr }))
    })
  }
}

/** A folder of files for one test, gone at its end. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'tinytwin-posix-'))

  write(name: string, content: string | Uint8Array): string {
    const file = join(this.path, name)
    writeFileSync(file, content, { mode: 0o600 })
    return file
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}

const HOST = '127.0.0.1'

/** A hub over TLS whose records outlive its restarts. */
export class LoopbackHub {
  readonly messages: DeviceMessage[] = []
  readonly events: HubEvent[] = []
  hub!: Hub
  #listener: HubListener | undefined
  #changed: (() => void)[] = []

  private constructor(readonly authority: Authority, readonly certificate: ServerCertificate, readonly folder: string) {}

  static async start(folder: string): Promise<LoopbackHub> {
    const authority = await loadAuthority()
    const self = new LoopbackHub(authority, await authority.issueServer({ hosts: [HOST] }), folder)
    await self.#open()
    await self.#listen(0)
    return self
  }

  get port(): number {
    return this.#listener!.port
  }

  connectionString(deviceId: string): string {
    return this.hub.connectionString(deviceId, { port: this.port })
  }

  async restart(): Promise<void> {
    const port = this.port
    await this.#close()
    await this.#open()
    await this.#listen(port)
  }

  /** Resolves as soon as `fact` is true, looked at after each message and each event. */
  async until(fact: () => boolean): Promise<void> {
    while (!fact()) { await new Promise<void>((resolve) => { this.#changed.push(resolve) }) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #open(): Promise<void> {
    const store = await folderStore(this.folder)
    this.hub = createHub({ hostName: HOST, store, events: store.events })
    this.hub.onMessage((message) => { this.#note(() => this.messages.push(message)) })
    this.hub.onEvent((event) => { this.#note(() => this.events.push(event)) })
  }

  #note(push: () => void): void {
    push()
    for (const resolve of this.#changed.splice(0)) { resolve() }
  }

  async #listen(port: number): Promise<void> {
    this.#listener = await listen(this.hub, { host: HOST, port, certificate: this.certificate })
  }

  async #close(): Promise<void> {
    await this.hub.close()
    await this.#listener!.close()
  }
}
