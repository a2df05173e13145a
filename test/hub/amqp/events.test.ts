// The built-in endpoint over AMQP: questions about it, receivers at any place, epochs.

import { expect, test } from 'vitest'
import type { Receiver } from 'rhea'
import { EVENTS_NAME, signSas, type HubOptions } from '../../../src/hub/index.js'
import { acceptTelemetry } from '../../../src/hub/domain/telemetry.js'
import { findDevice } from '../../../src/hub/domain/registry.js'
import { amqpBench, Client, nextMessage, rhea, settled, textIn, type AmqpBench } from './peer.js'
import { HOST, START_MS } from '../bench.js'

function benchWith(count: number, options: Partial<HubOptions> = {}): AmqpBench & { partition: number } {
  const one = amqpBench(options)
  const device = findDevice(one.hub.context, 'd1')
  for (let i = 0; i < count; i++) { sendOne({ ...one, partition: device.partition }, `e${i}`) }
  return { ...one, partition: device.partition }
}

function sendOne({ hub, clock }: AmqpBench & { partition: number }, body: string): void {
  clock.advance(1000)
  acceptTelemetry(hub.context, findDevice(hub.context, 'd1'), {
    body: Buffer.from(body), system: { messageId: `id-${body}`, contentType: 'application/json', component: 'c' }, properties: { k: 'v' }, authMethod: '{}', modelId: 'dtmi:a;1'
  }, () => {})
}

const addressOf = (partition: number, group = '$Default'): string => `${EVENTS_NAME}/ConsumerGroups/${group}/Partitions/${partition}`

async function receiverAt(client: Client, partition: number, selector?: string, properties: Record<string, unknown> = {}, group?: string): Promise<Receiver> {
  const filter = selector === undefined ? {} : { filter: { 'apache.org:selector-filter:string': rhea.types.wrap_described(selector, 0x468c00000004) } }
  return client.receiver(addressOf(partition, group), { source: { address: addressOf(partition, group), ...filter }, properties } as never)
}

async function bodiesOf(receiver: Receiver, credit = 100): Promise<string[]> {
  const bodies: string[] = []
  receiver.on('message', ({ message }) => bodies.push(textIn(message!)))
  receiver.add_credit(credit)
  await settled()
  return bodies
}

test('an event has the annotations of IoT Hub', async () => {
  const one = benchWith(1)
  const receiver = await receiverAt(await Client.service(one), one.partition)
  receiver.add_credit(1)
  const { message } = await nextMessage(receiver)
  const device = one.hub.devices.get('d1')!
  expect(message).toMatchObject({
    message_id: 'id-e0', content_type: 'application/json', application_properties: { k: 'v' },
    message_annotations: {
      'x-opt-sequence-number': 0, 'x-opt-offset': '0', 'x-opt-enqueued-time': new Date(one.clock.now()), 'x-opt-partition-key': 'd1',
      'iothub-connection-device-id': 'd1', 'iothub-connection-auth-method': '{}', 'iothub-connection-auth-generation-id': device.generationId,
      'iothub-enqueuedtime': new Date(one.clock.now()), 'iothub-message-source': 'Telemetry', 'dt-dataschema': 'dtmi:a;1', 'dt-subject': 'c'
    }
  })
})

test.each([
  [undefined, ['e0', 'e1', 'e2', 'e3', 'e4']],
  [`amqp.annotation.x-opt-offset > '-1'`, ['e0', 'e1', 'e2', 'e3', 'e4']],
  [`amqp.annotation.x-opt-offset > '2'`, ['e3', 'e4']],
  [`amqp.annotation.x-opt-offset >= '2'`, ['e2', 'e3', 'e4']],
  [`amqp.annotation.x-opt-sequence-number > '3'`, ['e4']],
  [`amqp.annotation.x-opt-sequence-number >= '3'`, ['e3', 'e4']],
  [`amqp.annotation.x-opt-offset > '@latest'`, []],
  [`amqp.annotation.x-opt-enqueued-time > '${Date.UTC(2026, 0, 1) + 3000}'`, ['e3', 'e4']]
])('a receiver with the selector %s begins there', async (selector, bodies) => {
  const one = benchWith(5)
  expect(await bodiesOf(await receiverAt(await Client.service(one), one.partition, selector))).toEqual(bodies)
})

test.each(['', 'true', `amqp.annotation.x-opt-offset = '1'`, `amqp.annotation.x-opt-offset > 'x'`, `amqp.annotation.x-opt-sequence-number > 'x'`, `amqp.annotation.x-opt-offset > '99'`])('the selector "%s" is refused', async (selector) => {
  const one = benchWith(1)
  await expect(receiverAt(await Client.service(one), one.partition, selector)).rejects.toThrow('com.microsoft:argument-error')
})

