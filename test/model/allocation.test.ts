/** A stub takes no memory for what passes through it: the thermostat app under a host that only feeds it events. */

import { expect, test } from 'vitest'
import { buildApp } from '../../src/build/index.js'
import { eventSource, run, type Guest } from '../sdk/guest.ts'

const Event = { Timer: 1, Method: 3, Desired: 5 } as const
const utf8 = new TextEncoder()

test('telemetry, desired values, acknowledgements and commands allocate nothing', async () => {
  const source = eventSource(() => guest.memory)
  let replies = 0
  let reports = 0
  let timers = 0
  const guest: Guest = await run((await buildApp({ app: 'thermostat' })).wasm, {
    event: source.imports,
    device: { uptime: () => BigInt(reports) * 1000n },
    adc: { millivolts: () => 700 + (reports % 3) * 10 },
    timer: { start: () => timers++ },
    hub: { reply_written: () => { replies++; return 0 } },
    twin: { report: () => { reports++; return 0 } },
  })
  const event = (kind: number, id: number, payload = '', name = ''): void => {
    source.payload = utf8.encode(payload)
    source.name = utf8.encode(name)
    guest.call['on_event']!(kind, id)
  }
  const desired = (version: number): string => JSON.stringify({
    thermostat: { __t: 'c', targetTemperature: 20 + version % 5, mode: version % 2 === 0 ? 'off' : 'heat', limits: { lowest: 1, highest: 30, other: [{}] } }, $version: version,
  })
  event(Event.Desired, 0, desired(1))
  const before = guest.heapBytes()
  expect([reports, before > 0]).toEqual([3, true])
  for (let version = 2; version < 200; version++) {
    event(Event.Desired, 1, desired(version))
    event(Event.Method, version, '-1', 'reboot')
    event(Event.Timer, 0)
    event(Event.Timer, timers - 1) // the valve has turned
  }
  expect(replies).toBe(198)
  expect(reports).toBeGreaterThanOrEqual(3 + 3 * 198)
  expect(guest.heapBytes()).toBe(before)
})
