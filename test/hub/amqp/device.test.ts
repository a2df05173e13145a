// A device over AMQP: how it proves itself, what it sends, what it is sent.

import { expect, test } from 'vitest'
import { HOST, KEY, reasons, START_MS, token } from '../bench.js'
import { signSas } from '../../../src/hub/index.js'
import { amqpBench, Client, data, nextMessage, rhea, settled, textIn } from './peer.js'

const EVENTS = '/devices/d1/messages/events'
const DEVICEBOUND = '/devices/d1/messages/devicebound'
const METHODS = '/devices/d1/methods/devicebound'
const TWIN = '/devices/d1/twin'

test('a put-token with the device\'s token is answered with the int 200, a wrong one with 401', async () => {
  const one = amqpBench()
  expect(await new Client(one).put(token())).toBe(200)
  expect(await new Client(one).put(token({ key: Buffer.alloc(32, 9).toString('base64') }))).toBe(401)
  expect(await new Client(one).put(token({ lifeSeconds: -1 }))).toBe(401)
  expect(await new Client(one).put('Bearer x')).toBe(401)
  expect(reasons(one)).toEqual(['wrong-signature', 'expired-token', 'malformed-token'])
})

test('telemetry is accepted once it is kept and has its properties', async () => {
  const one = amqpBench()
  const client = await Client.device(one)
  const sender = await client.sender(EVENTS)
  const stored: unknown[] = []
  one.hub.onMessage((message) => stored.push(message))
  const outcome = await client.send(sender, {
    message_id: 'm1', content_type: 'application/json', content_encoding: 'utf-8', user_id: Buffer.from('u') as never,
    message_annotations: { 'dt-subject': 'boiler' }, application_properties: { hot: 'yes', n: 5 }, body: data('{"c":93}')
  })
  expect(outcome).toBe('accepted')
  expect(stored).toMatchObject([{
    deviceId: 'd1', properties: { hot: 'yes', n: '5' }, authMethod: expect.stringContaining('"type":"sas"'),
    system: { messageId: 'm1', contentType: 'application/json', contentEncoding: 'utf-8', userId: 'u', component: 'boiler' }
  }])
  expect(one.hub.connections()).toMatchObject([{ deviceId: 'd1' }])
})

test('telemetry above 256 KiB is rejected as too large and the link goes on', async () => {
  const one = amqpBench()
  const client = await Client.device(one)
  const sender = await client.sender(EVENTS)
  expect(await client.send(sender, { body: data('x'.repeat(256 * 1024 + 1)) })).toBe('amqp:link:message-size-exceeded')
  expect(await client.send(sender, { body: data('x'.repeat(256 * 1024)) })).toBe('accepted')
  sender.send({ body: data('x'.repeat(400 * 1024)) })
  await client.ending()
  expect(client.conditions).toEqual(['amqp:link:message-size-exceeded'])
})

test('without a token, and with another device\'s, a device link is refused', async () => {
  const one = amqpBench()
  one.hub.devices.create({ deviceId: 'd2', primaryKey: KEY })
  await expect(new Client(one).sender(EVENTS)).rejects.toThrow('amqp:unauthorized-access')
  const other = new Client(one)
  await other.put(token({ deviceId: 'd2' }))
  await expect(other.sender(EVENTS)).rejects.toThrow('amqp:unauthorized-access')
  expect(reasons(one)).toEqual(['no-credentials', 'no-credentials'])
  expect(one.hub.connections()).toEqual([])
})

test('a token of the hub\'s own with DeviceConnect speaks for any device', async () => {
  const one = amqpBench()
  const client = new Client(one)
  const sas = `${signSas({ resource: HOST, key: one.hub.policies.get('device')!.primaryKey, expiry: START_MS / 1000 + 60 })}&skn=device`
  expect(await client.put(sas)).toBe(200)
  expect(await client.send(await client.sender(EVENTS), { body: data('1') })).toBe('accepted')
  await expect(client.sender('/messages/devicebound')).rejects.toThrow('amqp:unauthorized-access')
})

test('SASL PLAIN with a token is as good as a put-token; with a wrong one the connection ends', async () => {
  const one = amqpBench()
  const client = new Client(one, { username: `d1@sas.${HOST}`, password: token() })
  expect(await client.send(await client.sender(EVENTS), { body: data('1') })).toBe('accepted')
  const wrong = new Client(one, { username: `d1@sas.${HOST}`, password: 'SharedAccessSignature nothing' })
  await wrong.event('connection_error')
  expect(one.amqp.connectionCount).toBe(1)
  expect(reasons(one)).toEqual(['malformed-token', 'sasl-refused'])
})

