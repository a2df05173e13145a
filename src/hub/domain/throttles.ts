// The rates of a tier and its units (reference A12) as token buckets on the hub's clock; without a tier nothing is limited.

import type { Clock } from '../clock.js'
import { HubError } from '../error.js'

export interface ThrottleOptions {
  readonly tier: 'F1' | 'S1' | 'S2' | 'S3'
  /** 1 if not given. */
  readonly units?: number
}

/** What is counted: one token for an operation, for methods one for each begun 4 KiB. */
export type Throttled = 'd2c' | 'connect' | 'c2d' | 'method' | 'twin-read' | 'twin-update' | 'query' | 'registry' | 'job' | 'upload'

interface Rate {
  readonly perSecond: number
  /** How many may come at once after a pause. */
  readonly burst: number
}

export interface Throttles {
  /** 0 if the operation may go on, else the seconds after which it may be tried again. */
  take(what: Throttled, tokens?: number): number
  /** The same, but throws Throttled. */
  require(what: Throttled, tokens?: number): void
}

const perSecond = (rate: number): Rate => ({ perSecond: rate, burst: rate })
const perMinute = (rate: number): Rate => ({ perSecond: rate / 60, burst: rate })
const METHOD_METER_BYTES = 4096

function ratesOf({ tier, units = 1 }: ThrottleOptions): Record<Throttled, Rate> {
  const byTier = <T>(s1: T, s2: T, s3: T): T => tier === 'S3' ? s3 : tier === 'S2' ? s2 : s1
  const slow = perMinute(byTier(100, 100, 5000) * units)
  const messages = perSecond(byTier(Math.max(100, 12 * units), 120 * units, 6000 * units))
  return {
    'd2c': messages,
    'connect': messages,
    'c2d': slow,
    'method': perSecond(byTier(160, 480, 24 * 1024) * 1024 / METHOD_METER_BYTES * units),
    'twin-read': perSecond(byTier(100, Math.max(100, 10 * units), 500 * units)),
    'twin-update': perSecond(byTier(50, Math.max(50, 5 * units), 250 * units)),
    'query': perMinute(byTier(20, 20, 1000) * units),
    'registry': slow,
    'job': slow,
    'upload': slow
  }
}

export const unthrottled: Throttles = { take: () => 0, require() {} }

export function createThrottles(options: ThrottleOptions, clock: Clock): Throttles {
  const { tier, units = 1 } = options
  if (!['F1', 'S1', 'S2', 'S3'].includes(tier) || !Number.isInteger(units) || units < 1 || units > 200) {
    throw new HubError('ArgumentInvalid', 'a tier is F1, S1, S2 or S3, with 1 to 200 units')
  }
  const rates = ratesOf(options)
  const buckets = new Map<Throttled, { tokens: number; filledAt: number }>()
  const take = (what: Throttled, tokens = 1): number => {
    const rate = rates[what]
    const now = clock.now()
    const bucket = buckets.get(what) ?? { tokens: rate.burst, filledAt: now }
    buckets.set(what, bucket)
    bucket.tokens = Math.min(rate.burst, bucket.tokens + Math.max(0, now - bucket.filledAt) / 1000 * rate.perSecond)
    bucket.filledAt = now
    // one that is larger than the bucket passes when the bucket is full and is paid for afterwards
    const needed = Math.min(tokens, rate.burst)
    if (bucket.tokens >= needed) {
      bucket.tokens -= tokens
      return 0
    }
    return Math.max(1, Math.ceil((needed - bucket.tokens) / rate.perSecond))
  }
  return {
    take,
    require(what, tokens) {
      const seconds = take(what, tokens)
      if (seconds > 0) {
        throw new HubError('Throttled', `more than tier ${tier} with ${units} ${units === 1 ? 'unit' : 'units'} allows; try again in ${seconds} s`, { retryAfterSeconds: seconds })
      }
    }
  }
}

/** How many tokens a method call of so many bytes takes. */
export function methodTokens(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / METHOD_METER_BYTES))
}
