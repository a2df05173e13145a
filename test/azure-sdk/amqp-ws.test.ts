// Microsoft's AMQP packages in WebSockets, unmodified, against the hub on port 443: the only port they know there (reference E4).

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SdkDevice as Sdk } from './device.js'
import { maySpeak443, serveOn443, type Served } from './port443.js'

const HOST = '127.0.32.1'
const permitted = await maySpeak443(HOST)

describe.skipIf(!permitted)(permitted ? 'AMQP in WebSockets' : 'AMQP in WebSockets: skipped, this user may not listen on port 443', () => {
  let served: Served
  beforeAll(async () => { served = await serveOn443(HOST) })
  afterAll(async () => { await served[Symbol.asyncDispose]() })

  test('a device and a service reach each other', async () => {
    const { hub, caPath } = served
    hub.devices.create({ deviceId: 'ws' })
    await using device = new Sdk(caPath)
    await device.do('open', { connectionString: hub.connectionString('ws'), transport: 'amqp-ws' })
    await device.do('messages')
    await using service = new Sdk(caPath, 'amqp-service.cjs')
    await service.do('open', { connectionString: hub.serviceConnectionString('service'), transport: 'amqp-ws' })
    await service.do('send', { to: 'ws', body: 'hello', messageId: 'm1' })
    expect(await device.event('message')).toMatchObject({ body: 'hello', messageId: 'm1', completed: true })
    await device.do('telemetry', { body: '{}', properties: {}, contentType: 'application/json' })
    expect(hub.connections()).toMatchObject([{ deviceId: 'ws', tls: expect.stringMatching(/^TLSv1/) }])
  })
})
