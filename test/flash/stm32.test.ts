/** An STM32 is written by the program its board names and the computer has; here stand-ins for them that keep what they were told. */

import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'
import { appContent, buildTools, howToInstall, settingsContent } from '../../src/firmware/index.js'
import { elfParts } from '../../src/flash/elf.js'
import { jsonLines, tinytwin, type Outcome } from '../cli/fake.js'

let folder: string
let path: string | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tinytwin-stm32-'))
  path = process.env['PATH']
})
afterEach(() => {
  process.env['PATH'] = path
  rmSync(folder, { recursive: true })
})

/** From now on the computer has these programs; each is known to write STM32s, and no other of them is there. */
function install(...programs: string[]): void {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  for (const program of programs) {
    writeFileSync(join(folder, 'bin', program), `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, 'fake_tool.mjs')}' '${folder}' ${program} "$@"\n`)
    chmodSync(join(folder, 'bin', program), 0o755)
  }
  process.env['PATH'] = `${join(folder, 'bin')}:${path}`
}

/** A board of one file that names its programs. */
function boardWith(...tools: string[]): string {
  mkdirSync(join(folder, 'mine'), { recursive: true })
  writeFileSync(join(folder, 'mine', 'board.json'), JSON.stringify({ name: 'mine', extends: 'nucleo-f429zi', flash: { tools } }))
  return join(folder, 'mine')
}

const commands = (): string[] => readFileSync(join(folder, 'commands'), 'utf8').trimEnd().split('\n')
const flashed = (offset: number, bytes: number): Buffer => readFileSync(join(folder, 'flash.bin')).subarray(offset, offset + bytes)
const appOnly = (board: string, ...words: string[]): Promise<Outcome> => tinytwin('flash', 'coffee-machine', '--board', board, '--app-only', '--no-monitor', ...words)

async function app(slot: number, sequence: number): Promise<Buffer> {
  const { wasm } = await buildApp({ app: 'coffee-machine', board: 'nucleo-f429zi' })
  return Buffer.from(appContent(loadBoard('nucleo-f429zi'), wasm, { slot, sequence }).bytes)
}

test.each([
  ['st-flash', [], [
    'st-flash read read.bin 0x080c0000 0x30',
    'st-flash read read.bin 0x080e0000 0x30',
    'st-flash --reset write 0.bin 0x080c0000',
  ]],
  ['openocd', [], [
    'openocd -f board/st_nucleo_f4.cfg -c init -c "reset halt" -c "dump_image read.bin 0x080c0000 48" -c exit',
    'openocd -f board/st_nucleo_f4.cfg -c init -c "reset halt" -c "dump_image read.bin 0x080e0000 48" -c exit',
    'openocd -f board/st_nucleo_f4.cfg -c "program 0.bin 0x080c0000 verify" -c "reset run" -c exit',
  ]],
  ['dfu-util', [], [
    'dfu-util -d 0483:df11 -a 0 -s 0x080c0000:48 -U read.bin',
    'dfu-util -d 0483:df11 -a 0 -s 0x080e0000:48 -U read.bin',
    'dfu-util -d 0483:df11 -a 0 -s 0x080c0000:leave -D 0.bin',
  ]],
  ['stm32flash', ['--port', '/dev/ttyS7'], [
    'stm32flash -r read.bin -S 0x080c0000:48 /dev/ttyS7',
    'stm32flash -r read.bin -S 0x080e0000:48 /dev/ttyS7',
    'stm32flash -w 0.bin -v -S 0x080c0000 -g 0x08000000 /dev/ttyS7',
  ]],
] as const)('%s gets the right command lines, and the app arrives in the first slot', async (tool, words, lines) => {
  install(tool)
  expect(await appOnly(boardWith(tool), ...words)).toMatchObject({ code: 0 })
  expect(commands()).toEqual(lines)
  const expected = await app(0, 1)
  expect(flashed(0xc0000, expected.length).equals(expected)).toBe(true)
})

test('the slots take turns, and --undo erases the newer header only', async () => {
  install('st-flash')
  const board = boardWith('st-flash')
  await appOnly(board)
  const second = await appOnly(board, '--json')
  expect(jsonLines(second.out).at(-1)).toMatchObject({ type: 'flash', slot: 'wasm1', kept: 'wasm0' })
  const expected = await app(1, 2)
  expect(flashed(0xe0000, expected.length).equals(expected)).toBe(true)
  expect((await tinytwin('flash', '--undo', '--board', board, '--no-monitor')).out).toContain('the device starts the app in wasm0 again')
  expect(flashed(0xe0000, 64).every((byte) => byte === 0xff)).toBe(true)
  expect(flashed(0xc0000, expected.length).equals(await app(0, 1))).toBe(true)
})

test('of the programs a board names the first that is here is taken', async () => {
  install('dfu-util', 'openocd')
  await appOnly(boardWith('st-flash', 'openocd', 'dfu-util'))
  expect(commands().every((line) => line.startsWith('openocd '))).toBe(true)
})

test('without any of them the packages are named', async () => {
  install()
  process.env['PATH'] = join(folder, 'bin')
  const { code, err } = await appOnly('nucleo-f429zi')
  expect({ code, err }).toEqual({ code: 1, err: `error: none of the programs that write board 'nucleo-f429zi' is here (st-flash, openocd). Install one: apt-get install -y stlink-tools; or apt-get install -y openocd\n` })
})

