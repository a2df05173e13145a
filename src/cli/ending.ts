/** When a command that runs on its own is over. */

import { CliError, type Arguments } from './command.js'

/** What a timer of this process can wait for. */
const longestMs = 2 ** 31 - 1

/** --for, in milliseconds of real time. */
export function realSpan(args: Arguments): number | undefined {
  const ms = args.span('for')
  if (ms !== undefined && ms > longestMs) throw new CliError('--for: at most 24d in real time')
  return ms
}

/** Until the signal, or the time is over. */
export function ended(stopped: AbortSignal, forMs: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = forMs === undefined ? setInterval(() => {}, longestMs) : setTimeout(resolve, forMs)
    const stop = (): void => {
      clearTimeout(timer)
      resolve()
    }
    if (stopped.aborted) stop()
    else stopped.addEventListener('abort', stop, { once: true })
  })
}