test.each([['accept', 0, 'Success'], ['reject', 0, 'Rejected'], ['release', 1, undefined]] as const)('a message to the device ends as it is settled: %s', async (how, left, outcome) => {
  const one = amqpBench()
  const client = await Client.device(one)
  one.hub.send('d1', { body: 'go', messageId: 'm1', properties: { k: 'v' }, ack: 'full' })
  const receiver = await client.receiver(DEVICEBOUND)
  await settled()
  expect(one.hub.queueLength('d1')).toBe(1)
  receiver.add_credit(1)
  const { message, delivery } = await nextMessage(receiver)
  expect(message).toMatchObject({ message_id: 'm1', to: '/devices/d1/messages/deviceBound', application_properties: { 'k': 'v', 'iothub-ack': 'full' } })
  expect(textIn(message!)).toBe('go')
  delivery![how]()
  await settled()
  expect(one.hub.queueLength('d1')).toBe(left)
  expect(one.events.flatMap((event) => event.type === 'c2d' ? [event.outcome] : [])).toEqual(outcome === undefined ? [] : [outcome])
})

test('an abandoned message comes again, with its count, when there is credit', async () => {
  const one = amqpBench()
  const client = await Client.device(one)
  const receiver = await client.receiver(DEVICEBOUND)
  receiver.add_credit(1)
  one.hub.send('d1', { body: 'go' })
  const first = await nextMessage(receiver)
  first.delivery!.release()
  await settled()
  receiver.add_credit(1)
  const second = await nextMessage(receiver)
  expect(second.message!.delivery_count).toBe(1)
})

test('a message that is locked when the link ends is delivered to the next connection', async () => {
  const one = amqpBench()
  const client = await Client.device(one)
  const receiver = await client.receiver(DEVICEBOUND)
  receiver.add_credit(5)
  one.hub.send('d1', { body: 'go' })
  await nextMessage(receiver)
  receiver.close()
  await settled()
  expect(one.hub.connections()).toEqual([])
  const again = await client.receiver(DEVICEBOUND)
  again.add_credit(5)
  expect(textIn((await nextMessage(again)).message!)).toBe('go')
})

test('a method call goes out with its name and its answer comes back', async () => {
  const one = amqpBench()
  const client = await Client.device(one)
  const sender = await client.sender(METHODS)
  const receiver = await client.receiver(METHODS)
  receiver.add_credit(10)
  await settled()
  receiver.on('message', ({ message }) => {
    expect(message!.application_properties).toEqual({ 'IoThub-methodname': 'brew' })
    sender.send({ correlation_id: message!.correlation_id!, application_properties: { 'IoThub-status': rhea.types.wrap_int(201) }, body: data(`{"got":${textIn(message!)}}`) })
  })
  expect(await one.hub.invoke('d1', { method: 'brew', payload: { cups: 2 } })).toEqual({ status: 201, payload: { got: { cups: 2 } } })
})

test('without the methods link a device is not online for methods', async () => {
  const one = amqpBench()
  const client = await Client.device(one)
  await client.sender(EVENTS)
  await expect(one.hub.invoke('d1', { method: 'brew' })).rejects.toMatchObject({ code: 'DeviceNotOnline' })
  const receiver = await client.receiver(METHODS)
  receiver.close()
  await settled()
  await expect(one.hub.invoke('d1', { method: 'brew' })).rejects.toMatchObject({ code: 'DeviceNotOnline' })
})

async function twinOf(client: Client) {
  const sender = await client.sender(TWIN, { snd_settle_mode: 1 })
  const receiver = await client.receiver(TWIN)
  receiver.add_credit(10)
  return {
    receiver,
    async ask(operation: string, resource?: string, body = ' ') {
      const reply = nextMessage(receiver)
      sender.send({ correlation_id: 'c1', message_annotations: { operation, ...(resource === undefined ? {} : { resource }) }, body: data(body) })
      const { message } = await reply
      expect(message!.correlation_id).toBe('c1')
      const { status, version } = message!.message_annotations as { status: number; version?: number }
      const text = textIn(message!)
      return { status, ...(version === undefined ? {} : { version }), body: text === '' ? '' : JSON.parse(text) as unknown }
    }
  }
}

