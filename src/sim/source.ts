/** Where in the app's TypeScript a crash happened; knows source maps, not devices. */

import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping'
import type { AppImage } from './machine.js'

/** As the C runtime writes it: {"crash": …} in the log and in telemetry. */
export interface Crash {
  readonly build: string
  readonly reason: string
  /** Name, or `#index`; empty when unknown. */
  readonly function: string
  /** Of the instruction in the module, 0 when unknown. */
  readonly offset: number
}

/** undefined when the text is no crash record. */
export function parseCrash(text: string): Crash | undefined {
  try {
    const { crash } = JSON.parse(text) as { crash?: Crash }
    return crash !== undefined && typeof crash.build === 'string' && typeof crash.offset === 'number' ? crash : undefined
  } catch {
    return undefined
  }
}

/** `file.ts:line:column in function`, or as much as is known; undefined when nothing is. */
export function sourceLine(crash: Crash, app: AppImage): string | undefined {
  const index = /^#(\d+)$/.exec(crash.function)?.[1]
  const name = index === undefined ? crash.function : app.functionNames.get(Number(index)) ?? crash.function
  const inFunction = name === '' ? '' : ` in ${name}`
  if (crash.offset === 0 || crash.build !== app.buildId) return inFunction.trimStart() || undefined
  const { source, line, column } = originalPositionFor(new TraceMap(app.map), { line: 1, column: crash.offset })
  return source === null ? inFunction.trimStart() || undefined : `${source}:${line}:${column + 1}${inFunction}`
}
