// Formats our C in place; with `--check` names each file that clang-format would change.

import { spawnSync } from 'node:child_process'
import { join, relative } from 'node:path'
import { filesUnder } from './lib/hash.mjs'
import { projectRoot } from './setup.mjs'

const native = join(projectRoot, 'native')
const outside = ['third_party', 'patches'].map((name) => join(native, name))
const files = filesUnder(native, { skip: (folder) => outside.includes(folder) })
  .filter((file) => /\.[ch]$/.test(file) && !/\.gen\.[ch]$/.test(file))

const check = process.argv.includes('--check')
const arch = { linux: 'linux_x64', darwin: 'darwin_x64' }[process.platform]
const bundled = join(projectRoot, 'node_modules', 'clang-format', 'bin', arch ?? '', 'clang-format')
const mode = check ? ['--dry-run', '--Werror', '--ferror-limit=1'] : ['-i']
const { status, error } = spawnSync(bundled, [...mode, ...files.map((file) => relative(projectRoot, file))], {
  cwd: projectRoot,
  stdio: 'inherit',
})
if (error) { process.stderr.write(`error: cannot run clang-format: ${error.message}. Run: npm ci\n`) }
if (check && status !== 0) { process.stderr.write('error: some C is not formatted. Run: npm run format\n') }
process.exitCode = status ?? 1
