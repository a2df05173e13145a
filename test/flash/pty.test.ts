/** A serial port of this computer, by way of a pseudo terminal: no modem lines, but a baud rate. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'
import { appContent } from '../../src/firmware/index.js'
import { tinytwin } from '../cli/fake.js'
import { FakeRom } from './fake_rom.js'
import { openPty } from './pty.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-pty-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

test('an app is written through a serial port, faster than the loader begins', async () => {
  await using pty = await openPty(folder)
  const rom = new FakeRom({ target: 'esp32c3' })
  pty.listen(rom.attach((bytes) => { pty.send(bytes) }, () => {}))
  const { code, err } = await tinytwin('flash', 'coffee-machine', '--board', 'esp32-c3-devkitm', '--port', pty.path, '--app-only', '--baud', '921600', '--no-monitor')
  expect({ code, err }).toEqual({ code: 0, err: 'press RESET (or EN) on the board to start it\n' })
  const { bytes } = appContent(loadBoard('esp32-c3-devkitm'), (await buildApp({ app: 'coffee-machine', board: 'esp32-c3-devkitm' })).wasm)
  expect(rom.flash.subarray(0x320000, 0x320000 + bytes.length).equals(Buffer.from(bytes))).toBe(true)
  expect(rom.bauds).toEqual([921_600])
})

test('a serial port that is pulled out while it is written is lost, and the state of the device is said', async () => {
  await using pty = await openPty(folder)
  const rom = new FakeRom({ target: 'esp32c3', cutAfter: 1 })
  pty.listen(rom.attach((bytes) => { pty.send(bytes) }, () => { void pty.unplug() }))
  const { code, err } = await tinytwin('flash', 'coffee-machine', '--board', 'esp32-c3-devkitm', '--port', pty.path, '--app-only', '--no-monitor')
  expect(code).toBe(1)
  expect(err).toMatch(/^error: \/dev\/.* was lost \(.*\)\. coffee-machine\.wasm is not complete: there is no app in the device until this is repeated\. Run the same command again\n$/)
})
