/** What of the lwIP port runs on this computer: its clock, over a network that the test is. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = new URL('../..', import.meta.url).pathname

function succeed(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8' })
  expect(status, `${program}\n${stdout}\n${stderr}`).toBe(0)
  return stdout
}

test('native/test/lwip/sntp.c passes, with lwIP as the firmware has it', () => {
  succeed(process.execPath, ['scripts/setup.mjs', '--only', 'firmware', '--quiet'])
  const modules = /set\(lwip_modules([^)]*)\)/.exec(readFileSync(join(root, 'native/port/lwip/network.cmake'), 'utf8'))![1]!.trim().split(/\s+/)
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-lwip-'))
  try {
    const program = join(folder, 'sntp')
    succeed('gcc', [
      '-std=gnu11', '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-DMEM_ALIGNMENT=8', '-Inative/port/lwip', '-include', 'sys/types.h', '-isystem', 'native/third_party/lwip/src/include',
      'native/test/lwip/sntp.c', 'native/port/lwip/sntp.c', 'native/port/lwip/network.c', 'native/port/lwip/stream.c',
      ...modules.map((module) => `native/third_party/lwip/src/${module}.c`), '-o', program,
    ])
    succeed(program, [])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
