/** What weeks of everything that can go wrong cost a device: messages, memory, time; and a thousand renewals of its token. */

import { randomFaults, simulate, type Summary } from '../sim/index.js'
import type { Figure, Measurement } from './measure.js'

const hourMs = 3_600_000
const spanMs = 500 * hourMs
const seeds = 20

/** From the network's return; a half-open connection is noticed by a keep-alive of 240 s first. */
const reconnectLimitMs = 60_000
const halfOpenLimitMs = reconnectLimitMs + 240_000
const wallLimitMs = 120_000

async function weeks(seed: number): Promise<Summary> {
  await using coffee = await simulate('coffee-machine', { seed })
  coffee.faults.plan(randomFaults(seed, spanMs))
  await coffee.advance(spanMs)
  await coffee.drain('60s')
  return coffee.summary(spanMs)
}

function* figuresOf(name: string, summary: Pick<Summary, 'lost' | 'reordered' | 'duplicates' | 'cuts' | 'growthBytes' | 'reconnectMs' | 'halfOpenMs' | 'wallMs' | 'telemetry' | 'dropped' | 'refused' | 'pending'>): Generator<Figure> {
  yield { name: `${name}: messages lost`, value: summary.lost, unit: '', limit: 0 }
  yield { name: `${name}: messages out of order`, value: summary.reordered, unit: '', limit: 0 }
  yield { name: `${name}: duplicates, of ${summary.telemetry} messages`, value: summary.duplicates, unit: '', limit: summary.cuts }
  yield { name: `${name}: dropped in RAM with the power, refused for want of room, on their way`, value: summary.dropped + summary.refused + summary.pending, unit: '' }
  yield { name: `${name}: growth of memory after the first hour`, value: summary.growthBytes, unit: 'B', limit: 0 }
  yield { name: `${name}: longest wait for the connection after the network's return`, value: summary.reconnectMs, unit: 'ms', limit: reconnectLimitMs }
  yield { name: `${name}: the same where a half-open connection was to be noticed`, value: summary.halfOpenMs, unit: 'ms', limit: halfOpenLimitMs }
  yield { name: `${name}: wall time`, value: summary.wallMs, unit: 'ms', limit: wallLimitMs }
}

async function faulty(): Promise<readonly Figure[]> {
  const summaries: Summary[] = []
  for (let seed = 1; seed <= seeds; seed++) summaries.push(await weeks(seed))
  const sum = (name: 'lost' | 'reordered' | 'duplicates' | 'cuts' | 'telemetry' | 'dropped' | 'refused' | 'pending'): number => summaries.reduce((total, summary) => total + summary[name], 0)
  const most = (name: 'growthBytes' | 'reconnectMs' | 'halfOpenMs' | 'wallMs'): number => Math.max(...summaries.map((summary) => summary[name]))
  const faults = summaries.reduce((total, summary) => total + Object.values(summary.faults).reduce((count, each) => count + each, 0), 0)
  return [
    ...summaries.flatMap((summary) => [...figuresOf(`500 h of faults, seed ${summary.seed}`, summary)]),
    { name: `${seeds} seeds: faults`, value: faults, unit: '' },
    { name: `${seeds} seeds: power cuts`, value: summaries.reduce((total, { powerCuts }) => total + powerCuts, 0), unit: '' },
    ...figuresOf(`${seeds} seeds`, {
      lost: sum('lost'), reordered: sum('reordered'), duplicates: sum('duplicates'), cuts: sum('cuts'), telemetry: sum('telemetry'),
      dropped: sum('dropped'), refused: sum('refused'), pending: sum('pending'),
      growthBytes: most('growthBytes'), reconnectMs: most('reconnectMs'), halfOpenMs: most('halfOpenMs'), wallMs: most('wallMs'),
    }),
  ]
}

const renewalsWanted = 1000
const tokenTtlS = 60

async function renewals(): Promise<readonly Figure[]> {
  let connections = 0
  await using coffee = await simulate('coffee-machine', { seed: 7, tokenTtlS, hub: { log: ({ event }) => { if (event === 'connected') connections++ } } })
  await coffee.advance(hourMs)
  while (coffee.summary().renewals < renewalsWanted) await coffee.advance('10m')
  await coffee.drain()
  const summary = coffee.summary()
  return [
    { name: 'renewals of the token', value: summary.renewals, unit: '' },
    { name: 'renewals: connections beyond one for each', value: connections - 1 - summary.renewals, unit: '', limit: 0 },
    { name: 'renewals: messages lost, doubled or out of order', value: summary.lost + summary.dropped + summary.duplicates + summary.reordered, unit: '', limit: 0 },
    { name: 'renewals: growth of memory after the first hour', value: summary.growthBytes, unit: 'B', limit: 0 },
  ]
}

export const faults: readonly Measurement[] = [
  { title: 'renewals', run: renewals },
  { title: 'faults', onlyNamed: true, run: faulty },
]
