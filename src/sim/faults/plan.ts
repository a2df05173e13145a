/** Faults as people write them, KIND[=VALUE]@START[+DURATION], and faults as a seed deals them out. Injects nothing. */

import { suggestion } from '../../board/nearest.js'
import { parseSpan } from '../duration.js'
import { seededRandom } from '../random.js'
import { faultKinds, faultNames, type FaultKind } from './kinds.js'

export interface PlannedFault {
  readonly kind: FaultKind
  /** Milliseconds after the beginning. */
  readonly atMs: number
  /** 0: a moment. */
  readonly forMs: number
  /** As the kind's own words for it; its default if absent. */
  readonly value?: string | undefined
}

const shape = /^([^=@+]*)(?:=([^@+]*))?(?:@([^+]*))?(?:\+(.*))?$/

/** Throws a RangeError that says what is wrong and how it is written. */
export function parseFault(text: string): PlannedFault {
  const [, name = '', value, start, duration] = shape.exec(text) ?? []
  const kind = faultNames.find((candidate) => candidate === name)
  if (kind === undefined) {
    throw new RangeError(`there is no fault '${name}' (faults: ${faultNames.join(', ')}).${suggestion(name, faultNames)}`)
  }
  const { lasts, value: takes } = faultKinds[kind]
  if (start === undefined) throw new RangeError(`'${text}' does not say when: ${example(kind)}`)
  if (lasts === 'window' && duration === undefined) throw new RangeError(`'${text}' does not say for how long: ${example(kind)}`)
  if (lasts === 'moment' && duration !== undefined) throw new RangeError(`${kind} is a moment and lasts no time: ${example(kind)}`)
  if (value !== undefined && takes === undefined) throw new RangeError(`${kind} takes no value: ${example(kind)}`)
  if (value !== undefined) checkValue(kind, value)
  return { kind, atMs: parseSpan(start), forMs: duration === undefined ? 0 : parseSpan(duration), ...(value === undefined ? {} : { value }) }
}

/** As {@link parseFault} reads it. */
export function formatFault({ kind, atMs, forMs, value }: PlannedFault): string {
  return `${kind}${value === undefined ? '' : `=${value}`}@${atMs}ms${forMs === 0 ? '' : `+${forMs}ms`}`
}

/** What a value means to its kind; NaN when neither a value nor a default is given. Throws a RangeError. */
export function valueOf(kind: FaultKind, value: string | undefined): number {
  const takes = faultKinds[kind].value
  const text = value ?? takes?.otherwise ?? ''
  return takes === undefined || text === '' ? Number.NaN : takes.parse(text)
}

function checkValue(kind: FaultKind, value: string): void {
  try {
    if (value === '') throw new RangeError('it is empty')
    valueOf(kind, value)
  } catch (error) {
    throw new RangeError(`the value of ${kind} is ${faultKinds[kind].value!.doc}: ${(error as Error).message}`, { cause: error })
  }
}

function example(kind: FaultKind): string {
  return `${kind}@1h${faultKinds[kind].lasts === 'moment' ? '' : '+10m'}`
}

const hourMs = 3_600_000
/** One in so many hours, so that it is more often than one in six. */
const everyMs = 5 * hourMs
const shortMs = 10_000

/** Every kind, at least one fault in six hours on average, outages of up to a day (or a tenth of the time, where that is less), all over before the last twentieth of the time. */
export function randomFaults(seed: number, spanMs: number): readonly PlannedFault[] {
  const random = seededRandom(seed)
  /** From 0 to below 1. */
  const chance = (): number => Buffer.from(random(6)).readUIntBE(0, 6) / 2 ** 48
  const endMs = Math.floor(spanMs * 0.95)
  const shortestMs = Math.min(shortMs, spanMs / 100)
  const count = Math.max(faultNames.length, Math.ceil(spanMs / everyMs))
  const slotMs = spanMs * 0.9 / count
  return dealt(count, chance).map((kind, index): PlannedFault => {
    const { lasts, longestH } = faultKinds[kind]
    const atMs = Math.floor((index + chance()) * slotMs)
    const longestMs = Math.min(longestH * hourMs, spanMs / 10, endMs - atMs)
    // Spread over the magnitudes, the long ones somewhat more often: half of those of up to a day are longer than an hour or two.
    const forMs = Math.max(1, Math.floor(shortestMs * (longestMs / shortestMs) ** Math.sqrt(chance())))
    const value = randomValue(kind, chance())
    return { kind, atMs, forMs: lasts === 'moment' ? 0 : forMs, value }
  })
}

// As cards from a shuffled deck, and again from another one: none is left out, none is rare.
function dealt(count: number, chance: () => number): FaultKind[] {
  const cards: FaultKind[] = []
  while (cards.length < count) {
    const deck = [...faultNames]
    while (deck.length > 0) cards.push(...deck.splice(Math.floor(chance() * deck.length), 1))
  }
  return cards.slice(0, count)
}

function randomValue(kind: FaultKind, chance: number): string | undefined {
  switch (kind) {
    case 'clock.jump': return `${chance < 0.5 ? '-' : ''}${1 + Math.floor(chance * 6)}h`
    case 'token.skew': return `${chance < 0.3 ? '-' : ''}${1 + Math.floor(chance * 6)}h`
    case 'net.slow': return `${100 + Math.floor(chance * 1400)}ms`
    case 'net.lossy': return `${5 + Math.floor(chance * 35)}`
    case 'flash.torn': return `${Math.floor(chance * 40)}`
    default: return undefined
  }
}
