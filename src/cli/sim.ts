/** `tinytwin sim`: a device in virtual time, and the account of what arrived. */

import { resolve } from 'node:path'
import { buildApp } from '../build/index.js'
import { faultKinds, faultNames, parseFault, randomFaults, simulate, type FaultKind, type PlannedFault, type Summary } from '../sim/index.js'
import { CliError, type Command } from './command.js'
import { checkReplaceable, writeFiles } from './files.js'
import { progressOf } from './progress.js'
import { replayRun } from './sim_replay.js'
import { spanText, summaryText, tell } from './sim_words.js'

const defaultMs = 60 * 60 * 1000

export const simCommand: Command = {
  name: 'sim',
  summary: 'Runs an app in virtual time against a local hub and sums up.',
  doc: 'Runs an app on the complete device runtime and a local hub in this process, in virtual time: a day takes a second or two. At the end the link may drain for 60 virtual seconds; then every message is accounted for. The same seed gives the same run. Exit code 1 when a message was lost or came out of order.',
  arguments: [{ name: 'APP', doc: 'A name (see: tinytwin apps), or the path of a .ts file or of a folder with an index.ts.' }],
  options: [
    { name: 'for', value: 'DURATION', doc: 'Virtual time, such as 20s, 24h or 1h30m. Default: 1h.' },
    { name: 'board', value: 'BOARD', doc: 'A name (see: tinytwin boards), or the path of a board.json. Default: the one the app was written for.' },
    { name: 'seed', value: 'NUMBER', doc: 'Whole number from 0 to 4294967295 that all randomness comes from. Default: 1.' },
    { name: 'fault', value: 'FAULT', repeat: true, doc: 'Something that goes wrong, as KIND@START+DURATION, such as net.down@1h+72h, or KIND=VALUE@START+DURATION; may be given more than once. "random": every kind, from the seed, one in five hours. The kinds are below.' },
    { name: 'engine', value: 'ENGINE', doc: 'What runs the Wasm: wasm3, as on the device, or v8. Default: wasm3.' },
    { name: 'trace', value: 'FILE', doc: 'Write the canonical trace here: what the app saw and did, in order. A file that is no trace is not replaced.' },
    { name: 'record', value: 'FILE', doc: 'Write down all that came to the device from outside: inputs, faults, and what the hub sent and when. A file that is no recording is not replaced.' },
    { name: 'replay', value: 'FILE', doc: 'Play a recording instead, without hub and network; exit code 1 if the device does anything else than it did then.' },
    { name: 'anyway', doc: 'With --replay: also to another app or board than it was recorded with.' },
    { name: 'events', doc: 'Print log lines, telemetry and crashes too, in order of virtual time.' },
  ],
  lists: [{ title: 'Faults (a moment has no DURATION, + one must have it, (+) may have it)', rows: faultNames.map(faultRow) }],
  examples: [
    ['sim coffee-machine --for 24h --seed 7', 'A day of coffee.'],
    ['sim coffee-machine --for 24h --json', 'The summary as one JSON object.'],
    ['sim coffee-machine --for 80h --fault net.down@1h+72h', 'Three days without a network, all of which is told afterwards.'],
    ['sim coffee-machine --for 500h --fault random --seed 3', 'Three weeks of everything that can go wrong.'],
    ['sim coffee-machine --for 24h --fault random --record day.rec', 'A day to look at again and again.'],
    ['sim coffee-machine --replay day.rec --events', 'The same day, with everything the device says.'],
    ['sim ./door.ts --board blink-nano --for 1m --events', 'Your app, with everything it says.'],
  ],
  run: async ({ args, terminal }) => {
    if (args.text('replay') !== undefined) return replayRun({ args, terminal })
    if (args.flag('anyway')) throw new CliError('--anyway goes with --replay')
    const virtualMs = args.span('for') ?? defaultMs
    const seed = args.whole('seed', { min: 0, max: 2 ** 32 - 1 }) ?? 1
    const engine = args.choice('engine', ['wasm3', 'v8']) ?? 'wasm3'
    const faults = args.texts('fault').flatMap((text) => planned(text, seed, virtualMs))
    const board = args.text('board')
    const traceFile = args.text('trace')
    const recordFile = args.text('record')
    if (traceFile !== undefined) checkReplaceable(resolve(traceFile), 'trace')
    if (recordFile !== undefined) checkReplaceable(resolve(recordFile), 'recording')
    const progress = progressOf(terminal)
    try {
      const built = await buildApp({ app: args.positionals[0] ?? '', progress: progress.begin, ...(board === undefined ? {} : { board }) })
      progress.end()
      await using device = await simulate(built, { board: built.board, engine, seed, keepTrace: traceFile !== undefined, record: recordFile !== undefined })
      device.faults.plan(faults)
      // In steps only for the eye: time passes the same.
      const steps = terminal.attended ? 50 : 1
      for (let step = 1; step <= steps; step++) {
        if (steps > 1) progress.begin(`${Math.floor(100 * (step - 1) / steps)} % of ${spanText(virtualMs)}`)
        await device.advance(Math.floor(virtualMs * step / steps) - Math.floor(virtualMs * (step - 1) / steps))
      }
      await device.drain('60s')
      progress.end()
      if (traceFile !== undefined) writeFiles([{ path: resolve(traceFile), content: device.trace, kind: 'trace' }])
      if (recordFile !== undefined) writeFiles([{ path: resolve(recordFile), content: device.recording(), kind: 'recording' }])
      const summary = device.summary(virtualMs)
      tell({ log: device.log(), crashes: device.crashes, telemetry: device.telemetry() }, { terminal, json: args.json, events: args.flag('events') })
      terminal.print(args.json ? `${JSON.stringify(summary)}\n` : summaryText(summary))
      const failure = failureOf(summary)
      if (failure === undefined) return 0
      terminal.say(`error: ${failure}\n`)
      return 1
    } finally {
      progress.end()
    }
  },
}

/** What no fault may lead to; undefined when it did not. */
export function failureOf({ lost, reordered }: Pick<Summary, 'lost' | 'reordered'>): string | undefined {
  const wrong = [...lost > 0 ? [`${lost} stored or acknowledged messages were lost`] : [], ...reordered > 0 ? [`${reordered} messages came out of order`] : []]
  return wrong.length === 0 ? undefined : wrong.join(', ')
}

function faultRow(kind: FaultKind): readonly [string, string] {
  const { doc, lasts, value } = faultKinds[kind]
  const otherwise = value === undefined ? '' : ` ${value.name}: ${value.doc}${value.otherwise === '' ? '' : `; ${value.otherwise} if not given`}.`
  return [`${kind}${value === undefined ? '' : `[=${value.name}]`}${lasts === 'window' ? ' +' : lasts === 'either' ? ' (+)' : ''}`, `${doc}${otherwise}`]
}

function planned(text: string, seed: number, spanMs: number): readonly PlannedFault[] {
  if (text === 'random') return randomFaults(seed, spanMs)
  try {
    const fault = parseFault(text)
    if (fault.atMs >= spanMs) throw new RangeError(`'${text}' begins when the run of ${spanText(spanMs)} is over; give a longer --for`)
    return [fault]
  } catch (error) {
    throw new CliError(`--fault: ${(error as Error).message}`, { cause: error })
  }
}