test('the twin is read, reported and refused with its status', async () => {
  const one = amqpBench()
  const { ask } = await twinOf(await Client.device(one))
  expect(await ask('GET')).toEqual({ status: 200, body: { desired: { $version: 1 }, reported: { $version: 1 } } })
  expect(await ask('PATCH', '/properties/reported', '{"t":93}')).toEqual({ status: 204, version: 2, body: '' })
  expect(one.hub.twin('d1').document().properties.reported).toMatchObject({ t: 93 })
  expect(await ask('PATCH', '/properties/reported', '{"t":')).toMatchObject({ status: 400, body: { errorCode: 400004 } })
  expect(await ask('PATCH', '/tags', '{}')).toMatchObject({ status: 400 })
})

test('changes of desired are told from PUT to DELETE', async () => {
  const one = amqpBench()
  const { ask, receiver } = await twinOf(await Client.device(one))
  one.hub.twin('d1').patchDesired({ a: 1 })
  expect(await ask('PUT', '/notifications/twin/properties/desired')).toEqual({ status: 200, body: '' })
  const told = nextMessage(receiver)
  one.hub.twin('d1').patchDesired({ a: null, b: 2 })
  const { message } = await told
  expect([message!.correlation_id, JSON.parse(textIn(message!))]).toEqual([undefined, { a: null, b: 2, $version: 3 }])
  expect(await ask('DELETE', '/notifications/twin/properties/desired')).toEqual({ status: 204, body: '' })
  one.hub.twin('d1').patchDesired({ c: 3 })
  expect((await ask('GET')).status).toBe(200)
})

test('a module sends with its output and receives on its inputs', async () => {
  const one = amqpBench()
  one.hub.devices.create({ deviceId: 'd1', moduleId: 'm', authentication: { type: 'sas', primaryKey: KEY } })
  const client = new Client(one)
  await client.put(signSas({ resource: `${HOST}/devices/d1/modules/m`, key: KEY, expiry: START_MS / 1000 + 60 }))
  const sender = await client.sender('/devices/d1/modules/m/messages/events')
  const stored: unknown[] = []
  one.hub.onMessage((message) => stored.push(message))
  expect(await client.send(sender, { application_properties: { 'iothub-outputname': 'out' }, body: data('1') })).toBe('accepted')
  expect(stored).toMatchObject([{ deviceId: 'd1', moduleId: 'm', system: { outputName: 'out' }, properties: {} }])
  const receiver = await client.receiver('/devices/d1/modules/m/messages/events')
  receiver.add_credit(1)
  one.hub.send('d1/m', { body: 'x', inputName: 'in' })
  expect((await nextMessage(receiver)).message!.message_annotations).toMatchObject({ 'x-opt-input-name': 'in' })
})

test('a token that expires ends the links of its device; one renewed in time does not', async () => {
  const one = amqpBench()
  const client = new Client(one)
  await client.put(token({ lifeSeconds: 60 }))
  await client.sender(EVENTS)
  await client.put(token({ lifeSeconds: 120 }))
  one.clock.advance(61_000)
  await settled()
  expect(client.conditions).toEqual([])
  one.clock.advance(60_000)
  await client.ending()
  expect([client.conditions, one.hub.connections()]).toEqual([['amqp:unauthorized-access'], []])
  expect(reasons(one)).toEqual(['token-expired'])
})

test('a second connection of the device takes over from the first', async () => {
  const one = amqpBench()
  const first = await Client.device(one)
  await first.sender(EVENTS)
  const second = await Client.device(one)
  await second.sender(EVENTS)
  await settled()
  expect([first.conditions, reasons(one), one.hub.connections().length]).toEqual([['amqp:link:stolen'], ['replaced'], 1])
})

test('a removed device loses its links', async () => {
  const one = amqpBench()
  const client = await Client.device(one)
  await client.sender(EVENTS)
  one.hub.devices.remove('d1')
  await settled()
  expect([client.conditions, reasons(one)]).toEqual([['amqp:not-found'], ['device-removed']])
})

test('an id with percent signs and slashes of its own is found as it is and percent-encoded', async () => {
  const one = amqpBench()
  one.hub.devices.create({ deviceId: 'd#+%41', primaryKey: KEY })
  const client = new Client(one)
  await client.put(signSas({ resource: `${HOST}/devices/d#+%41`, key: KEY, expiry: START_MS / 1000 + 60 }))
  await client.sender('/devices/d#+%41/messages/events')
  await client.sender(`/devices/${encodeURIComponent('d#+%41')}/messages/events`)
  expect(one.hub.connections()).toMatchObject([{ deviceId: 'd#+%41' }])
})