test('a program that fails is quoted, with what is in the device', async () => {
  install('st-flash')
  const board = boardWith('st-flash')
  await appOnly(board)
  writeFileSync(join(folder, 'fail'), 'Couldn\'t find any ST-Link devices\n')
  const { code, err } = await appOnly(board)
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`error: st-flash ended with 1. It said last: Couldn't find any ST-Link devices`) })
})

test('credentials go through a file of their owner\'s that is gone afterwards, and are printed nowhere', async () => {
  install('st-flash')
  const env = join(folder, 'env')
  writeFileSync(env, 'TINYTWIN_CONNECTION=HostName=h;DeviceId=d;SharedAccessKey=U0VDUkVU\n', { mode: 0o600 })
  const before = new Set(scratch())
  const { code, out, err } = await tinytwin('flash', '--settings', '--board', boardWith('st-flash'), '--env', env, '--no-monitor')
  expect(code).toBe(0)
  const { bytes } = settingsContent(loadBoard('nucleo-f429zi'), { connection: 'HostName=h;DeviceId=d;SharedAccessKey=U0VDUkVU' })
  expect(flashed(1088 * 1024, bytes.length).equals(Buffer.from(bytes))).toBe(true)
  expect(out + err + commands().join()).not.toContain('U0VDUkVU')
  expect(scratch().filter((name) => !before.has(name))).toEqual([])
})

const cross = howToInstall(buildTools(loadBoard('nucleo-f429zi')))

test.skipIf(cross !== undefined)(`firmware and app of nucleo-f429zi are written where the board has them${cross === undefined ? '' : ` (skipped: run ${cross})`}`, async () => {
  install('st-flash')
  writeFileSync(join(folder, 'env'), 'TINYTWIN_CONNECTION=HostName=h;DeviceId=d;SharedAccessKey=U0VDUkVU\n', { mode: 0o600 })
  expect((await tinytwin('flash', 'coffee-machine', '--board', 'nucleo-f429zi', '--env', join(folder, 'env'), '--no-monitor')).code).toBe(0)
  expect(commands().filter((line) => line.includes('write'))).toEqual(['st-flash write 0.bin 0x08000000', 'st-flash write 1.bin 0x08110000', 'st-flash --reset write 2.bin 0x080c0000'])
  const [stack, start] = [flashed(0, 8).readUInt32LE(0), flashed(0, 8).readUInt32LE(4)]
  expect(stack >>> 24).toBe(0x20) // the initial stack is RAM
  expect([start & 1, start >>> 20]).toEqual([1, 0x080]) // the first instruction is Thumb code in flash
  const elf = readFileSync(join('build', 'firmware', 'nucleo-f429zi', 'firmware.elf'))
  const [image] = elfParts(elf, loadBoard('nucleo-f429zi'), 'firmware.elf')
  expect(flashed(0, image!.bytes.length).equals(Buffer.from(image!.bytes))).toBe(true)
}, 300_000)

/** 52 bytes of header, one segment of 32, `sections` of 40: address, where in the file, bytes. */
function elf({ physical = 0x08000000, bytes = 'aabbccdd', type = 1, flags = 2 } = {}): Buffer {
  const content = Buffer.from(bytes, 'hex')
  const file = Buffer.alloc(52 + 32 + content.length + 80)
  file.write('\x7fELF\x01\x01\x01', 'latin1')
  file.writeUInt32LE(52, 28) // e_phoff
  file.writeUInt32LE(84 + content.length, 32) // e_shoff
  file.writeUInt16LE(32, 42)
  file.writeUInt16LE(1, 44)
  file.writeUInt16LE(40, 46)
  file.writeUInt16LE(2, 48)
  const segment = { p_type: 1, p_offset: 84, p_vaddr: 0x20000000, p_paddr: physical, p_filesz: content.length }
  for (const [index, value] of Object.values(segment).entries()) file.writeUInt32LE(value, 52 + 4 * index)
  file.set(content, 84)
  const section = 84 + content.length + 40
  file.writeUInt32LE(type, section + 4)
  file.writeUInt32LE(flags, section + 8)
  file.writeUInt32LE(84, section + 16)
  file.writeUInt32LE(content.length, section + 20)
  return file
}

test('an ELF file is taken by where its sections are loaded, not by where they run', () => {
  const [part] = elfParts(elf(), loadBoard('nucleo-f429zi'), 'x.elf')
  expect(part).toMatchObject({ partition: 'firmware', offset: 0 })
  expect(Buffer.from(part!.bytes).toString('hex')).toBe('aabbccdd')
})

test.each([
  ['no ELF file', Buffer.from('#!/bin/sh\n'), 'x.elf is no 32-bit little-endian ELF file'],
  ['code outside the flash', elf({ physical: 0x90000000 }), `x.elf is not for board 'nucleo-f429zi': it has something outside its flash`],
  ['code in a slot of apps', elf({ physical: 0x080c0000 }), `x.elf has code in partition 'wasm0', which is for app`],
  ['nothing that is loaded', elf({ type: 8 }), 'it has something outside its flash'],
  ['a file that is cut', elf().subarray(0, 86), 'x.elf is not for board'],
])('firmware that is %s is refused', (_, file, problem) => {
  expect(() => elfParts(file, loadBoard('nucleo-f429zi'), 'x.elf')).toThrow(problem)
})

/** Folders this program made. */
function scratch(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('tinytwin-write-'))
}
