/** What the README says can be done is done here, as it stands there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'

const root = new URL('../..', import.meta.url).pathname
const readme = readFileSync(join(root, 'README.md'), 'utf8')

const blocks = (language: string): string[] => [...readme.matchAll(/```([^\n]*)\n([^]*?)```/g)]
  .filter(([, info]) => info === language).map(([, , text]) => text!)

/** `npm test` is what runs this. */
const commands = blocks('sh').flatMap((block) => block.trim().split('\n')).filter((command) => command !== 'npm test')

async function run(command: string, args: readonly string[]): Promise<{ code: number | null, output: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) { stream.on('data', (chunk: Buffer) => { output += chunk.toString() }) }
  const [code] = await once(child, 'close') as [number | null]
  return { code, output }
}

describe('README', () => {
  test.each(commands)('%s', { timeout: 120_000 }, async (line) => {
    const [command, ...args] = line.split(' ')
    const { code, output } = await run(command!, args)
    expect(code, output).toBe(0)
  })

  test('its app compiles for its board', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tinytwin-readme-'))
    writeFileSync(join(folder, 'index.ts'), blocks('ts app')[0]!)
    const { wasm } = await buildApp({ app: folder, board: loadBoard('coffee-rev-a') })
    expect(WebAssembly.validate(Uint8Array.from(wasm))).toBe(true)
    rmSync(folder, { recursive: true })
  })

  const folder = join(root, 'test/readme-example')
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('its test passes', { timeout: 120_000 }, async () => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'example.test.ts'), blocks('ts test')[0]!)
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const { code, output } = await run(process.execPath, [vitest, 'run', 'test/readme-example'])
    expect(code, output).toBe(0)
    expect(output).toContain('2 passed')
  })
})
