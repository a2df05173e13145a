/** Where in the app's TypeScript a crash happened; knows source maps, not devices. */

import { resolve } from 'node:path'
import { TraceMap, decodedMappings } from '@jridgewell/trace-mapping'
import { projectRoot } from '../board/root.js'
import { readModule } from '../build/index.js'
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
  const place = thrownAt(crash.reason) ?? placeOf(crash.offset, app)
  return place === undefined ? inFunction.trimStart() || undefined : `${place}${inFunction}`
}

// Where the app threw: the trap itself is in what stands in for `abort`. A place in a library says less than the trap's.
function thrownAt(reason: string): string | undefined {
  const [, file = '', place = ''] = /^abort: [^]*\(([^()]+\.ts)(:\d+:\d+)\)$/.exec(reason) ?? []
  if (file === '' || file.startsWith('~lib/')) return undefined
  return `${file.startsWith('../') ? resolve(projectRoot, file) : file}${place}`
}

// The compiler leaves instructions of its own making without a place: then it is the nearest one before, in the same function.
function placeOf(offset: number, app: AppImage): string | undefined {
  const map = new TraceMap(app.map)
  const [line = []] = decodedMappings(map)
  const begin = readModule(app.wasm).functions.findLast((candidate) => candidate.offset <= offset)?.offset ?? 0
  const segment = line.findLast((candidate) => candidate[0] <= offset && candidate[0] >= begin && candidate.length > 1)
  if (segment === undefined || segment.length === 1) return undefined
  return `${map.sources[segment[1]]}:${segment[2] + 1}:${segment[3] + 1}`
}
