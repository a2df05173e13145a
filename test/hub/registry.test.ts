// The hub's devices: creating, changing, listing and removing identities.

import { expect, test } from 'vitest'
import { bench, connectPacket, KEY, OTHER_KEY, Peer, token } from './bench.js'

test('a device is created with keys of its own and a connection string', () => {
  const { hub } = bench()
  const { authentication, status } = hub.devices.create({ deviceId: 'new' })
  expect(status).toBe('enabled')
  expect(authentication.primaryKey).not.toBe(authentication.secondaryKey)
  expect(Buffer.from(authentication.primaryKey, 'base64')).toHaveLength(32)
  expect(hub.connectionString('new')).toBe(`HostName=hub.test;DeviceId=new;SharedAccessKey=${authentication.primaryKey}`)
  expect(hub.connectionString('new', { port: 8884 })).toContain('HostName=hub.test:8884;')
})

test('devices are listed and found, and are gone after removal with twin and queue', () => {
  const { hub } = bench()
  hub.twin('d1').patchTags({ a: 1 })
  hub.send('d1', { body: 'x' })
  expect(hub.devices.list().map(({ deviceId }) => deviceId)).toEqual(['d1'])
  const before = hub.devices.get('d1')!.generationId
  hub.devices.remove('d1')
  expect(hub.devices.get('d1')).toBeUndefined()
  expect(hub.devices.create({ deviceId: 'd1' }).generationId).not.toBe(before)
  expect([hub.twin('d1').document().tags, hub.queueLength('d1')]).toEqual([{}, 0])
})

test('a changed key counts from the next connection on', () => {
  const { hub } = bench()
  hub.devices.update('d1', { primaryKey: Buffer.alloc(16, 3).toString('base64'), secondaryKey: Buffer.alloc(64, 4).toString('base64') })
  const old = new Peer(hub)
  old.bytes(connectPacket())
  const fresh = new Peer(hub)
  fresh.bytes(connectPacket({ password: Buffer.from(token({ key: Buffer.alloc(16, 3).toString('base64') })) }))
  expect([old.packets, fresh.packets]).toMatchObject([[{ returnCode: 5 }], [{ returnCode: 0 }]])
})

test('a change with a stale etag is refused', () => {
  const { hub } = bench()
  const { etag } = hub.devices.get('d1')!
  hub.devices.update('d1', { status: 'disabled', ifMatch: etag })
  expect(() => hub.devices.update('d1', { status: 'enabled', ifMatch: etag })).toThrow(expect.objectContaining({ code: 'PreconditionFailed' }))
})

test.each(['a', 'x'.repeat(128), "-:.+%_#*?!(),=@;$'", 'Ä', 'a b', 'a/b', '', 'x'.repeat(129), 'a\n'].map((id, i) => [id, i < 3]))('the device id %j is allowed: %s', (deviceId, allowed) => {
  const { hub } = bench()
  const create = () => hub.devices.create({ deviceId: deviceId as string })
  if (allowed) {
    expect(create().deviceId).toBe(deviceId)
  } else {
    expect(create).toThrow(expect.objectContaining({ code: 'ArgumentInvalid' }))
  }
})

test.each([['not base64!'], [Buffer.alloc(15).toString('base64')], [Buffer.alloc(65).toString('base64')], ['']])('the key %j is refused, and the error does not quote it', (primaryKey) => {
  const { hub } = bench()
  expect(() => hub.devices.create({ deviceId: 'k', primaryKey })).toThrow('primaryKey must be base64 of 16 to 64 bytes')
})

const code = (wanted: string) => expect.objectContaining({ code: wanted })

test('a device is created once, and one that does not exist is told so', () => {
  const { hub } = bench()
  expect(() => hub.devices.create({ deviceId: 'd1', primaryKey: KEY, secondaryKey: OTHER_KEY })).toThrow(code('DeviceAlreadyExists'))
  expect(() => hub.devices.update('no', {})).toThrow(code('DeviceNotFound'))
  expect(() => hub.devices.remove('no')).toThrow(code('DeviceNotFound'))
  expect(() => hub.connectionString('no')).toThrow(code('DeviceNotFound'))
  expect(() => hub.twin('no')).toThrow(code('DeviceNotFound'))
  expect(() => hub.disconnect('no')).toThrow(code('DeviceNotFound'))
})
