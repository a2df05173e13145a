/** Spans of time as people write them: 250ms, 20s, 5m, 72h, 7d, 1h30m. */

export type Span = number | string

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const whole = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/
const piece = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/** Whole milliseconds; a number is milliseconds already. Throws a RangeError. */
export function parseSpan(span: Span): number {
  const ms = typeof span === 'number' ? span : whole.test(span)
    ? [...span.matchAll(piece)].reduce((sum, [, count, unit]) => sum + Number(count) * unitMs[unit!]!, 0)
    : Number.NaN
  if (!Number.isSafeInteger(ms) || ms < 0) throw new RangeError(`'${span}' is not a span of time (250ms, 20s, 5m, 72h, 7d, 1h30m)`)
  return ms
}
