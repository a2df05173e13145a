/** A serial port without a wire: a pseudo terminal whose far side is opened like any other port. */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Pty extends AsyncDisposable {
  readonly path: string
  send(bytes: Uint8Array): void
  listen(take: (bytes: Uint8Array) => void): void
  /** As if it were pulled out. */
  unplug(): Promise<void>
}

/** Compiled into `folder`. */
export async function openPty(folder: string): Promise<Pty> {
  const program = join(folder, 'pty')
  execFileSync('cc', ['-std=c11', '-Wall', '-Wextra', '-Werror', '-o', program, join(import.meta.dirname, 'pty.c')])
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  child.stdin.on('error', () => {})
  child.stdout.resume()
  const [path] = await once(createInterface({ input: child.stderr }), 'line') as [string]
  const unplug = async (): Promise<void> => {
    child.kill()
    await ended
  }
  return {
    path,
    send: (bytes) => { child.stdin.write(bytes) },
    listen: (take) => { child.stdout.on('data', take) },
    unplug,
    [Symbol.asyncDispose]: unplug,
  }
}
