// `npm run bench`: set-up, then the measurements of src/bench.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SetupError, projectRoot, setup } from './setup.mjs'

try {
  await setup({ for: 'start', quiet: true })
  const { main } = await import(pathToFileURL(join(projectRoot, 'build', 'host', 'bench', 'main.js')).href)
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(error instanceof SetupError ? `error: ${error.message}\n` : `${error.stack}\n`)
  process.exitCode = 1
}
