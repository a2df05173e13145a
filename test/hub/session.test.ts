// Sessions and connections: what survives a reconnect, and what ends a connection.

import { expect, test } from 'vitest'
import { Session } from '../../src/hub/domain/session.js'
import { bench, connectPacket, FILTER, Peer, reasons, token } from './bench.js'

const goodbye = { cmd: 'disconnect' } as const

test('subscriptions of both QoS are there after DISCONNECT and CONNECT without SUBSCRIBE', () => {
  const { hub } = bench()
  const before = Peer.connected(hub)
  before.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.desired, qos: 0 }, { topic: FILTER.c2d, qos: 1 }] })
  before.send(goodbye)
  const after = new Peer(hub)
  after.bytes(connectPacket())
  hub.twin('d1').patchDesired({ a: 1 })
  hub.send('d1', { body: 'hi', messageId: 'm' })
  expect(after.packets[0]).toMatchObject({ cmd: 'connack', returnCode: 0, sessionPresent: true })
  expect(after.published).toEqual([
    ['$iothub/twin/PATCH/properties/desired/?$version=2', '{"a":1,"$version":2}'],
    ['devices/d1/messages/devicebound/%24.mid=m&%24.to=%2Fdevices%2Fd1%2Fmessages%2FdeviceBound', 'hi']
  ])
})

test('a clean session forgets the one before and is not kept itself', () => {
  const { hub } = bench()
  Peer.connected(hub).subscribe(FILTER.desired)
  const clean = new Peer(hub)
  clean.bytes(connectPacket({ clean: true }))
  expect(clean.packets[0]).toMatchObject({ sessionPresent: false })
  clean.subscribe(FILTER.desired)
  clean.cut()
  const after = new Peer(hub)
  after.bytes(connectPacket())
  hub.twin('d1').patchDesired({ a: 1 })
  expect(after.packets).toMatchObject([{ cmd: 'connack', sessionPresent: false }])
})

test('UNSUBSCRIBE ends a stream for later connections too', () => {
  const { hub } = bench()
  const peer = Peer.connected(hub)
  peer.subscribe(FILTER.desired)
  peer.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: [FILTER.desired] })
  expect(peer.packets).toMatchObject([{ cmd: 'unsuback', messageId: 2 }])
  const after = Peer.connected(hub)
  hub.twin('d1').patchDesired({ a: 1 })
  expect([...peer.published, ...after.published]).toEqual([])
})

test('the sixth subscription is refused and the five others stay', () => {
  const session = new Session()
  const granted = ['a', 'b', 'c', 'd', 'e', 'f', 'a'].map((filter) => session.subscribe({ filter, stream: 'c2d', qos: 1 }))
  expect(granted).toEqual([true, true, true, true, true, false, true])
})

test('overlapping subscriptions deliver a message once, at the higher QoS', () => {
  const { hub } = bench()
  const peer = Peer.connected(hub)
  peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: FILTER.c2d, qos: 0 }, { topic: 'devices/+/messages/devicebound/#', qos: 1 }] })
  peer.packets.length = 0
  hub.send('d1', { body: 'x' })
  expect(peer.packets).toMatchObject([{ cmd: 'publish', qos: 1 }])
})

test('a filter of another device is refused with 0x80 and the connection goes on', () => {
  const one = bench()
  const peer = Peer.connected(one.hub)
  peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'devices/d2/messages/devicebound/#', qos: 1 }] })
  expect(peer.packets).toMatchObject([{ cmd: 'suback', granted: [0x80] }])
  expect(reasons(one)).toEqual(['undocumented-filter'])
  expect(peer.closed).toBe(false)
})

test('a new connection of the same device wins and the old one ends as 400027', () => {
  const one = bench()
  const old = Peer.connected(one.hub)
  const fresh = Peer.connected(one.hub)
  expect([old.closed, fresh.closed]).toEqual([true, false])
  expect(one.events.find(({ type }) => type === 'disconnected')).toMatchObject({ reason: 'replaced', code: 400027 })
  old.cut()
  expect(one.hub.connections()).toHaveLength(1)
})

