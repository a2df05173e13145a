// Writes every generated file anew from its description; `--check` only says which differ.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot, setup } from './setup.mjs'

await setup({ for: 'test', quiet: true, only: 'npm' })
await setup({ for: 'test', quiet: true, only: 'host' })
const generator = join(projectRoot, 'build', 'host', 'abi', 'generate.js')
process.exitCode = spawnSync(process.execPath, [generator, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1
