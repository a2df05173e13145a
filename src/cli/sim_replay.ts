/** `tinytwin sim --replay`: a recorded run, played to the device again. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildApp } from '../build/index.js'
import { parseRecording, RecordingError, replay, type Recording } from '../sim/index.js'
import { CliError, type Invocation } from './command.js'
import { checkReplaceable, writeFiles } from './files.js'
import { progressOf } from './progress.js'
import { spanText, tell } from './sim_words.js'

/** The recording has its own. */
const foreign = ['for', 'seed', 'fault', 'record'] as const

/** The exit code: 1 when the device did anything else than in the recording. */
export async function replayRun({ args, terminal }: Invocation): Promise<number> {
  const file = args.text('replay') ?? ''
  const extra = foreign.find((name) => args.text(name) !== undefined)
  if (extra !== undefined) throw new CliError(`--${extra} does not go with --replay: the recording has its own`)
  const traceFile = args.text('trace')
  if (traceFile !== undefined) checkReplaceable(resolve(traceFile), 'trace')
  const progress = progressOf(terminal)
  try {
    const recording = read(file)
    const { head, end } = recording
    const engine = args.choice('engine', ['wasm3', 'v8'])
    const built = await buildApp({ app: args.positionals[0] ?? '', progress: progress.begin, board: args.text('board') ?? head.board })
    progress.end()
    const replayed = await replay(recording, {
      app: built, board: built.board, engine, keepTrace: traceFile !== undefined, anyway: args.flag('anyway'),
      progress: (atMs) => progress.begin(`${Math.floor(100 * atMs / Math.max(1, end.atMs))} % of ${spanText(end.atMs)}`),
    })
    progress.end()
    if (traceFile !== undefined) writeFiles([{ path: resolve(traceFile), content: replayed.lines, kind: 'trace' }])
    tell({ ...replayed, telemetry: [] }, { terminal, json: args.json, events: args.flag('events') })
    const { virtualMs, wallMs, trace, same, difference, crashes } = replayed
    const { app, board, seed } = head
    terminal.print(args.json
      ? `${JSON.stringify({ type: 'replay', app, board, engine: engine ?? head.engine, seed, virtualMs, wallMs, crashes: crashes.length, trace, recorded: end.trace, same, ...(same ? {} : { difference }) })}\n`
      : `${app} on ${board} (${engine ?? head.engine}, seed ${seed}), played again: ${spanText(virtualMs)} in ${(wallMs / 1000).toFixed(1)} s\n`
        + `  crashes      ${crashes.length}\n`
        + `  trace        ${trace}${same ? ', as recorded' : ''}\n`)
    if (!same) terminal.say(`error: the run is not that of the recording: ${difference}\n`)
    return same ? 0 : 1
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error
    throw new CliError(`'${file}' cannot be replayed: ${error.message}${error.foreign ? '. --anyway plays it all the same' : ''}`, { cause: error })
  } finally {
    progress.end()
  }
}

function read(file: string): Recording {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError(`'${file}' cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
  return parseRecording(text)
}
