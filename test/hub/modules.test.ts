// Modules over MQTT: their own topics, twins, methods, outputs and inputs.

import { expect, test } from 'vitest'
import type { DeviceMessage } from '../../src/hub/index.js'
import { bench, KEY, Peer, reasons, token } from './bench.js'

const ROOT = 'devices/d1/modules/m/'

function online() {
  const one = bench()
  one.hub.devices.create({ deviceId: 'd1', moduleId: 'm', primaryKey: KEY })
  const peer = Peer.connected(one.hub, { clientId: 'd1/m', username: 'hub.test/d1/m/?api-version=2021-04-12', password: Buffer.from(token({ deviceId: 'd1/modules/m' })) })
  return { ...one, peer }
}

test('a module and its device are connected side by side', () => {
  const { hub } = online()
  Peer.connected(hub)
  expect(hub.connections().map(({ deviceId, moduleId }) => [deviceId, moduleId])).toEqual([['d1', undefined], ['d1', 'm']])
})

test('an output names the module and itself', () => {
  const { hub, peer } = online()
  const seen: DeviceMessage[] = []
  hub.onMessage((message) => seen.push(message))
  peer.publish(`${ROOT}messages/events/%24.on=hot&a=1/`, 'x')
  expect(seen).toMatchObject([{ deviceId: 'd1', moduleId: 'm', system: { outputName: 'hot' }, properties: { a: '1' }, authMethod: expect.stringContaining('"scope":"module"') }])
})

test.each([`${ROOT}inputs/#`, `${ROOT}#`])('a message to an input arrives under %s with who sent it', (filter) => {
  const { hub, peer, events } = online()
  peer.subscribe(filter)
  hub.send('d1/m', { body: 'x', messageId: 'i', inputName: 'temp', sender: { deviceId: 'd9', moduleId: 'm9' }, properties: { a: '1' } })
  expect(peer.published).toEqual([[`${ROOT}inputs/temp/%24.mid=i&%24.cdid=d9&%24.cmid=m9&a=1`, 'x']])
  peer.send({ cmd: 'puback', messageId: 1 })
  expect(events.at(-1)).toMatchObject({ type: 'c2d', moduleId: 'm', outcome: 'Success' })
})

test.each(['a/b', '#', '+', '', 'a\n', 'x'.repeat(129)])('the input %j is refused', (inputName) => {
  const { hub } = online()
  expect(() => hub.send('d1/m', { body: 'x', inputName })).toThrow(expect.objectContaining({ code: 'ArgumentInvalid' }))
})

test('a device has no inputs', () => {
  expect(() => online().hub.send('d1', { body: 'x', inputName: 'in' })).toThrow(expect.objectContaining({ code: 'ArgumentInvalid' }))
})

test.each(['devices/d1/modules/m2/inputs/#', 'devices/d1/inputs/#', 'devices/d1/#', 'devices/+/modules/m/#', 'devices/d1/modules/+/inputs/#', '#'])('a module may not subscribe to %s', (filter) => {
  const one = online()
  one.peer.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: filter, qos: 1 }] })
  expect(one.peer.packets).toMatchObject([{ cmd: 'suback', granted: [0x80] }])
  expect(reasons(one)).toEqual(['undocumented-filter'])
})

test.each(['devices/d1/messages/events/', 'devices/d1/modules/m2/messages/events/'])('a module may not publish to %s', (topic) => {
  const one = online()
  one.peer.publish(topic, 'x')
  expect([one.peer.closed, reasons(one)]).toEqual([true, ['foreign-topic']])
})

test('its twin is its own', () => {
  const { hub, peer } = online()
  peer.subscribe('$iothub/twin/res/#', '$iothub/twin/PATCH/properties/desired/#')
  hub.twin('d1').patchDesired({ device: 1 })
  hub.twin('d1/m').patchDesired({ module: 1 })
  peer.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', '{"r":1}')
  expect(peer.published).toEqual([['$iothub/twin/PATCH/properties/desired/?$version=2', '{"module":1,"$version":2}'], ['$iothub/twin/res/204/?$rid=1&$version=2', '']])
  expect(hub.twin('d1').document().properties.reported).not.toHaveProperty('r')
})

test('its methods are its own', async () => {
  const { hub, peer } = online()
  peer.subscribe('$iothub/methods/POST/#')
  const call = hub.invoke({ deviceId: 'd1', moduleId: 'm' }, { method: 'start', payload: 1 })
  peer.publish(`$iothub/methods/res/200/${peer.published[0]![0].slice('$iothub/methods/POST/start/'.length)}`, '"done"')
  await expect(call).resolves.toEqual({ status: 200, payload: 'done' })
  await expect(hub.invoke('d1', { method: 'start' })).rejects.toMatchObject({ code: 'DeviceNotOnline' })
})

test.each([['the device\'s token', token()], ['a token for another module', token({ deviceId: 'd1/modules/m2' })], ['a token that only begins alike', token({ deviceId: 'd1/modules/m/x' })]])('%s does not open a module with another key', (_what, password) => {
  const one = bench()
  one.hub.devices.create({ deviceId: 'd1', moduleId: 'm' })
  Peer.connected(one.hub, { clientId: 'd1/m', username: 'hub.test/d1/m/', password: Buffer.from(password) })
  expect(reasons(one)).toEqual([expect.stringMatching(/^(wrong-signature|foreign-token)$/)])
})

test('a module that was removed is disconnected, its device is not', () => {
  const one = online()
  const device = Peer.connected(one.hub)
  one.hub.devices.remove('d1/m')
  expect([one.peer.closed, device.closed]).toEqual([true, false])
})

test('the connection string of a module names it', () => {
  expect(online().hub.connectionString('d1/m')).toBe(`HostName=hub.test;DeviceId=d1;ModuleId=m;SharedAccessKey=${KEY}`)
})
