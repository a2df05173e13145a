// Both engines stop a guest for the same reasons, say so in the same words and name the same line.

import { expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { simulate, type CrashReport, type Engine } from '../../src/sim/index.js'

async function crash(engine: Engine, method: string): Promise<CrashReport> {
  await using device = await simulate('test/sim/assembly/traps', { board: 'host', engine })
  await device.advance('1s')
  expect(await device.invoke(method)).toMatchObject({ status: 500 })
  expect(device.crashes).toHaveLength(1)
  return device.crashes[0]!
}

test.each([
  ['divide', 'division by zero'],
  ['remainder', 'division by zero'],
  ['overflow', 'integer overflow'],
  ['beyond', 'memory access out of bounds'],
  ['unreachable', 'unreachable executed'],
  ['table', 'indirect call beyond the table'],
  ['mismatch', 'indirect call of another type'],
])('%s is a crash for the reason %j at the same line on both engines', async (method, reason) => {
  const [interpreted, compiled] = [await crash('wasm3', method), await crash('v8', method)]
  expect(interpreted.reason).toBe(reason)
  expect(compiled.reason).toBe(reason)
  expect(interpreted.at).toMatch(/^test\/sim\/assembly\/traps\/index\.ts:\d+:/)
  expect(compiled.at).toBe(interpreted.at)
})

test.each(['assert', 'index'])('%s: a failed assertion says the same with its place on both engines', async (method) => {
  const [interpreted, compiled] = [await crash('wasm3', method), await crash('v8', method)]
  expect(interpreted.reason).toMatch(method === 'assert' ? /zero was not one \(test\/sim\/assembly\/traps\/index\.ts:\d+:\d+\)/ : /Index out of range/)
  expect(compiled.reason).toBe(interpreted.reason)
})

test.each(['wasm3', 'v8'] as const)('endless recursion is stopped (%s)', async (engine) => {
  expect((await crash(engine, 'stack')).reason).toMatch(/^(stack overflow|ran too long)$/)
})

test.each([100_000, 100_001, 100_002, 100_003])('with %d units of fuel a guest that never ends does exactly as much on both engines', async (eventFuel) => {
  const board = { ...loadBoard('host'), eventFuel }
  const hashes = []
  for (const engine of ['wasm3', 'v8'] as const) {
    await using device = await simulate('test/sim/assembly/traps', { board, engine })
    await device.advance('1s')
    await device.invoke('spin')
    expect(device.crashes[0]).toMatchObject({ reason: 'ran too long', at: expect.stringMatching(/^(test|assembly)\/.*\.ts:\d+:\d+ in /) })
    hashes.push(device.traceHash)
  }
  expect(hashes[1]).toBe(hashes[0])
})
