// The service over AMQP: messages to devices, feedback, file notifications, and who may.

import { expect, test } from 'vitest'
import { reasons } from '../bench.js'
import { amqpBench, Client, data, nextMessage, serviceToken, settled, textIn } from './peer.js'

const TO_DEVICES = '/messages/devicebound'
const FEEDBACK = '/messages/serviceBound/feedback'
const FILES = '/messages/serviceBound/filenotifications'

test('a message to a device is accepted once it is queued and kept', async () => {
  const one = amqpBench()
  const client = await Client.service(one)
  const sender = await client.sender(TO_DEVICES)
  const outcome = await client.send(sender, {
    to: '/devices/d1/messages/devicebound', message_id: 'm1', application_properties: { 'iothub-ack': 'full', 'k': 'v' }, body: data('go')
  })
  expect([outcome, one.hub.queueLength('d1')]).toEqual(['accepted', 1])
})

test.each([
  ['/devices/nobody/messages/devicebound', 'amqp:not-found'],
  ['/devices/d1/modules/m/messages/devicebound', 'amqp:not-found'],
  ['/devices/%ff/messages/devicebound', 'com.microsoft:argument-error'],
  ['/elsewhere', 'com.microsoft:argument-error']
])('a message to %s is rejected with %s', async (to, condition) => {
  const one = amqpBench()
  const client = await Client.service(one)
  expect(await client.send(await client.sender(TO_DEVICES), { to, body: data('go') })).toBe(condition)
})

test('the 51st message is rejected for the depth of the queue, one too large for its size', async () => {
  const one = amqpBench()
  const client = await Client.service(one)
  const sender = await client.sender(TO_DEVICES)
  const to = '/devices/d1/messages/devicebound'
  expect(await client.send(sender, { to, body: data('x'.repeat(64 * 1024)) })).toBe('amqp:link:message-size-exceeded')
  for (let i = 0; i < 50; i++) { one.hub.send('d1', { body: 'x' }) }
  expect(await client.send(sender, { to, body: data('x') })).toBe('amqp:resource-limit-exceeded')
})

test('a message whose time is over expires in the queue', async () => {
  const one = amqpBench()
  const client = await Client.service(one)
  await client.send(await client.sender(TO_DEVICES), { to: '/devices/d1/messages/devicebound', absolute_expiry_time: new Date(one.clock.now() - 1000), body: data('late') })
  one.clock.advance(10)
  expect(one.hub.queueLength('d1')).toBe(0)
})

test('feedback comes with credit, and comes again when it is abandoned', async () => {
  const one = amqpBench()
  const client = await Client.service(one)
  one.hub.send('d1', { body: 'x', messageId: 'm1', ack: 'full' })
  one.hub.purge('d1')
  one.clock.advance(15_000)
  const receiver = await client.receiver(FEEDBACK)
  receiver.add_credit(1)
  const first = await nextMessage(receiver)
  expect(first.message).toMatchObject({ content_type: 'application/vnd.microsoft.iothub.feedback.json' })
  expect(first.message!.user_id!.toString()).toBe('hub.test')
  expect(JSON.parse(textIn(first.message!))).toMatchObject([{ originalMessageId: 'm1', deviceId: 'd1', statusCode: 'Purged' }])
  first.delivery!.release()
  await settled()
  receiver.add_credit(1)
  const second = await nextMessage(receiver)
  second.delivery!.accept()
  await settled()
  expect(one.hub.context.feedbackQueue.length).toBe(0)
})

test('what a receiver held unsettled is had by the next one', async () => {
  const one = amqpBench()
  const client = await Client.service(one)
  one.hub.context.fileNotifications.add({ body: '{"deviceId":"d1"}', contentType: 'application/json' })
  const receiver = await client.receiver(FILES)
  receiver.add_credit(10)
  await nextMessage(receiver)
  receiver.close()
  await settled()
  const again = await client.receiver(FILES)
  again.add_credit(10)
  expect(textIn((await nextMessage(again)).message!)).toBe('{"deviceId":"d1"}')
})

test.each(['registryReadWrite', 'device'])('the policy %s does not have the right to connect as a service', async (policy) => {
  const one = amqpBench()
  const client = await Client.service(one, policy)
  for (const address of [TO_DEVICES, '$management']) { await expect(client.sender(address)).rejects.toThrow('amqp:unauthorized-access') }
  await expect(client.receiver(FEEDBACK)).rejects.toThrow('amqp:unauthorized-access')
  expect(reasons(one)).toEqual(['missing-right', 'missing-right', 'missing-right'])
})

test('a policy\'s token that expires ends its links, and the connection after a while', async () => {
  const one = amqpBench()
  const client = new Client(one)
  await client.put(serviceToken(one, 'service', { lifeSeconds: 60 }))
  await client.receiver(FEEDBACK)
  one.clock.advance(60_000)
  expect(await client.ending()).toBe('amqp:unauthorized-access')
  expect(one.amqp.connectionCount).toBe(1)
  one.clock.advance(20_000)
  expect(one.amqp.connectionCount).toBe(0)
  expect(one.clock.pending).toBe(0)
})

test('links in a direction that makes no sense and to unknown addresses are refused', async () => {
  const one = amqpBench()
  const client = await Client.service(one)
  await expect(client.sender(FEEDBACK)).rejects.toThrow('amqp:not-found')
  await expect(client.receiver('/messages/devicebound')).rejects.toThrow('amqp:not-found')
  await expect(client.sender('/constructor')).rejects.toThrow('amqp:not-found')
  expect(reasons(one)).toEqual(['unknown-address', 'unknown-address', 'unknown-address'])
})

test('closing the server tells every connection and leaves no timer', async () => {
  const one = amqpBench()
  const client = await Client.service(one)
  await client.sender(TO_DEVICES)
  one.amqp.close()
  expect(await client.ending()).toBe('amqp:connection:forced')
  expect([one.amqp.connectionCount, one.clock.pending]).toEqual([0, 0])
})
