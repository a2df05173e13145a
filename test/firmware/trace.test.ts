// One script, one app, the same canonical trace on every target: the simulator's proof is the firmware's.

import { describe, expect, test } from 'vitest'
import { join } from 'node:path'
import { loadBoard } from '../../src/board/index.js'
import { buildApp } from '../../src/build/index.js'
import { runScript, scriptContent, type ScriptStep } from '../../src/firmware/index.js'
import type { JsonObject } from '../../src/hub/index.js'
import { simulate, worldStart, type Device } from '../../src/sim/index.js'
import { installFor, without } from './bench.js'

const epochMs = Date.parse(worldStart)
const numbers = join(import.meta.dirname, 'assembly', 'numbers', 'index.ts')

const coffeeMs = 62_000
const coffee: readonly ScriptStep[] = [
  { atMs: 1500, pin: 'probe', value: 1450 },
  { atMs: 2250, method: 'brew', payload: null },
  { atMs: 3250, method: 'brew', payload: null },
  { atMs: 4250, desired: { telemetryInterval: 3, targetTemperature: 94 } },
  { atMs: 5250, pin: 'probe', value: 1400 },
  { atMs: 8250, desired: { targetTemperature: 'hot' } },
  { atMs: 29_500, pin: 'probe', value: 3300 },
  { atMs: 33_250, pin: 'probe', value: 1441 },
  { atMs: 36_250, pin: 'button', value: 1 },
  { atMs: 36_300, pin: 'button', value: 0 },
  { atMs: 40_250, method: 'getMaxMin', payload: {} },
  { atMs: 41_250, method: 'unheard', payload: [1, 'é', { a: null }] },
]

const numbersMs = 20_000
const arithmetic: readonly ScriptStep[] = [
  { atMs: 1650, pin: 'probe', value: 1234 },
  { atMs: 3250, method: 'scale', payload: -1.75e-3 },
  { atMs: 4250, pin: 'button', value: 1 },
  { atMs: 5250, pin: 'button', value: 0 },
  { atMs: 6250, desired: { bias: -40 } },
  { atMs: 8250, method: 'scale', payload: 'much' },
  { atMs: 9250, method: 'scale', payload: 123456789.12345678 },
  { atMs: 12_250, pin: 'probe', value: 0 },
]

async function play(device: Device, step: ScriptStep): Promise<void> {
  if ('desired' in step) await device.desired(step.desired as JsonObject)
  else if ('method' in step) void device.invoke(step.method, step.payload)
  else if (step.pin === 'button') device.pin(step.pin).set(step.value === 0 ? 0 : 1)
  else device.adc(step.pin).set(step.value)
}

/** Its parts would drive the pins. */
const board = { ...loadBoard('qemu-mps2'), parts: [] }

async function simulated(app: string, script: readonly ScriptStep[], endMs: number, engine: 'wasm3' | 'v8' = 'wasm3'): Promise<readonly string[]> {
  await using device = await simulate(await buildApp({ app, board }), { board, engine, keepTrace: true })
  let nowMs = 0
  for (const step of script) {
    await device.advance(step.atMs - nowMs)
    nowMs = step.atMs
    await play(device, step)
  }
  await device.advance(endMs - nowMs)
  return device.trace.trimEnd().split('\n')
}

describe.each(['qemu-mps2', 'qemu-rv32'])('on %s', (name) => {
  const install = installFor(loadBoard(name))
  const unless = without(install)

  test.skipIf(install !== undefined)(`the coffee machine's trace is the simulator's, line by line${unless}`, async () => {
    const expected = await simulated('coffee-machine', coffee, coffeeMs)
    expect(expected.length).toBeGreaterThan(400)
    expect(await runScript({ board: name, app: 'coffee-machine', script: coffee, endMs: coffeeMs, epochMs })).toEqual(expected)
  }, 240_000)

  test.skipIf(install !== undefined)(`i64, f64, f32 and strings come out the same to the last bit, and a crash at the same call${unless}`, async () => {
    const expected = await simulated(numbers, arithmetic, numbersMs)
    expect(expected.some((line) => line.includes('NaN'))).toBe(true)
    expect(expected).toContain('4900 trap') // it runs out of memory, and starts again with what the store has kept
    expect(await runScript({ board: name, app: numbers, script: arithmetic, endMs: numbersMs, epochMs })).toEqual(expected)
  }, 240_000)

  test.skipIf(install !== undefined)(`one millivolt more at one moment shows in the trace${unless}`, async () => {
    const other = coffee.map((step) => 'pin' in step && step.value === 1441 ? { ...step, value: 1442 } : step)
    const [expected, traced] = [await simulated('coffee-machine', coffee, coffeeMs), await runScript({ board: name, app: 'coffee-machine', script: other, endMs: coffeeMs, epochMs })]
    const first = traced.findIndex((line, index) => line !== expected[index])
    expect([expected[first], traced[first]]).toEqual(['34000 adc.millivolts 4 -> 1441', '34000 adc.millivolts 4 -> 1442'])
  }, 240_000)

  test.skipIf(install !== undefined)(`a script that cannot be read is said to be damaged${unless}`, async () => {
    const script: ScriptStep[] = [{ atMs: 2000, pin: 'probe', value: 1 }, { atMs: 1000, pin: 'probe', value: 2 }]
    await expect(runScript({ board: name, app: 'blink', script, endMs: 3000, epochMs })).rejects.toThrow('script: it is damaged')
  }, 240_000)
})

test('both engines of the simulator play the scripts alike', async () => {
  expect(await simulated(numbers, arithmetic, numbersMs, 'v8')).toEqual(await simulated(numbers, arithmetic, numbersMs))
})

test('a script names inputs of the board', () => {
  expect(() => scriptContent(board, [{ atMs: 0, pin: 'pump', value: 1 }], { endMs: 1, epochMs })).toThrow("board 'qemu-mps2' has no input 'pump'")
})
