// The same core and the same Wasm as rv32imc, the instruction set of an ESP32-C3, without a kernel and without a network.

import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'
import { appContent, buildFirmware, runFirmware, settingsContent, writeFlash, type BuiltFirmware, type RunningFirmware } from '../../src/firmware/index.js'
import { jsonLines, tinytwin } from '../cli/fake.js'
import { installFor, within, without } from './bench.js'

const board = loadBoard('qemu-rv32')
const install = installFor(board)
const flash = join(tmpdir(), `tinytwin-rv32-${process.pid}.bin`)

describe.skipIf(install !== undefined)(`a device on qemu-rv32${without(install)}`, () => {
  let firmware: BuiltFirmware
  let device: RunningFirmware | undefined
  beforeAll(async () => { firmware = await buildFirmware({ board, app: 'coffee-machine' }) }, 240_000)
  afterEach(async () => {
    await device?.[Symbol.asyncDispose]()
    rmSync(flash, { force: true })
  })
  const start = async (): Promise<RunningFirmware> => device = await runFirmware({ board, elf: firmware.elf, flash })

  test('controls its pins, and brews when its button is pressed', async () => {
    writeFlash(flash, board, [appContent(board, firmware.app.wasm)])
    const { panel } = await start()
    expect(await device?.line(/warn/)).toMatch(/no settings: the hub is not called/)
    await expect.poll(() => panel.read('boiler'), within).toBe(0)
    panel.set('probe', 1000)
    await expect.poll(() => panel.read('boiler'), within).toBe(1)
    panel.set('probe', 1450)
    await expect.poll(() => panel.read('led'), within).toBe(1)
    panel.set('button', 1)
    await expect.poll(() => panel.read('pump'), within).toBe(1)
    const { refused, appStackFree, resetReason } = panel.figures()
    expect({ refused, resetReason }).toEqual({ refused: 0, resetReason: 1 })
    expect(appStackFree).toBeGreaterThan(512)
  })

  test('goes on controlling while a hub that it has settings for cannot be reached', async () => {
    const connection = `HostName=h.example;DeviceId=d;SharedAccessKey=${Buffer.alloc(32).toString('base64')}`
    writeFlash(flash, board, [appContent(board, firmware.app.wasm), settingsContent(board, { connection, ca: Buffer.alloc(1) })])
    const { panel } = await start()
    await device?.line(/next attempt/)
    panel.set('probe', 1450)
    await expect.poll(() => panel.read('led'), within).toBe(1)
  })

  test('an app that runs too long is stopped with the place in its module, and started again', async () => {
    const { wasm } = await buildApp({ app: 'runaway', board })
    writeFlash(flash, board, [appContent(board, wasm)])
    const { panel } = await start()
    await expect.poll(() => panel.read('led'), within).toBe(1)
    panel.set('button', 1)
    expect(await device?.line(/crash/)).toMatch(/ran too long in #\d+ at offset [1-9]\d* of build/)
    await expect.poll(() => panel.read('led'), within).toBe(1)
  })

  test('its size is told by component, and the parts add up', async () => {
    const { code, out } = await tinytwin('size', 'coffee-machine', '--board', 'qemu-rv32', '--json')
    const told = jsonLines(out).at(-1) as { flash: number, ram: number, components: Record<string, { flash: number, ram: number }> }
    expect(code).toBe(0)
    const parts = Object.values(told.components)
    expect(parts.reduce((sum, part) => sum + part.flash, 0)).toBe(told.flash)
    expect(parts.reduce((sum, part) => sum + part.ram, 0)).toBe(told.ram)
    expect(told.components['stacks']?.ram).toBeGreaterThanOrEqual(board.firmware?.linkStackBytes ?? Infinity)
    expect(Object.keys(told.components)).toEqual(expect.arrayContaining(['core', 'mbedtls', 'wasm3', 'libc']))
  })
})
