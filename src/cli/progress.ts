/** Tells a person at a terminal that something takes its time; silent for everyone else. */

import type { Terminal } from './terminal.js'

/** `begin` shows what is being done, `end` takes it away again. */
export function progressOf(terminal: Terminal): { begin: (what: string) => void, end: () => void } {
  if (!terminal.attended) return { begin: () => {}, end: () => {} }
  let shown = false
  return {
    begin: (what) => {
      shown = true
      terminal.say(`\r\u001B[K${what} …`)
    },
    end: () => {
      if (shown) terminal.say('\r\u001B[K')
      shown = false
    },
  }
}
