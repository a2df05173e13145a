import { beforeAll, expect, test } from 'vitest'
import { buildApp, readModule, type BuiltApp } from '../../src/build/index.js'
import { addFuel } from '../../src/sim/fuel.js'
import type { NativeDevice } from '../../src/sim/native.js'
import { sourceLine } from '../../src/sim/source.js'
import { v8Hooks } from '../../src/sim/v8.js'

let runaway: BuiltApp
beforeAll(async () => { runaway = await buildApp({ app: 'runaway', board: 'host' }) })

/** A device whose imports all answer 5. */
const fives = { importFunction: (_module: string, _name: string, signature: string) => () => signature.startsWith('I') ? 5n : 5 } as unknown as NativeDevice
function startWith(fuel: number): number {
  const hooks = v8Hooks(() => fives)
  hooks.load(runaway.wasm)
  return hooks.run(0, 0, 0, fuel)
}

const pinEvent = 2
const pressed = 5 * 2 + 1

test('a module with fuel is valid and exports the counter beside what it had', () => {
  const fueled = addFuel(runaway.wasm)
  expect(WebAssembly.validate(fueled.wasm)).toBe(true)
  expect(readModule(fueled.wasm).exports.map(({ name }) => name)).toEqual([...runaway.exports.map(({ name }) => name), 'fuel'])
})

test('an endless loop on V8 is stopped when its fuel is spent, at its line', () => {
  const hooks = v8Hooks(() => fives)
  hooks.load(runaway.wasm)
  expect(hooks.run(0, 0, 0, 100_000)).toBeGreaterThanOrEqual(0)
  expect(hooks.run(1, pinEvent, pressed, 100_000)).toBe(-1)
  expect(hooks.trap().reason).toBe('ran too long')
  expect(sourceLine({ build: runaway.buildId, ...hooks.trap() }, runaway)).toMatch(/^assembly\/apps\/runaway\/index\.ts:9:\d+ in /)
})

test('what an event needs is the fuel it needs: one unit less stops it', () => {
  let least = 0
  while (startWith(least) < 0) least++
  expect(least).toBeGreaterThan(0)
  expect(startWith(least - 1)).toBe(-1)
})

test('a module with an import that the firmware lacks is refused by name', () => {
  const none = { importFunction: () => undefined } as unknown as NativeDevice
  expect(v8Hooks(() => none).load(runaway.wasm)).toMatch(/^imports \w+\.\w+, which this firmware does not have as /)
})

test('bytes that are no module are refused in words', () => {
  expect(v8Hooks(() => fives).load(new Uint8Array([0, 1, 2]))).toMatch(/malformed/)
})
