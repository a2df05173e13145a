// `npm run fuzz`: millions of hostile cases instead of the few that `npm test` has time for: frames for the hub, and with
// --device all that a device reads from network and flash, by libFuzzer under AddressSanitizer and UndefinedBehaviorSanitizer.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildNativeTests, nativeTree } from './native_tests.mjs'
import { SetupError, projectRoot, setup } from './setup.mjs'

const usage = `Usage: npm run fuzz -- [--frames 5000000]
       npm run fuzz -- --device [--cases 10000000] [--only TARGET] [--seed 1]

Mutated MQTT packets, AMQP frames and HTTP requests against the hub in memory; about two minutes a million.
With --device every parser of the device that reads from network or flash, from the corpus in native/fuzz/corpus on;
needs clang. What was found is kept in build/fuzz, and a target that finds something ends the run with exit code 1.
`
/** Of the frames; HTTP's take longest. */
const shares = { FUZZ_MQTT: 0.7, FUZZ_AMQP: 0.25, FUZZ_HTTP: 0.05 }
const files = ['test/hub/fuzz.test.ts', 'test/hub/amqp/hostile.test.ts', 'test/hub/http/fuzz.test.ts']
/** Whole connections and whole guests take a hundred times as long as one text. */
const slow = new Set(['guest', 'hub', 'upload'])
const weight = (target) => slow.has(target) ? 0.05 : 1

const count = (name, text, least) => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least) throw new SetupError(`--${name}: '${text}' is not a whole number from ${least}`)
  return value
}

/** The exit code. */
function fuzzHub(frames) {
  const counts = Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, String(Math.ceil(frames * share))]))
  const vitest = join(projectRoot, 'node_modules', 'vitest', 'vitest.mjs')
  return spawnSync(process.execPath, [vitest, 'run', '--reporter=verbose', '-t', 'mutated (frames|requests)', ...files], {
    cwd: projectRoot, stdio: 'inherit', env: { ...process.env, ...counts },
  }).status ?? 1
}

/** The exit code. */
async function fuzzDevice(cases, only, seed) {
  await buildNativeTests()
  const tree = nativeTree('native-fuzz')
  if (!existsSync(tree)) throw new SetupError('the fuzz targets need clang. Run: apt-get install -y clang libclang-rt-14-dev')
  const targets = readdirSync(join(projectRoot, 'native', 'fuzz')).filter((file) => file.endsWith('.c')).map((file) => basename(file, '.c'))
  const chosen = targets.filter((target) => only === undefined || target === only)
  if (chosen.length === 0) throw new SetupError(`--only: there is no target '${only}' (targets: ${targets.join(', ')})`)
  const weights = chosen.reduce((sum, target) => sum + weight(target), 0)
  let all = 0
  for (const target of chosen) {
    const runs = Math.ceil(cases * weight(target) / weights)
    const began = performance.now()
    all += runTarget(tree, target, runs, seed)
    process.stdout.write(`${target.padEnd(12)} ${runs.toLocaleString('en').padStart(12)} cases in ${((performance.now() - began) / 1000).toFixed(0)} s: nothing found\n`)
  }
  process.stdout.write(`${chosen.length} parsers, ${all.toLocaleString('en')} cases: nothing found\n`)
  return 0
}

/** Cases run; throws when one of them was a finding. New inputs stay out of the corpus: it is chosen by hand. */
function runTarget(tree, target, runs, seed) {
  const corpus = join(projectRoot, 'native', 'fuzz', 'corpus', target)
  const found = join(projectRoot, 'build', 'fuzz', target)
  mkdirSync(dirname(found), { recursive: true })
  const scratch = mkdtempSync(join(tmpdir(), `tinytwin-fuzz-${target}-`))
  try {
    const { status, stderr } = spawnSync(join(tree, `fuzz_${target}`),
      [`-runs=${runs}`, `-seed=${seed}`, '-print_final_stats=1', `-artifact_prefix=${found}-`, scratch, ...(existsSync(corpus) ? [corpus] : [])],
      { cwd: projectRoot, encoding: 'utf8', maxBuffer: 2 ** 28 })
    const done = Number(/stat::number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? 0)
    if (status !== 0) throw new SetupError(`fuzz_${target} found something after ${done} cases; its input is ${found}-*\n${stderr.slice(-4000)}`)
    return done
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

try {
  const { values } = parseArgs({
    options: {
      frames: { type: 'string', default: '5000000' }, device: { type: 'boolean' }, cases: { type: 'string', default: '10000000' },
      only: { type: 'string' }, seed: { type: 'string', default: '1' }, help: { type: 'boolean' },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
  } else {
    const frames = count('frames', values.frames, 1000)
    const cases = count('cases', values.cases, 1000)
    const seed = count('seed', values.seed, 1)
    await setup({ for: 'test', quiet: true })
    process.exitCode = values.device ? await fuzzDevice(cases, values.only, seed) : fuzzHub(frames)
  }
} catch (error) {
  process.stderr.write(error instanceof SetupError || error.code?.startsWith('ERR_PARSE_ARGS') ? `error: ${error.message}\n` : `${error.stack}\n`)
  process.exitCode = 1
}
