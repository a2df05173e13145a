// Runs a program with its output in a log file; knows nothing of what the program is for.

import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { SetupError } from './error.mjs'

// Some programs say what is wrong first, others last.
const HEAD_LINES = 10
const TAIL_LINES = 20

/**
 * Runs `command args…`, stdout and stderr into `log`. Rejects with an excerpt of the log when the exit code is not 0.
 * `shown` is what an error calls the command, where its arguments are too many to read.
 */
export async function run(command, args, { cwd, env = process.env, log, shown = [command, ...args].join(' ') }) {
  mkdirSync(dirname(log), { recursive: true })
  const out = openSync(log, 'w')
  try {
    const code = await exitCode(spawn(command, args, { cwd, env, stdio: ['ignore', out, out] }))
    if (code !== 0) {
      throw new SetupError(`'${shown}' ended with ${code}. Its output (${log}):\n${excerpt(log)}`)
    }
  } finally {
    closeSync(out)
  }
}

/** Runs a program and returns its stdout as text. */
export async function capture(command, args, { cwd, env = process.env }) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => { stdout += chunk })
  child.stderr.on('data', (chunk) => { stderr += chunk })
  const code = await exitCode(child)
  if (code !== 0) throw new SetupError(`'${[command, ...args].join(' ')}' ended with ${code}:\n${stderr.trim()}`)
  return stdout
}

function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => reject(new SetupError(`cannot run '${child.spawnfile}': ${cause.message}`, { cause })))
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
}

function excerpt(file) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  if (lines.length <= HEAD_LINES + TAIL_LINES) return lines.join('\n')
  return [...lines.slice(0, HEAD_LINES), '…', ...lines.slice(-TAIL_LINES)].join('\n')
}
