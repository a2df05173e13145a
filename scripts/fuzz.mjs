// `npm run fuzz`: the hub's fuzz tests with millions of frames instead of the few that `npm test` has time for.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SetupError, projectRoot, setup } from './setup.mjs'

const usage = 'Usage: npm run fuzz -- [--frames 5000000]\n\nMutated MQTT packets, AMQP frames and HTTP requests against the hub in memory; about two minutes a million.\n'
/** Of the frames; HTTP's take longest. */
const shares = { FUZZ_MQTT: 0.7, FUZZ_AMQP: 0.25, FUZZ_HTTP: 0.05 }
const files = ['test/hub/fuzz.test.ts', 'test/hub/amqp/hostile.test.ts', 'test/hub/http/fuzz.test.ts']

try {
  const { values } = parseArgs({ options: { frames: { type: 'string', default: '5000000' }, help: { type: 'boolean' } } })
  const frames = Number(values.frames)
  if (values.help) {
    process.stdout.write(usage)
  } else if (!Number.isSafeInteger(frames) || frames < 1000) {
    throw new SetupError(`--frames: '${values.frames}' is not a whole number from 1000`)
  } else {
    await setup({ for: 'test', quiet: true })
    const counts = Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, String(Math.ceil(frames * share))]))
    const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs')
    const { status } = spawnSync(process.execPath, [vitest, 'run', '--reporter=verbose', '-t', 'mutated (frames|requests)', ...files], {
      cwd: projectRoot, stdio: 'inherit', env: { ...process.env, ...counts },
    })
    process.exitCode = status ?? 1
  }
} catch (error) {
  process.stderr.write(error instanceof SetupError || error.code?.startsWith('ERR_PARSE_ARGS') ? `error: ${error.message}\n` : `${error.stack}\n`)
  process.exitCode = 1
}
