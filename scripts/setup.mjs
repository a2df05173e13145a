// Makes a fresh clone ready to start or to test: dependencies, third-party C sources, compiled host and addon.
// Knows nothing of what is run afterwards.

import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as compile from './lib/compile.mjs'
import { SetupError } from './lib/error.mjs'
import { withLock } from './lib/lock.mjs'
import { installNpm, npmIsCurrent } from './lib/npm.mjs'
import { progress } from './lib/progress.mjs'
import { installSource, readThirdParty, sourceIsCurrent } from './lib/sources.mjs'
import { requireTools } from './lib/tools.mjs'

export { SetupError } from './lib/error.mjs'

/** The checkout this file is in. */
export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)))

/** The compiled Node addon, after `setup`. */
export function addonPath(root = projectRoot) {
  return compile.addonPath(root)
}

/**
 * Brings the checkout up to date for `start` or `test` (which adds the development dependencies).
 * What is current is skipped; `quiet` says nothing when everything is. Throws SetupError with what to do.
 * `only` names one stage: npm, sources, addon, host, or one that runs only then: firmware, the sources of cross builds, and svd, chip descriptions for a test.
 * @param {{ for: 'start' | 'test', quiet?: boolean, root?: string, report?: ReturnType<typeof progress>, only?: string }} options
 */
export async function setup({ for: purpose, quiet = false, root = projectRoot, report = progress(), only }) {
  const began = performance.now()
  const stages = stagesOf(root, purpose, report).filter(({ name, asked }) => only === undefined ? asked !== true : name === only)
  const pending = () => stages.filter((stage) => !stage.current())
  if (pending().length > 0) {
    requireTools()
    await withLock(join(root, 'build', 'setup', 'lock'), async () => {
      // Asked again one by one: a set-up that was waited for may have done the work, and one stage changes the next.
      for (const stage of stages) {
        if (!stage.current()) await stage.run()
      }
    }, { waiting: (pid) => report.say(`waiting for another set-up (process ${pid})`) })
  } else if (!quiet) {
    report.say(`everything is current (${((performance.now() - began) / 1000).toFixed(2)} s)`)
  }
}

function stagesOf(root, purpose, report) {
  const log = (name) => join(root, 'build', 'setup', 'log', `${name}.log`)
  const sources = readThirdParty(root).map((entry) => ({
    name: entry.for ?? 'sources',
    asked: entry.for !== undefined, // only when it is
    current: () => sourceIsCurrent(root, entry),
    run: () => report.step(`${entry.name} ${entry.version} (${whence(entry.source)})`, () => installSource(root, entry)),
  }))
  return [
    {
      name: 'npm',
      current: () => npmIsCurrent(root, purpose),
      run: () => report.step(`npm dependencies for ${purpose} (half a minute or so)`, () => installNpm(root, purpose, log('npm'))),
    },
    ...sources,
    {
      name: 'addon',
      current: () => compile.addonIsCurrent(root),
      run: () => report.step('native addon (C compiler, about 20 s the first time)', () => compile.compileAddon(root, log('addon'))),
    },
    {
      name: 'host',
      current: () => compile.hostIsCurrent(root),
      run: () => report.step('host TypeScript', () => compile.compileHost(root, log('host'))),
    },
  ]
}

function whence(source) {
  if (source.kind === 'npm') return `npm package ${source.package}`
  return source.kind === 'debian-package' ? `Debian package ${source.package}` : `Debian source package ${source.source}`
}

async function main() {
  const { values } = parseArgs({
    options: { for: { type: 'string', default: 'test' }, quiet: { type: 'boolean' }, only: { type: 'string' } },
  })
  if (values.for !== 'start' && values.for !== 'test') {
    throw new SetupError(`--for ${values.for}: give 'start' or 'test'`)
  }
  await setup(values)
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main()
  } catch (error) {
    const known = error instanceof SetupError || error.code?.startsWith('ERR_PARSE_ARGS')
    process.stderr.write(known ? `error: ${error.message}\n` : `${error.stack}\n`)
    process.exitCode = 1
  }
}
