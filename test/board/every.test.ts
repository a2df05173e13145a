/** Every board in the simulator: the app that needs most of it, and the hours its page promises. */

import { expect, test } from 'vitest'
import { boardNames, loadBoard, outboxHours } from '../../src/board/index.js'
import { jsonLines, tinytwin } from '../cli/fake.js'

const withCoffee = boardNames().filter((name) => loadBoard(name).pins.some((pin) => pin.name === 'boiler'))

test('thirteen boards have the pins of the coffee machine', () => {
  expect(withCoffee).toHaveLength(13)
})

test.each(withCoffee)('the coffee machine on %s loses nothing in ninety minutes without a network', async (name) => {
  const { code, out, err } = await tinytwin('sim', 'coffee-machine', '--board', name, '--for', '2h', '--fault', 'net.down@10m+90m', '--seed', '3', '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(jsonLines(out).at(-1)).toMatchObject({ board: name, telemetry: 720, arrived: 720, lost: 0, refused: 0, dropped: 0 })
}, 60_000)

test('an outbox holds the hours the page says', async () => {
  const hours = outboxHours(loadBoard('qemu-netduinoplus2'))
  const { out } = await tinytwin('sim', 'coffee-machine', '--board', 'qemu-netduinoplus2', '--for', `${hours + 1}h`, '--fault', `net.down@10m+${hours}h`, '--seed', '3', '--json')
  expect(hours).toBe(4)
  expect(jsonLines(out).at(-1)).toMatchObject({ telemetry: 1800, arrived: 1800, lost: 0, refused: 0, dropped: 0 })
}, 60_000)
