/** The live view of `tinytwin dev`: what it shows, how it is drawn, and what its keys do. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { panelLines, redraw, type PanelState } from '../../src/cli/dev_panel.js'
import { run } from '../../src/cli/main.js'
import type { Terminal } from '../../src/cli/terminal.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-live-')) })
afterEach(() => { rmSync(folder, { recursive: true }) })

const state: PanelState = {
  title: 'coffee-machine on coffee-rev-a',
  uptimeS: 3723.9,
  connection: 'connected over TLSv1.2, certificate verified',
  safeMode: false,
  pins: [['boiler', 'on'], ['probe', '1450 mV']],
  parts: [['waterC', '95.0']],
  telemetry: { count: 2, last: '{"celsius":95}' },
  desired: '{}',
  reported: '{"a":1}',
  keys: [['q', 'quit']],
}

test('the panel has title and uptime, hub, pins, parts, telemetry, twin and keys', () => {
  expect(panelLines(state, 60)).toEqual([
    '── coffee-machine on coffee-rev-a · 01:02:03 ───────────────',
    'hub        connected over TLSv1.2, certificate verified',
    'pins       boiler on   probe 1450 mV',
    'parts      waterC 95.0',
    'telemetry  2, last {"celsius":95}',
    'desired    {}',
    'reported   {"a":1}',
    'keys       q quit',
  ])
})

test('no line of the panel is wider than the terminal', () => {
  const wide = panelLines({ ...state, reported: 'x'.repeat(500), safeMode: true }, 40)
  expect(wide.map(({ length }) => length)).toEqual(wide.map((line) => Math.min(line.length, 40)))
  expect(wide[6]).toBe(`reported   ${'x'.repeat(28)}…`)
})

test('a panel is drawn over the one before, with new lines above it', () => {
  expect(redraw({ height: 0, lines: [], panel: ['one', 'two'] })).toBe('\u001B[Jone\ntwo\n')
  expect(redraw({ height: 2, lines: ['said'], panel: ['one', 'two'] })).toBe('\u001B[2A\r\u001B[Jsaid\none\ntwo\n')
})

/** Runs `dev coffee-machine` live; `drive` presses keys when what it waits for is on the screen. */
async function live(drive: (press: (key: string) => void, shown: (text: string) => Promise<void>) => Promise<void>): Promise<{ code: number, screen: string, keysReleased: boolean }> {
  let screen = ''
  let press: ((key: string) => void) | undefined
  let keysReleased = false
  const waiting = new Map<string, () => void>()
  const shown = (text: string): Promise<void> => screen.includes(text) ? Promise.resolve() : new Promise((resolve) => { waiting.set(text, resolve) })
  const terminal: Terminal = {
    print: (text) => {
      screen += text
      for (const [wanted, resolve] of waiting) if (screen.includes(wanted)) resolve()
    },
    say: (text) => { screen += text },
    live: true,
    attended: false,
    size: () => ({ columns: 200, rows: 24 }),
    interruption: () => new AbortController().signal,
    keys: (pressed) => {
      press = pressed
      return () => { keysReleased = true }
    },
  }
  const ending = run(['dev', 'coffee-machine', '--data', folder], terminal)
  await Promise.race([ending, drive((key) => press?.(key), shown)])
  return { code: await ending, screen, keysReleased }
}

test('keys call a method, move a desired property, pull the plug, reset, and quit with exit code 0', async () => {
  const { code, screen, keysReleased } = await live(async (press, shown) => {
    await shown('connected over TLSv1.2, certificate verified')
    press('b')
    await shown('method brew: 409 {"error":"cold"}')
    press('u')
    await shown('"targetTemperature":{"value":94,"ac":200,')
    press('n')
    await shown('network down')
    press('n')
    await shown('network up')
    press('x')
    press('r')
    press('p')
    press('q')
  })
  expect({ code, keysReleased }).toEqual({ code: 0, keysReleased: true })
  expect(screen).toMatch(/stopped after \d+\.\d s, \d+ messages received by the hub\n$/)
})
