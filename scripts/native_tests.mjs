// Builds the C test programs (gcc) and the fuzz targets (clang) with AddressSanitizer and UndefinedBehaviorSanitizer,
// and the program of two threads once more with ThreadSanitizer.

import { spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupError } from './lib/error.mjs'
import { progress } from './lib/progress.mjs'
import { run } from './lib/run.mjs'
import { projectRoot, setup } from './setup.mjs'

const trees = [
  { name: 'native-test', compiler: 'gcc', target: 'tests', sanitizer: 'TT_SANITIZE', required: true },
  { name: 'native-tsan', compiler: 'gcc', target: 'tinytwin-posix', sanitizer: 'TT_SANITIZE_THREADS', required: true },
  { name: 'native-fuzz', compiler: 'clang', target: 'fuzzers', sanitizer: 'TT_SANITIZE', required: false },
]

/** Where the programs of a tree are; `native-fuzz` is absent where clang is. */
export const nativeTree = (name) => join(projectRoot, 'build', name)

export async function buildNativeTests(report = progress()) {
  for (const { name, compiler, target, sanitizer, required } of trees) {
    if (spawnSync(compiler, ['--version']).error) {
      if (required) { throw new SetupError(`${compiler} is missing. Run: apt-get install -y ${compiler}`) }
      report.say(`no ${compiler}, so the fuzz targets are skipped; apt-get install -y clang libclang-rt-14-dev brings them`)
      continue
    }
    const log = (step) => join(projectRoot, 'build', 'setup', 'log', `${name}-${step}.log`)
    const tree = nativeTree(name)
    const configure = ['-S', 'native', '-B', tree, `-D${sanitizer}=ON`, `-DCMAKE_C_COMPILER=${compiler}`]
    await report.step(`C programs of ${name} (${compiler}, sanitizers)`, async () => {
      await run('cmake', configure, { cwd: projectRoot, log: log('configure') })
      await run('cmake', ['--build', tree, '--target', target, '-j', '2'], { cwd: projectRoot, log: log('build') })
    })
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await setup({ for: 'test', quiet: true })
    await buildNativeTests()
  } catch (error) {
    process.stderr.write(error instanceof SetupError ? `error: ${error.message}\n` : `${error.stack}\n`)
    process.exitCode = 1
  }
}
