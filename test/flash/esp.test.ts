/** esptool-js, as npm has it, writes a fake ROM through the command line: what arrives where, and what does not when something is wrong. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { espPartitionTable, loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'
import { appContent, settingsContent } from '../../src/firmware/index.js'
import { jsonLines, tinytwin, type Outcome } from '../cli/fake.js'
import { espImage, putEspFirmware } from './device.js'
import { FakeRom } from './fake_rom.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-flash-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const secret = 'TWFnaWNLZXlPZlRoaXNEZXZpY2U='
const connection = `HostName=h.azure-devices.net;DeviceId=grinder-1;SharedAccessKey=${secret}`

function putEnv(text = `TINYTWIN_CONNECTION="${connection}"\nTINYTWIN_WIFI=bar\nTINYTWIN_WIFI_PASSWORD=correct horse\nTINYTWIN_WIFI_2="next door"\n`): string {
  const file = join(folder, 'env')
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

function flash(board: string, port: string, ...words: string[]): Promise<Outcome> {
  return tinytwin('flash', ...words.includes('--settings') || words.includes('--undo') ? [] : ['coffee-machine'], '--board', board, '--port', port, '--firmware', folder, '--no-monitor', ...words)
}

const at = (rom: FakeRom, offset: number, bytes: number): Buffer => rom.flash.subarray(offset, offset + bytes)

test.each([
  ['esp32-c3-devkitm', 'esp32c3', 0x0],
  ['esp32-devkitc', 'esp32', 0x1000],
] as const)('all of %s is written byte for byte at the places of its partition table, and nothing else', async (board, target, bootOffset) => {
  const { bootloader, firmware } = putEspFirmware(folder, board)
  await using rom = new FakeRom({ target })
  const { code, out, err } = await flash(board, await rom.listen(), '--env', putEnv())
  expect({ code, err: err.replaceAll(/^press RESET.*\n/gm, '') }).toEqual({ code: 0, err: '' })
  const { wasm } = await buildApp({ app: 'coffee-machine', board })
  const app = appContent(loadBoard(board), wasm)
  const settings = settingsContent(loadBoard(board), { connection, wifi: [{ name: 'bar', password: 'correct horse' }, { name: 'next door', password: '' }] })
  const image = Buffer.alloc(4 * 1024 * 1024, 0xff)
  image.set(bootloader, bootOffset)
  image.set(espPartitionTable(loadBoard(board)), 0x8000)
  image.set(settings.bytes, 0xc000)
  image.set(firmware, 0x10000)
  image.set(app.bytes, 0x320000)
  expect(rom.flash.equals(image)).toBe(true)
  expect(out).toContain('verified')
  expect(out + err).not.toContain(secret)
})

test('--app-only touches the slot alone, takes turns, and says how to go back', async () => {
  await using rom = new FakeRom({ target: 'esp32c3' })
  const port = await rom.listen()
  const first = await flash('esp32-c3-devkitm', port, '--app-only', '--json')
  const second = await flash('esp32-c3-devkitm', port, '--app-only')
  expect([first.code, second.code]).toEqual([0, 0])
  expect(jsonLines(first.out)[0]).toMatchObject({ type: 'flash', slot: 'wasm0', written: [{ partition: 'wasm0', offset: 0x320000 }] })
  expect(second.out).toContain('the app in wasm1; the app before stays in wasm0, to go back: scripts/flash --undo --board esp32-c3-devkitm')
  expect([at(rom, 0x320000 + 36, 4), at(rom, 0x340000 + 36, 4)].map((bytes) => bytes.readUInt32LE())).toEqual([1, 2]) // sequence
  expect(at(rom, 0x320000 + 48, 4).toString('hex')).toBe('0061736d')
  expect(at(rom, 0, 0x320000).every((byte) => byte === 0xff)).toBe(true)
  expect(at(rom, 0x360000, 0xa0000).every((byte) => byte === 0xff)).toBe(true)
})

test('a damaged newer app is what is written over, not the one that runs', async () => {
  await using rom = new FakeRom({ target: 'esp32c3' })
  const port = await rom.listen()
  await flash('esp32-c3-devkitm', port, '--app-only')
  await flash('esp32-c3-devkitm', port, '--app-only')
  rom.flash[0x340000 + 100] = 0 // wasm1, the newer
  const { out } = await flash('esp32-c3-devkitm', port, '--app-only', '--json')
  expect(jsonLines(out)[0]).toMatchObject({ slot: 'wasm1', kept: 'wasm0' })
  expect(at(rom, 0x340000 + 36, 4).readUInt32LE()).toBe(2)
})

test('--undo makes the newer app invalid and leaves the older; a second one is refused', async () => {
  await using rom = new FakeRom({ target: 'esp32c3' })
  const port = await rom.listen()
  await flash('esp32-c3-devkitm', port, '--app-only')
  await flash('esp32-c3-devkitm', port, '--app-only')
  const older = Buffer.from(at(rom, 0x320000, 0x20000))
  expect((await flash('esp32-c3-devkitm', port, '--undo')).out).toContain('the device starts the app in wasm0 again')
  expect(at(rom, 0x340000, 48).every((byte) => byte === 0xff)).toBe(true)
  expect(at(rom, 0x320000, 0x20000).equals(older)).toBe(true)
  const again = await flash('esp32-c3-devkitm', port, '--undo')
  expect({ code: again.code, err: again.err }).toEqual({ code: 1, err: 'error: the device has one app only, in wasm0: there is nothing to go back to\n' })
})

test('--settings writes the credentials alone and prints none of them', async () => {
  await using rom = new FakeRom({ target: 'esp32c3' })
  const { code, out, err } = await flash('esp32-c3-devkitm', await rom.listen(), '--settings', '--env', putEnv())
  expect(code).toBe(0)
  expect(at(rom, 0xc000, 4096).includes(secret)).toBe(true)
  expect(rom.programmed.every(({ offset, bytes }) => offset >= 0xc000 && offset + bytes <= 0xe000)).toBe(true)
  expect(out + err).not.toMatch(new RegExp(`${secret}|correct horse`))
})

test('a dry run says every place and size, no secret, and opens no port', async () => {
  putEspFirmware(folder, 'esp32-c3-devkitm')
  const { code, out, err } = await flash('esp32-c3-devkitm', 'socket://127.0.0.1:1', '--dry-run', '--env', putEnv())
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toContain('would write esp32-c3-devkitm by esptool-js, port socket://127.0.0.1:1:')
  expect(out).toMatch(/^ {2}bootloader\.bin +0x000000 +20,481 bytes in boot, SHA-256 [0-9a-f]{16}…$/m)
  expect(out).toMatch(/^ {2}tinytwin\.bin +0x010000 +61,003 bytes in ota_0/m)
  expect(out).toMatch(/^ {2}coffee-machine\.wasm +0x320000 +[\d,]+ bytes in wasm0 or wasm1 at 0x340000, the one the device does not start now$/m)
  expect(out).toMatch(/settings from .*env: connection \(92 bytes\), wifi \(17 bytes\), wifi \(10 bytes\)$/m)
  expect(out).not.toMatch(new RegExp(`${secret}|correct horse|next door`))
})

test('a line that is cut in the middle is reported with what is in the device, and the same command mends it', async () => {
  const { firmware } = putEspFirmware(folder, 'esp32-c3-devkitm')
  await using rom = new FakeRom({ target: 'esp32c3', cutAfter: 50_000 })
  const port = await rom.listen()
  const cut = await flash('esp32-c3-devkitm', port, '--env', putEnv())
  expect(cut.code).toBe(1)
  expect(cut.err).toMatch(/^error: socket:.* was lost \(.*\)\. bootloader\.bin, partition-table\.bin, ota_data_initial\.bin are written; tinytwin\.bin is not complete: the device may not start until this is repeated\. Run the same command again\n$/)
  expect(at(rom, 0x10000, firmware.length).equals(firmware)).toBe(false)
  rom.mend()
  expect((await flash('esp32-c3-devkitm', port, '--env', putEnv())).code).toBe(0)
  expect(at(rom, 0x10000, firmware.length).equals(firmware)).toBe(true)
})

test('an app that is cut in the middle leaves the one before', async () => {
  await using rom = new FakeRom({ target: 'esp32c3' })
  const port = await rom.listen()
  await flash('esp32-c3-devkitm', port, '--app-only')
  const before = Buffer.from(at(rom, 0x320000, 0x20000))
  await using torn = new FakeRom({ target: 'esp32c3', cutAfter: 1 })
  torn.flash.set(rom.flash)
  const { code, err } = await flash('esp32-c3-devkitm', await torn.listen(), '--app-only')
  expect(code).toBe(1)
  expect(err).toContain('coffee-machine.wasm is not complete: the device goes on with the app in wasm0. Run the same command again')
  expect(at(torn, 0x320000, 0x20000).equals(before)).toBe(true)
})

test.each([
  ['esp32', 'esp32-c3-devkitm', `is an ESP32, but board 'esp32-c3-devkitm' has an esp32-c3. Nothing was written`],
  ['esp32c6', 'esp32-devkitc', `is an ESP32-C6, but board 'esp32-devkitc' has an esp32. Nothing was written`],
] as const)('a chip %s where %s has another is refused before anything is written', async (target, board, problem) => {
  putEspFirmware(folder, board)
  await using rom = new FakeRom({ target })
  const before = createHash('sha256').update(rom.flash).digest('hex')
  const { code, err } = await flash(board, await rom.listen(), '--env', putEnv())
  expect({ code, problem: err }).toEqual({ code: 1, problem: expect.stringContaining(problem) })
  expect(rom.programmed).toEqual([])
  expect(rom.heard.filter((code) => [0x02, 0x10].includes(code))).toEqual([]) // FLASH_BEGIN, FLASH_DEFL_BEGIN
  expect(createHash('sha256').update(rom.flash).digest('hex')).toBe(before)
})

test.each([
  ['a flash smaller than the board\'s', { flashMib: 2 }, `has 2048 KiB of flash, but board 'esp32-c3-devkitm' has 4096. Nothing was written`],
  ['no flash at all', { noFlash: true }, 'does not say how large it is; is it connected? Nothing was written'],
  ['a flash that does not take a bit', { wornAt: 0x320000 + 44 }, 'coffee-machine.wasm at 0x320000 reads back as something else than was written. Try --baud 115200'],
])('%s is one sentence that says what to do', async (_, options, problem) => {
  await using rom = new FakeRom({ target: 'esp32c3', ...options })
  const { code, err } = await flash('esp32-c3-devkitm', await rom.listen(), '--app-only')
  expect(code).toBe(1)
  expect(err).toContain(problem)
})

test('a chip that does not answer is told apart by what to press', async () => {
  await using rom = new FakeRom({ target: 'esp32c3', silent: true })
  const { err } = await flash('esp32-c3-devkitm', await rom.listen(), '--app-only')
  expect(err).toMatch(/^error: nothing answers at socket:/)
  expect(err).toContain('Hold BOOT, press and release RESET (or EN), let BOOT go, and run this again')
  expect(err).toContain('Nothing was written')
})

test.each([
  ['a port nobody listens at', 'socket://127.0.0.1:1', 'socket://127.0.0.1:1 cannot be opened (ECONNREFUSED)'],
  ['a socket without a port', 'socket://127.0.0.1', 'is no port: a socket is written as socket://HOST:PORT'],
  ['a port that is not there', '/dev/ttyUSB99', `there is no port '/dev/ttyUSB99'`],
  ['a file that is no port', '/etc/hostname', '/etc/hostname cannot be opened as a serial port'],
])('%s is refused', async (_, port, problem) => {
  const { code, err } = await flash('esp32-c3-devkitm', port, '--app-only')
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(problem) })
})

test('a board without firmware says what builds it, and what can be written without', async () => {
  const { code, err } = await flash('esp32-c3-devkitm', 'socket://127.0.0.1:1', '--env', putEnv())
  expect(code).toBe(1)
  expect(err).toMatch(/there is no firmware for board 'esp32-c3-devkitm' \(.*bootloader\.bin is missing\)\. ESP-IDF compiles it: .*, write only the app with --app-only, or only the credentials with --settings/)
})

test('firmware of another chip, and one built for another partition table, are refused before a port is opened', async () => {
  putEspFirmware(folder, 'esp32-c3-devkitm')
  writeFileSync(join(folder, 'tinytwin.bin'), espImage('esp32', 1000, 3))
  expect((await flash('esp32-c3-devkitm', 'socket://127.0.0.1:1', '--env', putEnv())).err).toContain('tinytwin.bin is no image for Espressif ESP32-C3. Build the firmware again, for esp32c3')
  putEspFirmware(folder, 'esp32-c3-devkitm')
  writeFileSync(join(folder, 'partition_table', 'partition-table.bin'), espPartitionTable(loadBoard('coffee-rev-a')))
  expect((await flash('esp32-c3-devkitm', 'socket://127.0.0.1:1', '--env', putEnv())).err).toContain('was built for another partition table than boards/esp32-c3-devkitm/board.json has now')
})

test.each([
  ['an app with a wrong board', ['coffee-machine', '--board', 'blink-nano'], `board 'blink-nano' has no pin`],
  ['an emulator', ['coffee-machine', '--board', 'qemu-mps2'], `board 'qemu-mps2' is an emulator: there is nothing to flash`],
  ['a slot that is not there', ['coffee-machine', '--board', 'esp32-c3-devkitm', '--app-only', '--slot', '2'], `--slot: '2' is not a whole number from 0 to 1`],
  ['no app', ['--board', 'esp32-c3-devkitm'], `'flash' needs APP`],
  ['two things at once', ['coffee-machine', '--app-only', '--undo'], '--app-only and --undo exclude each other'],
  ['settings without a board', ['--settings'], '--settings needs --board BOARD'],
  ['settings from nowhere', ['--settings', '--board', 'esp32-c3-devkitm', '--env', '/nowhere/env'], 'there is no /nowhere/env to take credentials from'],
])('%s is refused', async (_, words, problem) => {
  const { code, err } = await tinytwin('flash', ...words, '--port', 'socket://127.0.0.1:1', '--no-monitor')
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(problem) })
})

test.each([
  ['no connection', 'TINYTWIN_WIFI=x\n', 'has no TINYTWIN_CONNECTION'],
  ['a service\'s connection', 'TINYTWIN_CONNECTION=HostName=h;SharedAccessKeyName=iothubowner;SharedAccessKey=U0VDUkVU\n', `is a service's connection string`],
  ['something that is no connection', 'TINYTWIN_CONNECTION=U0VDUkVU\n', 'must have HostName and DeviceId, or for DPS IdScope and RegistrationId'],
  ['a misspelt name', `TINYTWIN_CONECTION="${connection}"\n`, `has 'TINYTWIN_CONECTION', which is no variable of a device. Did you mean 'TINYTWIN_CONNECTION'?`],
  ['a password without a network', `TINYTWIN_CONNECTION="${connection}"\nTINYTWIN_WIFI_2_PASSWORD=U0VDUkVU\n`, 'TINYTWIN_WIFI_2_PASSWORD, but no TINYTWIN_WIFI_2'],
  ['a password that is too short', `TINYTWIN_CONNECTION="${connection}"\nTINYTWIN_WIFI=x\nTINYTWIN_WIFI_PASSWORD=U0VD\n`, 'TINYTWIN_WIFI_PASSWORD has 4 bytes; WPA wants 8 to 64'],
  ['a file that is not there', `TINYTWIN_CONNECTION="${connection}"\nTINYTWIN_CA=roots.pem\n`, `roots.pem' cannot be read (ENOENT)`],
  ['an update key that is none', `TINYTWIN_CONNECTION="${connection}"\nTINYTWIN_UPDATE_KEY=U0VD\n`, `TINYTWIN_UPDATE_KEY is not the 130 hex digits that 'tinytwin trust key' prints`],
  ['a port that is none', `TINYTWIN_CONNECTION="${connection}"\nTINYTWIN_PORT=70000\n`, 'TINYTWIN_PORT is not a whole number from 1 to 65535'],
])('credentials with %s are refused without a word of them', async (_, text, problem) => {
  const { code, err } = await flash('esp32-c3-devkitm', 'socket://127.0.0.1:1', '--settings', '--env', putEnv(text))
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(problem) })
  expect(err).not.toMatch(/U0VD|TWFnaW/)
})

test('certificates and keys are files beside the credentials; what others can read is warned of', async () => {
  for (const name of ['roots.pem', 'device.pem', 'device.key']) writeFileSync(join(folder, name), `-----${name}-----\n`, { mode: 0o600 })
  const env = putEnv(`TINYTWIN_CONNECTION=HostName=h;DeviceId=d;x509=true\nTINYTWIN_CA=roots.pem\nTINYTWIN_CERTIFICATE=device.pem\nTINYTWIN_KEY=device.key\nTINYTWIN_WIFI=bar\nTINYTWIN_HEALTH=off\nTINYTWIN_UPDATE_KEY=04${'5a'.repeat(64)}\n`)
  chmodSync(join(folder, 'device.key'), 0o644)
  await using rom = new FakeRom({ target: 'esp32c3' })
  const { code, err } = await flash('esp32-c3-devkitm', await rom.listen(), '--settings', '--env', env)
  expect(code).toBe(0)
  expect(err).toContain(`${join(folder, 'device.key')} holds secrets and can be read by other users. Run: chmod 600 ${join(folder, 'device.key')}`)
  expect(err).not.toContain('roots.pem')
  const written = settingsContent(loadBoard('esp32-c3-devkitm'), {
    connection: 'HostName=h;DeviceId=d;x509=true', health: 'off',
    ca: readFileSync(join(folder, 'roots.pem')), certificate: readFileSync(join(folder, 'device.pem')), key: readFileSync(join(folder, 'device.key')), updateKey: Buffer.from(`04${'5a'.repeat(64)}`, 'hex'),
    wifi: [{ name: 'bar', password: '' }],
  }).bytes
  expect(at(rom, 0xc000, written.length).equals(Buffer.from(written))).toBe(true)
})
