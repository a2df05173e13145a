/** The log of a board as lines, for as long as one listens: through lost ports and new ones. Knows nothing of what the lines say. */

import { FlashError } from './error.js'
import { openPort, type Port } from './port.js'

export interface ConsoleOptions {
  readonly spec: string
  readonly baud: number
  /** Already open; closed at the end like every later one. */
  readonly port?: Port
  readonly signal: AbortSignal
  /** Told once it listens on the first port. */
  readonly listening?: () => void
  readonly line: (text: string) => void
  readonly lost: (reason: string) => void
  readonly back: () => void
}

const longestLine = 4096
const betweenTriesMs = 250
const colour = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

/** Until the signal. Throws FlashError when the first port cannot be opened. */
export async function followConsole({ spec, baud, port: first, signal, listening = () => {}, line, lost, back }: ConsoleOptions): Promise<void> {
  let port = first ?? await openPort(spec, baud)
  for (let isFirst = true; ; isFirst = false) {
    const lines = lineReader(line)
    const reason = await new Promise<string | undefined>((resolve) => {
      const stop = (): void => { resolve(undefined) }
      signal.addEventListener('abort', stop, { once: true })
      if (signal.aborted) stop()
      port.listen(lines.take)
      port.onLost(resolve)
      if (isFirst) listening()
      else back()
    })
    lines.end()
    await port.close()
    if (reason === undefined) return
    lost(reason)
    const again = await reopen(spec, baud, signal)
    if (again === undefined) return
    port = again
  }
}

async function reopen(spec: string, baud: number, signal: AbortSignal): Promise<Port | undefined> {
  while (!signal.aborted) {
    try {
      return await openPort(spec, baud)
    } catch (error) {
      if (!(error instanceof FlashError)) throw error
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, betweenTriesMs)
      function done(): void {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      signal.addEventListener('abort', done, { once: true })
    })
  }
  return undefined
}

/** Bytes to lines without their ends and colours; what is longer than 4,096 characters is cut into several. */
export function lineReader(line: (text: string) => void): { take: (bytes: Uint8Array) => void, end: () => void } {
  const decoder = new TextDecoder()
  let rest = ''
  const give = (text: string): void => { line(text.replace(/\r+$/, '').replaceAll(colour, '')) }
  const cut = (text: string): string => {
    let left = text
    for (; left.length > longestLine; left = left.slice(longestLine)) give(left.slice(0, longestLine))
    return left
  }
  const add = (text: string): void => {
    const pieces = `${rest}${text}`.split('\n')
    rest = pieces.pop() ?? ''
    for (const piece of pieces) give(cut(piece))
    rest = cut(rest)
  }
  return {
    take: (bytes) => { add(decoder.decode(bytes, { stream: true })) },
    end: () => {
      add(decoder.decode())
      if (rest !== '') give(rest)
      rest = ''
    },
  }
}
