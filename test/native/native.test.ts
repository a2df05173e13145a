/** Runs the C test programs and a short round of every fuzz target; what they check stands in native/test and native/fuzz. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname
const names = (folder: string) => readdirSync(join(root, folder)).filter((file) => file.endsWith('.c')).map((file) => basename(file, '.c'))
const sanitizers = { ASAN_OPTIONS: 'detect_leaks=1', UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1' }

describe('C under AddressSanitizer and UndefinedBehaviorSanitizer', () => {
  test.each(names('native/test'))('native/test/%s.c passes', (name) => {
    const program = join(root, 'build/native-test', `test_${name.replace(/^test_/, '')}`)
    const { status, stdout, stderr } = spawnSync(program, [], { cwd: root, encoding: 'utf8', env: { ...process.env, ...sanitizers } })
    expect(status, `${program}\n${stdout}\n${stderr}`).toBe(0)
  })
})

const fuzzTree = join(root, 'build/native-fuzz')
const withClang = existsSync(fuzzTree)

describe('libFuzzer', () => {
  test.skipIf(!withClang).each(names('native/fuzz'))(`native/fuzz/%s.c finds nothing in a short run${withClang ? '' : ' (needs: apt-get install -y clang libclang-rt-14-dev)'}`, (name) => {
    const target = name.replace(/^fuzz_/, '')
    const corpus = join(root, 'native/fuzz/corpus', target)
    const scratch = mkdtempSync(join(tmpdir(), `tinytwin-fuzz-${target}-`))
    const args = ['-max_total_time=5', '-seed=7', `-artifact_prefix=${scratch}/`, scratch, ...(existsSync(corpus) ? [corpus] : [])]
    const { status, stderr } = spawnSync(join(fuzzTree, `fuzz_${target}`), args, { cwd: root, encoding: 'utf8' })
    expect(status, stderr.slice(-4000)).toBe(0)
    expect(Number(/stat::number_of_executed_units: (\d+)|Done (\d+) runs/.exec(stderr)?.slice(1).find(Boolean))).toBeGreaterThan(1000)
  })
})
