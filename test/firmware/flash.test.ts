// What a device's flash holds, and what the firmware makes of flash that is empty, damaged or old.

import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createHash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'
import { appContent, buildFirmware, runFirmware, settingsContent, writeFlash, type BuiltFirmware, type RunningFirmware } from '../../src/firmware/index.js'
import { install, unless, within } from './bench.js'

const board = loadBoard('qemu-mps2')
const file = join(tmpdir(), `tinytwin-flash-${process.pid}.bin`)
afterEach(() => rmSync(file, { force: true }))

test('a slot is a SHA-256, a magic, a sequence number, a length and the content', () => {
  const { offset, bytes } = appContent(board, new Uint8Array([0xaa, 0xbb]), { slot: 1, sequence: 7 })
  expect(offset).toBe(128 * 1024)
  expect(Buffer.from(bytes.subarray(32)).toString('hex')).toBe(['54544150', '07000000', '02000000', '00000000', 'aabb'].join(''))
  expect(Buffer.from(bytes.subarray(0, 32)).toString('hex')).toBe('a342c8c71ffe8eb3be3c6fdcd4a3dded1119813c9fcf1f7660b0210b3b89d278')
})

test('an app that is larger than its slot is refused with both numbers', () => {
  expect(() => appContent(board, new Uint8Array(65536))).toThrow("65536 bytes do not fit in partition 'wasm0' of board 'qemu-mps2', which has 65488")
})

test('settings with a NUL in them are refused', () => {
  expect(() => settingsContent(board, { connection: 'a\0b', ca: '' })).toThrow("setting 'connection' holds a NUL")
})

test('writing a part erases its partition only', () => {
  writeFlash(file, board, [appContent(board, new Uint8Array(100))])
  writeFlash(file, board, [appContent(board, new Uint8Array(10)), settingsContent(board, { connection: 'c', ca: 'p' })])
  const bytes = readFileSync(file)
  expect(bytes.subarray(64 * 1024 + 58, 64 * 1024 + 148).every((byte) => byte === 0xff)).toBe(true)
  expect(bytes.subarray(32, 36).toString()).toBe('TTSE')
})

describe.skipIf(install !== undefined)(`the firmware and its flash${unless}`, () => {
  let firmware: BuiltFirmware
  let device: RunningFirmware | undefined
  beforeAll(async () => { firmware = await buildFirmware({ board: 'qemu-mps2', app: 'blink' }) }, 240_000)
  afterEach(async () => { await device?.[Symbol.asyncDispose]() })
  const start = async (): Promise<RunningFirmware> => device = await runFirmware({ board, elf: firmware.elf, flash: file })

  test('empty flash: it says that no app is there', async () => {
    writeFlash(file, board, [])
    expect(await (await start()).line(/error/)).toMatch(/no app in its slots: flash one/)
  })

  test('no settings: the app runs, the hub is not called', async () => {
    writeFlash(file, board, [appContent(board, firmware.app.wasm)])
    const { panel } = await start()
    expect(await device?.line(/warn/)).toMatch(/no settings: the hub is not called/)
    await expect.poll(() => panel.read('led'), within).toBe(1)
    await expect.poll(() => panel.read('led'), within).toBe(0)
  })

  test('a damaged newer app is passed over for the older one that is whole', async () => {
    const torn = appContent(board, firmware.app.wasm, { slot: 1, sequence: 2 })
    torn.bytes[torn.bytes.length - 1]! ^= 1
    writeFlash(file, board, [appContent(board, firmware.app.wasm, { slot: 0, sequence: 1 }), torn])
    const { panel } = await start()
    expect(await device?.line(/slot/)).toMatch(/an app slot is damaged and passed over/)
    await expect.poll(() => panel.read('led'), within).toBe(1)
  })

  test('of two whole apps the newer one runs, also when its sequence number has wrapped', async () => {
    const { wasm } = await buildApp({ app: 'runaway', board })
    writeFlash(file, board, [appContent(board, firmware.app.wasm, { slot: 0, sequence: 0xffffffff }), appContent(board, wasm, { slot: 1, sequence: 0 })])
    const { panel } = await start()
    await expect.poll(() => panel.read('led'), within).toBe(1)
    panel.set('button', 1)
    await device?.line(/ran too long/)
    await device?.kill()

    writeFlash(file, board, [appContent(board, firmware.app.wasm, { slot: 0, sequence: 1 })])
    const blinking = (await start()).panel
    await expect.poll(() => blinking.read('led'), within).toBe(1)
    await expect.poll(() => blinking.read('led'), within).toBe(0)
  })

  test('an app whose writing was interrupted at any point is passed over for the other one', async () => {
    const { bytes, ...at } = appContent(board, firmware.app.wasm, { slot: 1, sequence: 2 })
    for (const written of [20, 47, 48, bytes.length - 1]) {
      writeFlash(file, board, [appContent(board, firmware.app.wasm, { slot: 0, sequence: 1 }), { ...at, bytes: bytes.subarray(0, written) }])
      const { panel } = await start()
      await expect.poll(() => panel.read('led'), within).toBe(1)
      expect(device?.lines.some((line) => line.includes('damaged'))).toBe(written >= 36)
      await device?.kill()
    }
  })

  test('compiled code stays in flash: the same app writes nothing, another one takes its place', async () => {
    const { partitions } = board.flash
    const { atKib, kib } = partitions.find(({ use }) => use === 'code')!
    const code = (): string => createHash('sha256').update(readFileSync(file).subarray(atKib * 1024, (atKib + kib) * 1024)).digest('hex')
    const run = async (): Promise<string> => {
      const { panel } = await start()
      await expect.poll(() => panel.read('led'), within).toBe(1)
      await device?.kill()
      return code()
    }
    writeFlash(file, board, [appContent(board, firmware.app.wasm)])
    const empty = code()
    const first = await run()
    expect(first).not.toBe(empty)
    expect(await run()).toBe(first)
    expect(device?.lines.join()).not.toContain('compiled code')

    const other = await buildApp({ app: 'runaway', board })
    writeFlash(file, board, [appContent(board, other.wasm, { sequence: 2 })])
    await (await start()).line(/compiled code written to flash/)
    await expect.poll(() => device?.panel.read('led'), within).toBe(1)
    await device?.kill()
    writeFlash(file, board, [appContent(board, firmware.app.wasm, { sequence: 3 })])
    expect(await run()).toBe(first)
  })

  test('an app that runs too long is stopped, with the function and the place in its module', async () => {
    const { wasm } = await buildApp({ app: 'runaway', board })
    writeFlash(file, board, [appContent(board, wasm)])
    const { panel } = await start()
    await expect.poll(() => panel.read('led'), within).toBe(1)
    panel.set('button', 1)
    expect(await device?.line(/crash/)).toMatch(/ran too long in #\d+ at offset [1-9]\d* of build/)
    await expect.poll(() => panel.read('led'), within).toBe(1) // it was started again
  })

  test('settings that cannot be used are told without what is in them', async () => {
    writeFlash(file, board, [appContent(board, firmware.app.wasm), settingsContent(board, { connection: 'HostName=h;SharedAccessKey=c2VjcmV0', ca: 'p' })])
    const line = await (await start()).line(/error/)
    expect(line).toMatch(/the settings cannot be used: /)
    expect(device?.lines.join()).not.toContain('c2VjcmV0')
  })
})