test('no event goes out without credit, and what comes later goes out in order', async () => {
  const one = benchWith(5)
  const receiver = await receiverAt(await Client.service(one), one.partition)
  const bodies = await bodiesOf(receiver, 2)
  expect(bodies).toEqual(['e0', 'e1'])
  receiver.add_credit(4)
  await settled()
  sendOne(one, 'e5')
  sendOne(one, 'e6')
  await settled()
  expect(bodies).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'e5'])
})

test('a drained receiver has what there is and no credit left', async () => {
  const one = benchWith(2)
  const receiver = await receiverAt(await Client.service(one), one.partition)
  const bodies: string[] = []
  receiver.on('message', ({ message }) => bodies.push(textIn(message!)))
  receiver.add_credit(10)
  receiver.drain_credit()
  await new Promise((resolve) => { receiver.once('receiver_drained', resolve) })
  sendOne(one, 'later')
  await settled()
  expect(bodies).toEqual(['e0', 'e1'])
})

const epoch = (value: number) => ({ 'com.microsoft:epoch': rhea.types.wrap_long(value) })

test('a receiver with a higher epoch takes a partition over, a lower one and one without are kept out', async () => {
  const one = benchWith(0)
  const client = await Client.service(one)
  await receiverAt(client, 0)
  await receiverAt(client, 0, undefined, epoch(1))
  expect(await client.ending()).toBe('amqp:link:stolen')
  await receiverAt(client, 0, undefined, epoch(2))
  await settled()
  expect(client.conditions).toEqual(['amqp:link:stolen', 'amqp:link:stolen'])
  await expect(receiverAt(client, 0, undefined, epoch(1))).rejects.toThrow('amqp:link:stolen')
  await expect(receiverAt(client, 0)).rejects.toThrow('amqp:link:stolen')
  await receiverAt(client, 1)
})

test('five receivers share a partition without epochs, in each consumer group', async () => {
  const one = benchWith(0, { consumerGroups: ['other'] })
  const client = await Client.service(one)
  for (let i = 0; i < 5; i++) { await receiverAt(client, 0) }
  await expect(receiverAt(client, 0)).rejects.toThrow('amqp:resource-limit-exceeded')
  await receiverAt(client, 0, undefined, {}, 'other')
})

test('unknown consumer groups and partitions are refused', async () => {
  const one = benchWith(0)
  const client = await Client.service(one)
  await expect(receiverAt(client, 0, undefined, {}, 'nobody')).rejects.toThrow('amqp:not-found')
  await expect(receiverAt(client, 99)).rejects.toThrow('com.microsoft:argument-out-of-range')
})

test('a token for one partition is none for another', async () => {
  const one = benchWith(0)
  const client = new Client(one)
  // those clients sign with the text of the key
  const key = Buffer.from(one.hub.policies.get('iothubowner')!.primaryKey).toString('base64')
  const sas = signSas({ resource: `sb://${HOST}:5671/${addressOf(0)}`, key, expiry: START_MS / 1000 + 60 })
  expect(await client.put(`${sas}&skn=iothubowner`)).toBe(200)
  await receiverAt(client, 0)
  await expect(receiverAt(client, 1)).rejects.toThrow('amqp:unauthorized-access')
})

test('the endpoint and its partitions are described on $management, where the request says', async () => {
  const one = benchWith(3)
  const client = await Client.service(one)
  const sender = await client.sender('$management')
  await client.receiver('$management', { target: { address: 'elsewhere' } } as never)
  const receiver = await client.receiver('$management', { name: 'answers', target: { address: 'answers' } } as never)
  await client.receiver('$management', { target: { address: 'elsewhere too' } } as never)
  receiver.add_credit(10)
  const ask = async (properties: Record<string, unknown>): Promise<unknown> => {
    const reply = nextMessage(receiver)
    sender.send({ message_id: 'q1', reply_to: 'answers', application_properties: { operation: 'READ', name: EVENTS_NAME, ...properties }, body: rhea.message.data_section(Buffer.from('[]')) })
    const { message } = await reply
    return { status: (message!.application_properties as Record<string, number>)['status-code'], id: message!.correlation_id, body: message!.body as unknown }
  }
  expect(await ask({ type: 'com.microsoft:eventhub' })).toMatchObject({ status: 200, id: 'q1', body: { name: EVENTS_NAME, partition_count: 4, partition_ids: ['0', '1', '2', '3'] } })
  expect(await ask({ type: 'com.microsoft:partition', partition: String(one.partition) })).toMatchObject({
    status: 200, body: { partition: String(one.partition), begin_sequence_number: 0, last_enqueued_sequence_number: 2, last_enqueued_offset: '2', is_partition_empty: false }
  })
  expect(await ask({ type: 'com.microsoft:partition', partition: '99' })).toMatchObject({ status: 404 })
  expect(await ask({ type: 'com.microsoft:eventhub', name: 'another' })).toMatchObject({ status: 404 })
  expect(await ask({ type: 'com.microsoft:eventhub', operation: 'DELETE' })).toMatchObject({ status: 400 })
})
