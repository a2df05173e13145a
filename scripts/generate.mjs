// Writes every generated file anew from its description; `--check` only says which differ.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot, setup } from './setup.mjs'

await setup({ for: 'test', quiet: true, only: 'npm' })
await setup({ for: 'test', quiet: true, only: 'host' })
for (const subject of ['abi', 'board', 'build']) {
  const generator = join(projectRoot, 'build', 'host', subject, 'generate.js')
  const { status } = spawnSync(process.execPath, [generator, ...process.argv.slice(2)], { stdio: 'inherit' })
  if (status !== 0) { process.exitCode = status ?? 1 }
}
