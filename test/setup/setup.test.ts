import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { progress } from '../../scripts/lib/progress.mjs'
import { setup } from '../../scripts/setup.mjs'
import { libEntry, put, scratch, tarball } from './checkout.js'

const repository = new URL('../..', import.meta.url).pathname

/** A checkout with one third-party source and one TypeScript file, and the real compiler. */
function checkout() {
  const root = scratch()
  const hash = tarball(join(root, 'tarballs/lib.tgz'), { 'a.c': 'one\n', 'b.c': 'two\n' })
  put(root, 'native/third_party.json', JSON.stringify([libEntry(hash)]))
  put(root, 'src/one.ts', 'export const one: number = 1\n')
  put(root, 'tsconfig.json', JSON.stringify({ compilerOptions: { rootDir: 'src', outDir: 'build/host' }, include: ['src'] }))
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
  return root
}

/** Runs set-up and returns what it said. */
async function said(root: string, options: object = {}): Promise<string> {
  const lines: string[] = []
  const before = process.env.TINYTWIN_SOURCES
  process.env.TINYTWIN_SOURCES = join(root, 'tarballs')
  try {
    await setup({ for: 'start', root, report: progress((line) => { lines.push(line) }), ...options })
  } finally {
    if (before === undefined) { delete process.env.TINYTWIN_SOURCES } else { process.env.TINYTWIN_SOURCES = before }
  }
  return lines.join('')
}

describe('set-up', () => {
  test('says each long step and how long it took, then on the second run that all is current', async () => {
    const root = checkout()
    const first = await said(root)
    expect(first).toMatch(/set-up: lib 1\.0 \(Debian source package lib\): done in \d/)
    expect(first).toMatch(/set-up: host TypeScript: done in \d/)
    expect(existsSync(join(root, 'build/host/one.js'))).toBe(true)
    expect(await said(root)).toMatch(/^set-up: everything is current \(0\.\d\d s\)\n$/)
    expect(await said(root, { quiet: true })).toBe('')
  })

  test('does again what was interrupted, and nothing else', async () => {
    const root = checkout()
    await said(root)
    rmSync(join(root, 'native/third_party/lib/.stamp'))
    const again = await said(root)
    expect(again).toContain('lib 1.0')
    expect(again).not.toContain('host TypeScript')
  })

  test('compiles again when a source file changed, and removes the output of one that is gone', async () => {
    const root = checkout()
    await said(root)
    renameSync(join(root, 'src/one.ts'), join(root, 'src/two.ts'))
    expect(await said(root)).toContain('host TypeScript')
    expect(existsSync(join(root, 'build/host/two.js'))).toBe(true)
    expect(existsSync(join(root, 'build/host/one.js'))).toBe(false)
  })

  test('shows the compiler\'s words when TypeScript does not compile, and tries again next time', async () => {
    const root = checkout()
    put(root, 'src/one.ts', 'export const one: number = "1"\n')
    await expect(said(root)).rejects.toThrow(/src\/one\.ts[^]*not assignable to type 'number'/)
    await expect(said(root)).rejects.toThrow('src/one.ts')
  })

  test('may run twice at once', async () => {
    const root = checkout()
    const [first, second] = await Promise.all([said(root), said(root)])
    expect(`${first}${second}`.match(/lib 1\.0 .*: done/g)).toHaveLength(1)
    expect(readFileSync(join(root, 'native/third_party/lib/a.c'), 'utf8')).toBe('one\n')
  })
})

const command = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/setup.mjs', ...args], { cwd: repository, encoding: 'utf8' })

describe('the command', () => {
  test('refuses a purpose it does not know with one sentence', () => {
    const { status, stdout, stderr } = command('--for', 'fun')
    expect({ status, stdout, stderr }).toEqual({ status: 1, stdout: '', stderr: "error: --for fun: give 'start' or 'test'\n" })
  })

  test('refuses an option it does not know with one sentence', () => {
    const { status, stderr } = command('--frobnicate')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^error: Unknown option '--frobnicate'/)
    expect(stderr).not.toContain('    at ')
  })

  test('in a checkout without tools names the command that installs them', () => {
    const root = checkout()
    const script = `import(${JSON.stringify(join(repository, 'scripts/setup.mjs'))}).then(({ setup }) => ` +
      `setup({ for: 'start', root: ${JSON.stringify(root)} })).catch((error) => { console.error(error.name, error.message); process.exitCode = 1 })`
    const { status, stderr } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', env: { PATH: root } })
    expect(status).toBe(1)
    expect(stderr).toContain('SetupError missing tools: cmake, make, gcc, g++, tar, gzip, bzip2, patch.')
  })
})
