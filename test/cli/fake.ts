/** A terminal without a screen, for commands run in this process. */

import { run } from '../../src/cli/main.js'
import type { Terminal } from '../../src/cli/terminal.js'

/** For a hub beside others. */
export const freePorts = ['--mqtts', '0', '--amqps', '0', '--https', '0']

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs one command line to its end; the interruption never comes. */
export async function tinytwin(...argv: string[]): Promise<Outcome> {
  return await interruptible(new AbortController().signal, () => {}, argv)
}

/** With a Ctrl-C, and a look at stdout so far after each print. */
export async function interruptible(signal: AbortSignal, printed: (out: string) => void, argv: readonly string[]): Promise<Outcome> {
  let out = ''
  let err = ''
  const terminal: Terminal = {
    print: (text) => {
      out += text
      printed(out)
    },
    say: (text) => { err += text },
    live: false,
    attended: false,
    size: () => ({ columns: 80, rows: 24 }),
    interruption: () => signal,
    keys: undefined,
  }
  const code = await run(argv, terminal)
  return { code, out, err }
}

/** The JSON objects of stdout, one a line. */
export function jsonLines(out: string): Record<string, unknown>[] {
  return out.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
}
