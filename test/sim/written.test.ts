/** What an app writes with the SDK's writer, by the C core's writer, as the hub gets it. */

import { expect, test } from 'vitest'
import { simulate } from '../../src/sim/index.js'

const app = 'test/sim/assembly/written'

test.each(['wasm3', 'v8'] as const)('a value that goes through the reader and the writer is the same (%s)', async (engine) => {
  await using device = await simulate(app, { board: 'host', engine })
  const value = { 'größe €😀"\\\n': ['é€😀\u007f\t', 0.1, -5e-324, 1e21, true, false, null, { a: [{}, []] }], b: 1234567890123 }
  expect(await device.invoke('mirror', value)).toEqual({ status: 200, payload: { value } })
})

test('a value of more than 1,024 bytes is never cut: a reply becomes a 500, telemetry and reports are refused', async () => {
  await using device = await simulate(app, { board: 'host' })
  expect(await device.invoke('long')).toEqual({ status: 500, payload: { error: 'the reply is longer than 1024 bytes' } })
  expect((await device.invoke('longTelemetry')).payload).toEqual({ refused: -3, sent: 1 })
  await device.drain()
  expect(device.telemetry().map(({ body }) => body)).toEqual([{ a: 'y' }])
  expect((await device.invoke('longReport')).payload).toEqual({ refused: -3 })
  expect(device.reported).toEqual({})
})
