// `npm test`: set-up, the C test programs and fuzz targets built with sanitizers, then vitest, which runs them all.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildNativeTests } from './native_tests.mjs'
import { SetupError, projectRoot, setup } from './setup.mjs'

try {
  await setup({ for: 'test' })
  await buildNativeTests()
  const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs')
  const args = ['run', ...process.argv.slice(2)]
  process.exitCode = spawnSync(process.execPath, [vitest, ...args], { cwd: projectRoot, stdio: 'inherit' }).status ?? 1
} catch (error) {
  process.stderr.write(error instanceof SetupError ? `error: ${error.message}\n` : `${error.stack}\n`)
  process.exitCode = 1
}
