/** A simulation in words and JSON: its events in order of virtual time, and its summary. Runs nothing. */

import type { CrashReport, Device, LogLine, Summary } from '../sim/index.js'
import { visible, type Terminal } from './terminal.js'

export type SimEvent = { readonly atMs: number } & (
  | { readonly type: 'telemetry', readonly body: unknown, readonly properties: object }
  | { readonly type: 'log', readonly level: string, readonly text: string }
  | { readonly type: 'crash', readonly reason: string, readonly build: string, readonly function: string, readonly offset: number, readonly at?: string }
)

/** What there is to tell of a run. */
export interface Told {
  readonly log: readonly LogLine[]
  readonly crashes: readonly CrashReport[]
  readonly telemetry: ReadonlyArray<Pick<ReturnType<Device['telemetry']>[number], 'atMs' | 'body' | 'properties'>>
}

/** All of it if `events`; else crashes, and those for people only. */
export function tell(told: Told, { terminal, json, events }: { terminal: Terminal, json: boolean, events: boolean }): void {
  if (events) for (const event of eventsOf(told)) terminal.print(json ? `${JSON.stringify(event)}\n` : `${eventText(event)}\n`)
  else if (!json) for (const crash of told.crashes) terminal.print(`${eventText({ type: 'crash', ...crash })}\n`)
}

// Sorting is stable: what the device said comes before what arrived in the same millisecond.
function eventsOf({ log: lines, crashes: reports, telemetry: messages }: Told): SimEvent[] {
  const log = lines.map(({ atMs, level, text }): SimEvent => ({ type: 'log', atMs, level, text }))
  const crashes = reports.map(({ atMs, reason, build, function: name, offset, at }): SimEvent =>
    ({ type: 'crash', atMs, reason, build, function: name, offset, ...(at === undefined ? {} : { at }) }))
  const telemetry = messages.map(({ atMs, body, properties }): SimEvent => ({ type: 'telemetry', atMs, body, properties }))
  return [...log, ...crashes, ...telemetry].sort((a, b) => a.atMs - b.atMs)
}

function eventText(event: SimEvent): string {
  const time = (event.atMs / 1000).toFixed(3).padStart(12)
  switch (event.type) {
    case 'telemetry': return visible(`${time}  telemetry  ${typeof event.body === 'string' ? event.body : JSON.stringify(event.body)}`)
    case 'log': return visible(`${time}  ${event.level.padEnd(9)}  ${event.text}`)
    case 'crash': return visible(`${time}  crash      ${event.reason} at ${event.at ?? (event.function === '' ? 'an unknown place' : event.function)} (build ${event.build}, offset ${event.offset})`)
    default: return event satisfies never
  }
}

export function summaryText(summary: Summary): string {
  const { app, board, engine, seed, virtualMs, wallMs, telemetry, lost, dropped, expired, refused, pending, duplicates, reordered, crashes, trace } = summary
  const { connections, renewals, cuts, powerCuts, faults, outboxPeak, growthBytes, reconnectMs, halfOpenMs } = summary
  const injected = Object.entries(faults)
  return [
    `${app} on ${board} (${engine}, seed ${seed}): ${spanText(virtualMs)} in ${(wallMs / 1000).toFixed(1)} s`,
    `  telemetry    ${telemetry} received: ${lost} lost, ${dropped} dropped, ${expired} expired, ${refused} refused for want of room, ${pending} on their way, ${duplicates} duplicates, ${reordered} out of order`,
    `  connections  ${connections}, renewed ${renewals} times, ended ${cuts} times with a message under way`,
    ...injected.length === 0 ? [] : [
      `  faults       ${injected.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
      `  reconnected  within ${(reconnectMs / 1000).toFixed(1)} s of the network's return, ${(halfOpenMs / 1000).toFixed(1)} s where a half-open connection was to be noticed`,
    ],
    `  power cuts   ${powerCuts}`,
    `  outbox       ${outboxPeak} messages at most`,
    `  memory       ${growthBytes} bytes more than after the first hour`,
    `  crashes      ${crashes}`,
    `  trace        ${trace}`,
    '',
  ].join('\n')
}

/** As a person would write it, such as 1h30m. */
export function spanText(ms: number): string {
  const units: readonly [string, number][] = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000], ['ms', 1]]
  let rest = ms
  let text = ''
  for (const [unit, size] of units) {
    // 24h and 36h are said as hours; days only from two on.
    if (unit === 'd' && ms < 2 * size) continue
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) text += `${count}${unit}`
  }
  return text === '' ? '0s' : text
}
