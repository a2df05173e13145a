// Direct methods: requests, replies and every way in which none comes.

import { expect, test } from 'vitest'
import { bench, connectPacket, FILTER, KEY, Peer, reasons, token } from './bench.js'

function online() {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.subscribe(FILTER.methods)
  return { ...one, one, peer }
}

test('a call goes out on its topic at once and the reply resolves it', async () => {
  const { hub, peer } = online()
  const call = hub.invoke('d1', { method: 'brew', payload: { cups: 2 } })
  expect(peer.published).toEqual([['$iothub/methods/POST/brew/?$rid=1', '{"cups":2}']])
  peer.publish('$iothub/methods/res/200/?$rid=1', '{"ok":true}')
  expect(await call).toEqual({ status: 200, payload: { ok: true } })
})

test('a call without payload sends null, and a reply without body is null', async () => {
  const { hub, peer } = online()
  const call = hub.invoke('d1', { method: 'm' })
  peer.publish('$iothub/methods/res/501/?$rid=1')
  expect(peer.published[0]![1]).toBe('null')
  expect(await call).toEqual({ status: 501, payload: null })
})

test('replies find their calls by request id, in any order', async () => {
  const { hub, peer } = online()
  const calls = [hub.invoke('d1', { method: 'a' }), hub.invoke('d1', { method: 'b' })]
  peer.publish('$iothub/methods/res/202/?$rid=2', '2')
  peer.publish('$iothub/methods/res/201/?$rid=1', '1')
  expect(await Promise.all(calls)).toEqual([{ status: 201, payload: 1 }, { status: 202, payload: 2 }])
})

test('a call that is not answered ends after its timeout, and a later reply is told and ignored', async () => {
  const { hub, one, clock, peer } = online()
  const call = hub.invoke('d1', { method: 'm', responseTimeoutMs: 5000 })
  clock.advance(5000)
  await expect(call).rejects.toMatchObject({ code: 'DeviceTimeout', number: 504101, status: 504 })
  peer.publish('$iothub/methods/res/200/?$rid=1', '1')
  expect([reasons(one), peer.closed]).toEqual([['late-reply'], false])
})

test('a timeout is 30 s if none is given', async () => {
  const { hub, clock } = online()
  let ended = false
  const call = hub.invoke('d1', { method: 'm' }).catch(() => { ended = true })
  clock.advance(29_999)
  await Promise.resolve()
  expect(ended).toBe(false)
  clock.advance(1)
  await call
  expect(ended).toBe(true)
})

test('a reply that is not JSON is a bad device response', async () => {
  const { hub, one, peer } = online()
  const call = hub.invoke('d1', { method: 'm' })
  peer.publish('$iothub/methods/res/200/?$rid=1', '{"a":')
  await expect(call).rejects.toMatchObject({ code: 'BadDeviceResponse', status: 502 })
  expect(reasons(one)).toEqual(['malformed-reply'])
})

test('a reply of more than 128 KiB is a bad device response', async () => {
  const { hub, peer } = online()
  const call = hub.invoke('d1', { method: 'm' })
  peer.publish('$iothub/methods/res/200/?$rid=1', JSON.stringify('x'.repeat(131_072)))
  await expect(call).rejects.toMatchObject({ code: 'BadDeviceResponse' })
})

test('another device cannot answer', async () => {
  const { hub, one, clock } = online()
  hub.devices.create({ deviceId: 'd2', primaryKey: KEY })
  const call = hub.invoke('d1', { method: 'm' })
  Peer.connected(hub, { clientId: 'd2', username: 'hub.test/d2/', password: Buffer.from(token({ deviceId: 'd2' })) }).publish('$iothub/methods/res/200/?$rid=1', '1')
  clock.advance(30_000)
  await expect(call).rejects.toMatchObject({ code: 'DeviceTimeout' })
  expect(reasons(one)).toEqual(['late-reply'])
})

test('a device that is not connected, or not subscribed, is not online', async () => {
  const { hub } = bench()
  await expect(hub.invoke('d1', { method: 'm' })).rejects.toMatchObject({ code: 'DeviceNotOnline', number: 404103 })
  Peer.connected(hub)
  await expect(hub.invoke('d1', { method: 'm' })).rejects.toMatchObject({ code: 'DeviceNotOnline' })
})

test('a connect timeout waits for the device to connect and subscribe', async () => {
  const { hub, clock } = bench()
  const call = hub.invoke('d1', { method: 'm', connectTimeoutMs: 10_000 })
  clock.advance(9_000)
  const peer = Peer.connected(hub)
  peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.methods, qos: 0 }] })
  expect(peer.packets.map(({ cmd }) => cmd)).toEqual(['suback', 'publish'])
  peer.publish('$iothub/methods/res/200/?$rid=1', '1')
  expect(await call).toEqual({ status: 200, payload: 1 })
})

test('a connect timeout is enough for a device whose session is resumed', () => {
  const { hub, peer } = online()
  peer.cut()
  hub.invoke('d1', { method: 'm', connectTimeoutMs: 1000 }).catch(() => {})
  const again = new Peer(hub)
  again.bytes(connectPacket())
  expect(again.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'publish'])
})

test('a connect timeout ends', async () => {
  const { hub, clock } = bench()
  const call = hub.invoke('d1', { method: 'm', connectTimeoutMs: 1000 })
  clock.advance(1000)
  await expect(call).rejects.toMatchObject({ code: 'DeviceNotOnline' })
})

test('a device may reconnect between request and reply', async () => {
  const { hub, peer } = online()
  const call = hub.invoke('d1', { method: 'm' })
  peer.send({ cmd: 'disconnect' })
  Peer.connected(hub).publish('$iothub/methods/res/200/?$rid=1', '1')
  expect(await call).toEqual({ status: 200, payload: 1 })
})

test.each([
  [{ method: '' }],
  [{ method: 'a b' }],
  [{ method: 'a/b' }],
  [{ method: 'a#' }],
  [{ method: 'é' }],
  [{ method: 'm', responseTimeoutMs: 0 }],
  [{ method: 'm', responseTimeoutMs: 300_001 }],
  [{ method: 'm', connectTimeoutMs: -1 }],
  [{ method: 'm', payload: 'x'.repeat(131_071) }],
  [{ method: 'm', payload: () => 1 }]
])('the call %j is an invalid argument', async (call) => {
  await expect(online().hub.invoke('d1', call)).rejects.toMatchObject({ code: 'ArgumentInvalid' })
})

test('a call to a device that does not exist says so', async () => {
  await expect(bench().hub.invoke('nobody', { method: 'm' })).rejects.toMatchObject({ code: 'DeviceNotFound' })
})
