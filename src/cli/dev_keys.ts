/** What single keys do in the live view: those of every device, and those an app's app.json names. */

import type { AppKey } from '../build/index.js'
import type { DevSession } from './dev_session.js'

export interface KeyAction {
  readonly key: string
  readonly title: string
  readonly press: () => void | Promise<void>
}

export function keyActions(session: DevSession, keys: readonly AppKey[], quit: () => void): KeyAction[] {
  const own = keys.map((entry): KeyAction => ({
    key: entry.key,
    title: entry.title,
    press: 'method' in entry ? () => session.invoke(entry.method, entry.payload ?? null) : () => session.step(entry.desired, entry.step, entry.from),
  }))
  const input = session.board.pins.find(({ kind }) => kind === 'input')
  return [
    ...(session.twin === undefined ? [] : own), // they are calls at the local hub
    ...(input === undefined ? [] : [{ key: 'p', title: `press ${input.name}`, press: () => session.press(input.name) }]),
    { key: 'n', title: 'network', press: () => session.toggleNetwork() },
    { key: 'r', title: 'reset', press: () => session.reset() },
    { key: 'q', title: 'quit', press: quit },
  ]
}
