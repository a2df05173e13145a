// The npm dependencies of this checkout: whether node_modules is what package-lock.json asks for, and how to get there.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './error.mjs'
import { run } from './run.mjs'

/**
 * True when npm's own record of what it installed (written last, removed first) has every package of the lock file
 * at its version. So an installation made by hand counts, and an interrupted one does not.
 */
export function npmIsCurrent(root, purpose) {
  const lock = readPackages(join(root, 'package-lock.json'))
  if (lock === null) return !existsSync(join(root, 'package.json'))
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'))
  if (installed === null) return Object.keys(lock).every((path) => path === '')
  return Object.entries(lock).every(([path, wanted]) => {
    if (path === '' || wanted.optional) return true
    if (purpose === 'start' && (wanted.dev || wanted.devOptional)) return true
    const got = installed[path]
    return got !== undefined && got.version === wanted.version && got.integrity === wanted.integrity
  })
}

export async function installNpm(root, purpose, log) {
  if (!existsSync(join(root, 'package-lock.json'))) {
    throw new SetupError("package-lock.json is missing: restore it with 'git checkout package-lock.json', or make one with 'npm install'")
  }
  // Who has the development dependencies keeps them: a start must not take away what the tests need.
  const wasFull = existsSync(join(root, 'node_modules', 'vitest'))
  const scope = purpose === 'test' || wasFull ? '--include=dev' : '--omit=dev'
  // Without network npm would otherwise retry for minutes before it says so.
  // The level is given because 'npm run --silent' would hand its own down, and hide why npm failed.
  await run('npm', ['ci', scope, '--no-audit', '--no-fund', '--loglevel=error', '--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=5000'], { cwd: root, log })
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw new SetupError(`${file} is not readable as JSON: ${error.message}`, { cause: error })
  }
}
