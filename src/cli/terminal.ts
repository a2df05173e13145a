/** Where a command's words go and its interruption comes from; knows no command. */

/** The outside of a command. Tests give their own. */
export interface Terminal {
  /** stdout: the result. */
  readonly print: (text: string) => void
  /** stderr: progress, warnings, errors. */
  readonly say: (text: string) => void
  /** stdout shows to a person who can be given a live view. */
  readonly live: boolean
  /** stderr shows to a person. */
  readonly attended: boolean
  readonly size: () => { readonly columns: number, readonly rows: number }
  /** From the first call on Ctrl-C and SIGTERM abort this signal instead of the process; a second one still ends it. */
  readonly interruption: () => AbortSignal
  /** Single keys as they are typed, until the result is called; undefined without a keyboard. */
  readonly keys: ((pressed: (key: string) => void) => () => void) | undefined
}

/** This process's own; `release` gives the signals back. What is still unwritten then may yet meet a closed pipe. */
export function processTerminal(): { terminal: Terminal, release: () => void } {
  let controller: AbortController | undefined
  const interrupt = (): void => {
    if (controller?.signal.aborted === true) process.exit(130)
    controller?.abort()
  }
  process.stdout.on('error', broken)
  const terminal: Terminal = {
    print: (text) => { process.stdout.write(text) },
    say: (text) => { process.stderr.write(text) },
    live: process.stdout.isTTY === true && process.env['TERM'] !== 'dumb',
    attended: process.stderr.isTTY === true,
    size: () => ({ columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 }),
    interruption: () => {
      if (controller === undefined) {
        controller = new AbortController()
        process.on('SIGINT', interrupt)
        process.on('SIGTERM', interrupt)
      }
      return controller.signal
    },
    keys: process.stdin.isTTY === true ? (pressed) => listen(pressed, interrupt) : undefined,
  }
  const release = (): void => {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
  return { terminal, release }
}

/** Text from elsewhere, its control characters written as \\xNN: a terminal would obey them. */
export function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

// The reader of a pipe may leave early (`| head`): that ends the command without a fuss.
function broken(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}

// In raw mode Ctrl-C is a key like the others.
function listen(pressed: (key: string) => void, interrupt: () => void): () => void {
  const onData = (data: Buffer): void => {
    for (const key of data.toString('utf8')) {
      if (key === '\u0003') interrupt()
      else pressed(key)
    }
  }
  process.stdin.setRawMode(true)
  process.stdin.on('data', onData)
  process.stdin.resume()
  return () => {
    process.stdin.off('data', onData)
    process.stdin.setRawMode(false)
    process.stdin.pause()
  }
}
