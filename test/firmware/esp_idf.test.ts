// The ESP-IDF port, as far as it can be had without Espressif's tools: compiled by the compilers of both of their
// architectures against declarations of ours, its project put together, its symbols renamed.

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildEspFirmware, howToInstall } from '../../src/firmware/index.js'
import { firmwareTables } from '../../src/firmware/tables.js'

const root = new URL('../..', import.meta.url).pathname
const declarations = join(root, 'test/firmware/esp_idf')
/** Debian's compiler for Xtensa has no C library: picolibc's headers do for both. */
const libc = '/usr/lib/picolibc/riscv64-unknown-elf/include'
const boards = [
  ['esp32-devkitc', 'xtensa-lx106-elf-gcc', ['-isystem', libc], 0],
  ['esp32-s3-devkitc', 'xtensa-lx106-elf-gcc', ['-isystem', libc], 1],
  ['esp32-c3-devkitm', 'riscv64-unknown-elf-gcc', ['-march=rv32imc', '-mabi=ilp32', '--specs=picolibc.specs'], 1],
  ['esp32-c6-devkitc', 'riscv64-unknown-elf-gcc', ['-march=rv32imac', '-mabi=ilp32', '--specs=picolibc.specs'], 1],
] as const
const install = howToInstall(['riscv64-unknown-elf-gcc', 'xtensa-lx106-elf-gcc', 'cmake', 'make'])
const unless = install === undefined ? '' : ` (needs: ${install})`

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-esp-')) })
afterAll(() => rmSync(folder, { recursive: true }))

function writeTables(name: string): string {
  const tables = join(folder, name)
  mkdirSync(tables, { recursive: true })
  for (const [file, content] of Object.entries(firmwareTables(loadBoard(name)))) writeFileSync(join(tables, file), content)
  return tables
}

const sources = [
  ...readdirSync(join(root, 'native/port/esp_idf')).filter((file) => file.endsWith('.c')).map((file) => `port/esp_idf/${file}`),
  'port/sockets/sockets.c', 'main/esp_idf.c',
]

describe.skipIf(install !== undefined)(`the ESP-IDF port${unless}`, () => {
  test.each(boards)('compiles without a warning for %s with %s', (name, compiler, flags, curves) => {
    const tables = writeTables(name)
    for (const source of sources) {
      const { status, stderr } = spawnSync(compiler, [
        ...flags, '-std=gnu17', '-Os', '-Wall', '-Wextra', '-Werror', '-c', '-o', join(folder, 'object.o'),
        `-DADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED=${curves}`, '-DTT_APP_STACK_BYTES=6144', '-DTT_LINK_STACK_BYTES=8192',
        `-I${join(root, 'native')}`, `-I${tables}`, `-I${declarations}`, join(root, 'native', source),
      ], { encoding: 'utf8' })
      expect(status, `${source}\n${stderr}`).toBe(0)
    }
  })

  test('renames the symbols of its mbedTLS, so that ESP-IDF may have another one', () => {
    const project = join(folder, 'symbols')
    mkdirSync(project)
    writeFileSync(join(project, 'library.c'), 'int mbedtls_state; int mbedtls_answer(void) { return 42 + mbedtls_state; }')
    writeFileSync(join(project, 'user.c'), 'int mbedtls_answer(void); int printf(const char *, ...); int tt_use(void) { return printf("%d", mbedtls_answer()); }')
    writeFileSync(join(project, 'CMakeLists.txt'), [
      'cmake_minimum_required(VERSION 3.18)', 'project(symbols C)',
      'add_library(library STATIC library.c)', 'add_library(user STATIC user.c)', 'target_link_libraries(user PRIVATE library)',
      `include(${join(root, 'native/main/esp_idf/symbols.cmake')})`, 'tt_rename_symbols(library user)', '',
    ].join('\n'))
    const cross = ['-DCMAKE_SYSTEM_NAME=Generic', '-DCMAKE_C_COMPILER=riscv64-unknown-elf-gcc', '-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY']
    execFileSync('cmake', ['-S', project, '-B', join(project, 'build'), '-G', 'Unix Makefiles', ...cross], { stdio: 'pipe' })
    execFileSync('cmake', ['--build', join(project, 'build')], { stdio: 'pipe' })
    const symbols = (library: string) => execFileSync('riscv64-unknown-elf-nm', ['-P', join(project, 'build', `lib${library}.a`)], { encoding: 'utf8' })
      .split('\n').filter((line) => / [A-Z] /.test(`${line} `)).map((line) => line.split(' ').slice(0, 2).join(' ')).sort()
    expect(symbols('library')).toEqual(['tt_mbedtls_answer T', expect.stringMatching(/^tt_mbedtls_state [BSC]$/)])
    expect(symbols('user')).toEqual(['printf U', 'tt_mbedtls_answer U', 'tt_use T'])
  })
})

test('each declaration says which header of ESP-IDF it mirrors', () => {
  const headers = readdirSync(declarations, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.h'))
  expect(headers.length).toBeGreaterThan(20)
  for (const header of headers) expect(readFileSync(join(declarations, header), 'utf8'), header).toMatch(/^\/\/ Mirrors /)
})

describe('the build of an ESP32 firmware', () => {
  const fakeIdf = (script: string): string => {
    const path = mkdtempSync(join(folder, 'idf-'))
    mkdirSync(join(path, 'tools'))
    writeFileSync(join(path, 'tools', 'idf.py'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(path, 'tools', 'idf.py'), 0o755)
    return path
  }

  test('says what to install where ESP-IDF is not there', async () => {
    await expect(buildEspFirmware({ board: 'esp32-c3-devkitm', app: 'blink', environment: {} })).rejects.toThrow(/Install ESP-IDF 5\.3 or newer, then run: \. \S+export\.sh$/)
    await expect(buildEspFirmware({ board: 'esp32-c3-devkitm', app: 'blink', environment: { IDF_PATH: '/nowhere' } })).rejects.toThrow(/IDF_PATH is \/nowhere, which has no tools\/idf\.py/)
  })

  test('has ESP-IDF build our project with target, tables and partitions of the board', async () => {
    const idf = fakeIdf('echo "$@" > "$IDF_PATH/arguments"')
    const built = await buildEspFirmware({ board: 'esp32-c3-devkitm', app: 'blink', environment: { ...process.env, IDF_PATH: idf } })
    const said = readFileSync(join(idf, 'arguments'), 'utf8')
    expect(said).toContain('-DIDF_TARGET=esp32c3')
    expect(said).toMatch(/ build\n$/)
    const tables = /-DTT_GENERATED=(\S+)/.exec(said)![1]!
    expect(readFileSync(join(tables, 'partitions.csv'), 'utf8')).toContain('settings, data, 0x46, 0xc000, 0x2000')
    expect(readFileSync(join(tables, 'sdkconfig.board'), 'utf8')).toContain('CONFIG_ESPTOOLPY_FLASHSIZE_4MB=y')
    expect(existsSync(join(tables, 'build_time.gen.h'))).toBe(true)
    expect(built.files.map(({ offset }) => offset)).toEqual([0, 32 * 1024, 64 * 1024])
  })

  test('tells the first error of ESP-IDF and where the rest is', async () => {
    const idf = fakeIdf('echo "main.c:1: error: no such thing" >&2; exit 2')
    await expect(buildEspFirmware({ board: 'esp32-c3-devkitm', app: 'blink', environment: { ...process.env, IDF_PATH: idf } })).rejects.toThrow(/main\.c:1: error: no such thing\. See build\/firmware\/esp32-c3-devkitm\/build\.log$/)
  })
})