test.each([
  ['1.5 times the keep-alive', 60, 90_000],
  ['1767 s at most', 65_535, 1_767_000],
  ['1767 s without a keep-alive', 0, 1_767_000]
])('a silent connection ends after %s', (_name, keepalive, limitMs) => {
  const one = bench()
  const peer = Peer.connected(one.hub, { keepalive })
  one.clock.advance(limitMs - 1)
  expect(peer.closed).toBe(false)
  one.clock.advance(1)
  expect(peer.closed).toBe(true)
  expect(reasons(one)).toEqual(['keep-alive'])
})

test('any packet, even half of one, is a sign of life', () => {
  const one = bench()
  const peer = Peer.connected(one.hub, { keepalive: 60 })
  one.clock.advance(80_000)
  peer.send({ cmd: 'pingreq' })
  expect(peer.packets).toMatchObject([{ cmd: 'pingresp' }])
  one.clock.advance(80_000)
  peer.bytes(Uint8Array.of(0xc0))
  one.clock.advance(89_999)
  expect(peer.closed).toBe(false)
})

test('a connection ends when its token does, and a reconnect with a new one resumes the session', () => {
  const one = bench()
  const peer = Peer.connected(one.hub, { password: Buffer.from(token({ lifeSeconds: 600 })) })
  one.clock.advance(599_999)
  expect(peer.closed).toBe(false)
  one.clock.advance(1)
  expect(peer.closed).toBe(true)
  expect(reasons(one)).toEqual(['token-expired'])
  const again = new Peer(one.hub)
  again.bytes(connectPacket())
  expect(again.packets).toMatchObject([{ returnCode: 0, sessionPresent: true }])
})

const will = { topic: 'devices/d1/messages/events/a=1', payload: Buffer.from('gone'), qos: 1 as const }

test('the will of a connection that was cut is telemetry, marked as such', () => {
  const { hub } = bench()
  const seen: unknown[] = []
  hub.onMessage(({ body, properties }) => seen.push([Buffer.from(body).toString(), { ...properties }]))
  Peer.connected(hub, { will }).cut()
  expect(seen).toEqual([['gone', { a: '1', 'iothub-MessageType': 'Will' }]])
})

test('the will of a connection that said goodbye is forgotten', () => {
  const { hub } = bench()
  let count = 0
  hub.onMessage(() => count++)
  const peer = Peer.connected(hub, { will })
  peer.send(goodbye)
  peer.cut()
  expect(count).toBe(0)
})

test('a disabled, a removed and a dismissed device are disconnected with a reason each', () => {
  const one = bench()
  Peer.connected(one.hub)
  one.hub.disconnect('d1')
  Peer.connected(one.hub)
  one.hub.devices.update('d1', { status: 'disabled' })
  one.hub.devices.update('d1', { status: 'enabled' })
  Peer.connected(one.hub)
  one.hub.devices.remove('d1')
  expect(reasons(one)).toEqual(['hub-closed', 'device-disabled', 'device-removed'])
})

test('a connection that is ended while it takes over leaves no ghost', () => {
  const { hub } = bench()
  Peer.connected(hub)
  const stop = hub.onEvent(({ type }) => { if (type === 'disconnected') { hub.disconnect() } })
  const fresh = Peer.connected(hub)
  stop()
  expect([fresh.closed, hub.connections()]).toEqual([true, []])
})

test('connections tells who is connected and since when', () => {
  const { hub, clock } = bench()
  const peer = Peer.connected(hub, { username: 'hub.test/d1/?api-version=1&model-id=dtmi:a;1' })
  peer.subscribe(FILTER.methods)
  expect(hub.connections()).toEqual([{
    deviceId: 'd1', peer: 'peer', tls: null, connectedAt: clock.now(), tokenExpiresAt: clock.now() + 3_600_000,
    subscriptions: [FILTER.methods], modelId: 'dtmi:a;1'
  }])
})

test('closing the hub ends every connection and leaves no timer', async () => {
  const { hub, clock } = bench()
  const peer = Peer.connected(hub)
  const silent = new Peer(hub)
  peer.subscribe(FILTER.c2d, FILTER.methods)
  hub.send('d1', { body: 'x' })
  const call = hub.invoke('d1', { method: 'm' })
  await hub.close()
  await expect(call).rejects.toMatchObject({ code: 'HubClosed' })
  expect([peer.closed, silent.closed, clock.pending]).toEqual([true, true, 0])
})
