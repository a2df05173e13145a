import { expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { PinBank } from '../../src/sim/pins.js'
import { attachPart } from '../../src/sim/parts/part.js'

function boiler(overrides: Record<string, number> = {}) {
  const board = loadBoard('coffee-rev-a')
  const time = { nowMs: 0 }
  const pins = new PinBank(board, () => {})
  const part = board.parts[0]!
  const readings = attachPart(board, { ...part, parameters: { ...part.parameters, ...overrides } }, pins.site(part, time))
  const write = (name: string, level: number): void => {
    const pin = pins.find(name, 'output')
    pins.set(pin, level)
    pins.changed(pin.channel)
  }
  return { time, write, readings, probe: () => pins.value(pins.find('probe', 'analog')) }
}

test('cold water reads as room temperature on a TMP36: 21 °C is 710 mV', () => {
  expect(boiler().probe()).toBe(710)
})

test('1200 W on 350 g of water raise it by about 0.8 °C a second', () => {
  const { time, write, readings } = boiler()
  write('boiler', 1)
  time.nowMs = 10_000
  expect(readings()['waterC']! - 21).toBeGreaterThan(8)
  expect(readings()['waterC']! - 21).toBeLessThan(8.2)
})

test('the probe follows the water with a lag', () => {
  const { time, write, readings } = boiler()
  write('boiler', 1)
  time.nowMs = 5000
  expect(readings()['probeC']).toBeLessThan(readings()['waterC']! - 1)
})

test('pumping cold water through cools it, and water does not pass 100 °C', () => {
  const { time, write, readings } = boiler()
  write('boiler', 1)
  time.nowMs = 600_000
  expect(readings()['waterC']).toBe(100)
  write('boiler', 0)
  write('pump', 1)
  time.nowMs = 660_000
  expect(readings()['waterC']).toBeLessThan(70)
})

test('how often it is read changes nothing but rounding', () => {
  const often = boiler()
  const once = boiler()
  for (const { write } of [often, once]) write('boiler', 1)
  for (let ms = 100; ms <= 30_000; ms += 100) {
    often.time.nowMs = ms
    often.probe()
  }
  once.time.nowMs = 30_000
  expect(often.readings()['waterC']).toBeCloseTo(once.readings()['waterC']!, 9)
  expect(often.readings()['probeC']).toBeCloseTo(once.readings()['probeC']!, 9)
})

test('a parameter that the model does not have is refused with the ones it has', () => {
  expect(() => boiler({ watts: 5 })).toThrow(/has no parameter 'watts' \(parameters: heaterWatts, /)
})
