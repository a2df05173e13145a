/** The log of a board on the terminal: a crash gets its line of TypeScript, a lost port is waited for. */

import { followConsole, type ConsoleOptions } from '../flash/index.js'
import { sourceLine, type Crash } from '../sim/source.js'
import type { BuiltApp } from '../build/index.js'
import { visible, type Terminal } from './terminal.js'

export interface WatchOptions extends Pick<ConsoleOptions, 'spec' | 'baud' | 'port' | 'listening' | 'signal'> {
  /** Whose lines crashes are looked up in. */
  readonly app: BuiltApp | undefined
  readonly json: boolean
}

export async function watchConsole({ app, json, ...options }: WatchOptions, terminal: Terminal): Promise<void> {
  const tell = (event: object, text: string): void => {
    if (json) terminal.print(`${JSON.stringify(event)}\n`)
    else terminal.say(`${text}\n`)
  }
  await followConsole({
    ...options,
    line: (text) => {
      const crash = crashIn(text)
      const at = crash === undefined ? undefined : placeOf(crash, app)
      if (json) terminal.print(`${JSON.stringify({ type: 'log', line: text, ...(crash === undefined ? {} : { crash: { ...crash, ...at } }) })}\n`)
      else terminal.print(`${visible(text)}\n${at === undefined ? '' : `  at ${visible(at.at ?? at.unknown ?? '')}\n`}`)
    },
    lost: (reason) => { tell({ type: 'lost', port: options.spec, reason }, `${options.spec} is gone (${visible(reason)}); waiting for it, Ctrl-C ends`) },
    back: () => { tell({ type: 'back', port: options.spec }, `${options.spec} is back`) },
  })
}

/** The line native/core/app_crash.c writes. */
export function crashIn(line: string): Crash | undefined {
  const [, reason, name, offset, build] = /the app crashed: (.*) in (\S*) at offset (\d+) of build ([0-9a-f]+)$/.exec(line) ?? []
  return build === undefined ? undefined : { build, reason: reason ?? '', function: name ?? '', offset: Number(offset) }
}

function placeOf(crash: Crash, app: BuiltApp | undefined): { readonly at?: string, readonly unknown?: string } {
  if (app === undefined) return { unknown: 'a place in the app; give --app APP to see its line' }
  if (app.buildId !== crash.build) return { unknown: `a place in build ${crash.build}; ${app.name} is build ${app.buildId} here, so its lines are others. Flash it again, or check out what was flashed` }
  const at = sourceLine(crash, app)
  return at === undefined ? { unknown: 'a place the source map does not know' } : { at }
}
