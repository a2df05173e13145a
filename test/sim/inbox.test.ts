// What a device does with methods and messages that come faster, larger or at a worse moment than it can take them.

import { expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { simulate, type Device } from '../../src/sim/index.js'

function board(memory: Partial<ReturnType<typeof loadBoard>['memory']>) {
  const { memory: all, ...rest } = loadBoard('coffee-rev-a')
  return { ...rest, memory: { ...all, ...memory } }
}

const said = (device: Device): string[] => device.log().map(({ text }) => text).filter((text) => text.startsWith('The hub says: '))

test('methods that find the inbox full are answered with 429, those before and after them by the app', async () => {
  await using coffee = await simulate('coffee-machine', { board: board({ inboxBytes: 256 }) })
  await coffee.advance('1s')
  const call = { method: 'getMaxMin', payload: { filling: 'x'.repeat(20) } }
  const calls = Array.from({ length: 8 }, () => coffee.world.hub.invoke(coffee.id, call)) // all at once, before the app has its turn
  const statuses = (await coffee.world.until(Promise.all(calls))).map(({ status }) => status)
  expect(statuses).toEqual([200, 200, 200, 429, 429, 429, 429, 429])
  expect((await coffee.invoke('getMaxMin')).status).toBe(200)
})

test('a burst of messages that is many times the inbox is handled whole and in order', async () => {
  await using coffee = await simulate('coffee-machine', { board: board({ inboxBytes: 256 }) })
  await coffee.advance('1s')
  for (let i = 1; i <= 50; i++) coffee.world.hub.send(coffee.id, { body: `${i} ${'x'.repeat(60)}` })
  await coffee.advance('2m')
  expect(said(coffee).map((text) => text.split(' ')[3])).toEqual(Array.from({ length: 50 }, (_, i) => String(i + 1)))
  expect(coffee.queueLength).toBe(0)
})

test('a message larger than the inbox is logged and acknowledged, and those behind it are handled', async () => {
  await using coffee = await simulate('coffee-machine', { board: board({ inboxBytes: 256 }) })
  await coffee.advance('1s')
  await coffee.send('x'.repeat(400))
  await coffee.send('small')
  await coffee.advance('1s')
  expect(coffee.log().map(({ text }) => text)).toContainEqual(expect.stringMatching(/^a message of \d+ bytes is too large for this board: discarded$/))
  expect(said(coffee)).toEqual(['The hub says: small'])
  expect(coffee.queueLength).toBe(0)
})

test('a message larger than the receive buffer is logged and acknowledged, and those behind it are handled', async () => {
  await using coffee = await simulate('coffee-machine', { board: board({ receiveBytes: 1024 }) })
  await coffee.advance('1s')
  await coffee.send('x'.repeat(5000))
  await coffee.send('small')
  await coffee.advance('1s')
  expect(coffee.log().map(({ text }) => text)).toContainEqual(expect.stringMatching(/^a message of \d+ bytes is too large for this board: discarded$/))
  expect(said(coffee)).toEqual(['The hub says: small'])
  expect(coffee.queueLength).toBe(0)
})

test('a message is acknowledged only after its handler returned: one that waits while the app hangs comes again after the reset', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await coffee.advance('30s')
  coffee.faults.inject('watchdog')
  await coffee.send('are you there?')
  await coffee.advance('7s')
  expect(coffee.queueLength).toBe(1)
  expect(said(coffee)).toEqual([])
  await coffee.advance('1m')
  expect(said(coffee)).toEqual(['The hub says: are you there?'])
  expect(coffee.queueLength).toBe(0)
})

test.each(['net.reset', 'hub.kick', 'net.half-open', 'hub.restart'] as const)('messages that were on their way at %s are handled in order, and no acknowledgement is believed that the hub did not get', async (kind) => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await coffee.advance('30s')
  coffee.faults.inject('net.slow', { for: '30s', value: '500ms' })
  for (const body of ['one', 'two', 'three']) await coffee.send(body)
  await coffee.advance('900ms') // handled, and the acknowledgements on their way
  coffee.faults.inject(kind, kind === 'net.reset' ? {} : { for: 0 })
  await coffee.advance('5m')
  // At least once [MQTT-4.3.2-1]: what the hub sends again is handled again.
  expect([...new Set(said(coffee))]).toEqual(['The hub says: one', 'The hub says: two', 'The hub says: three'])
  expect(coffee.queueLength).toBe(0)
})

test('a message that a safe mode leaves unhandled is not acknowledged', async () => {
  await using coffee = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await coffee.advance('30s')
  for (let crash = 0; crash < 3; crash++) {
    coffee.faults.inject('crash')
    await coffee.advance('10s')
  }
  expect(coffee.safeMode).toBe(true)
  await coffee.send('anybody?')
  await coffee.advance('10m')
  expect(said(coffee)).toEqual([])
  expect(coffee.queueLength).toBe(1)
})
