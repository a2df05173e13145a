// Everything about the tree that can be said without running it: drift, types, lint, format, dependency directions.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { violations } from './lib/directions.mjs'
import { SetupError, projectRoot, setup } from './setup.mjs'

const tool = (...path) => join(projectRoot, 'node_modules', ...path)
const node = (...args) => spawnSync(process.execPath, args, { cwd: projectRoot, stdio: 'inherit' }).status === 0

const checks = [
  ['generated files are what src/abi says', () => node(join('build', 'host', 'abi', 'generate.js'), '--check')],
  ['board tables in C are what boards say', () => node(join('build', 'host', 'board', 'generate.js'), '--check')],
  ['stubs of apps are what their models say', () => node(join('build', 'host', 'build', 'generate.js'), '--check')],
  ['TypeScript of src and test, strict', () => node(tool('typescript', 'bin', 'tsc'), '-p', 'tsconfig.test.json')],
  ['lint (oxlint)', () => node(tool('oxlint', 'bin', 'oxlint'), '--deny-warnings')],
  ['C format (clang-format)', () => node(join('scripts', 'format.mjs'), '--check')],
  ['C warnings are errors (gcc)', () => node(join('scripts', 'native_tests.mjs'), '--build')],
  ['dependency directions', () => {
    const found = violations(projectRoot)
    for (const sentence of found) { process.stderr.write(`error: ${sentence}\n`) }
    return found.length === 0
  }],
]

try {
  await setup({ for: 'test', quiet: true })
  const failed = checks.filter(([name, run]) => {
    const began = performance.now()
    const good = run()
    process.stdout.write(`${good ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`)
    return !good
  })
  process.stdout.write(failed.length === 0 ? 'check: all good\n' : `check: ${failed.length} of ${checks.length} failed\n`)
  process.exitCode = failed.length === 0 ? 0 : 1
} catch (error) {
  process.stderr.write(error instanceof SetupError ? `error: ${error.message}\n` : `${error.stack}\n`)
  process.exitCode = 1
}
