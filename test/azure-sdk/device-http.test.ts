// Microsoft's azure-iot-device over azure-iot-device-http and over MQTT in WebSockets, unmodified, against the hub on port 443.

import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DeviceMessage } from '../../src/hub/index.js'
import { SdkDevice as Sdk } from './device.js'
import { maySpeak443, serveOn443, type Served } from './port443.js'

const HOST = '127.0.31.2'
const permitted = await maySpeak443(HOST)

const textOf = ({ body }: DeviceMessage): string => Buffer.from(body).toString()

describe.skipIf(!permitted)(permitted ? 'azure-iot-device on port 443' : 'azure-iot-device: skipped, this user may not listen on port 443', () => {
  let served: Served
  beforeAll(async () => { served = await serveOn443(HOST) })
  afterAll(async () => { await served[Symbol.asyncDispose]() })

  function messages(count: number): Promise<DeviceMessage[]> {
    return new Promise((resolve) => {
      const arrived: DeviceMessage[] = []
      const stop = served.hub.onMessage((message) => {
        arrived.push(message)
        if (arrived.length < count) { return }
        stop()
        resolve(arrived)
      })
    })
  }

  async function opened(deviceId: string, transport: 'http' | 'mqtt-ws'): Promise<Sdk> {
    served.hub.devices.create({ deviceId })
    const device = new Sdk(served.caPath)
    await device.do('open', { connectionString: served.hub.connectionString(deviceId), transport })
    return device
  }

  test('a message over HTTPS arrives with its properties in their own case', async () => {
    await using device = await opened('one', 'http')
    const arrived = messages(1)
    await device.do('telemetry', { body: '{"celsius":93}', contentType: 'application/json', properties: { Room: 'kitchen', 'a-B': '2' } })
    const [message] = await arrived
    expect(textOf(message!)).toBe('{"celsius":93}')
    expect(message).toMatchObject({ deviceId: 'one', system: { contentType: 'application/json' } })
    expect({ ...message!.properties }).toEqual({ 'Room': 'kitchen', 'a-B': '2' })
  })

  test('a batch over HTTPS arrives in order', async () => {
    await using device = await opened('many', 'http')
    const arrived = messages(3)
    await device.do('batch', { bodies: ['1', '2', '3'] })
    const batch = await arrived
    expect(batch.map(textOf)).toEqual(['1', '2', '3'])
    expect({ ...batch[2]!.properties }).toEqual({ part: 'of a batch' })
  })

  test.each(['complete', 'reject', 'abandon'] as const)('a message from the cloud is polled over HTTPS and ends with %s', async (how) => {
    await using device = await opened(`polls-${how}`, 'http')
    served.hub.send(`polls-${how}`, { body: 'water', properties: { litres: '2' } })
    await device.do('settle', { how, poll: { interval: 1 } })
    expect(await device.event('message')).toMatchObject({ body: 'water', how })
    expect(served.hub.queueLength(`polls-${how}`)).toBe(how === 'abandon' ? 1 : 0)
  })

  test('a wrong key is Unauthorized over HTTPS', async () => {
    served.hub.devices.create({ deviceId: 'wrong' })
    await using device = new Sdk(served.caPath)
    const refused = served.eventOf(({ type }) => type === 'refused')
    const wrong = served.hub.connectionString('wrong').replace(/SharedAccessKey=.*/, `SharedAccessKey=${Buffer.alloc(32, 1).toString('base64')}`)
    await device.do('open', { connectionString: wrong, transport: 'http' })
    await expect(device.do('telemetry', { body: 'x', properties: {} })).rejects.toThrow('UnauthorizedError')
    expect(await refused).toMatchObject({ deviceId: 'wrong', reason: 'wrong-signature' })
  })

  test('telemetry, messages, twin and methods flow over MQTT in WebSockets', async () => {
    await using device = await opened('ws', 'mqtt-ws')
    const arrived = messages(1)
    await device.do('telemetry', { body: 'x', properties: { a: 'b' } })
    expect(textOf((await arrived)[0]!)).toBe('x')
    await device.do('messages')
    served.hub.send('ws', { body: 'water' })
    expect(await device.event('message')).toMatchObject({ body: 'water', completed: true })
    await device.do('twin')
    await device.do('report', { patch: { on: true } })
    expect(served.hub.twin('ws').document().properties.reported).toMatchObject({ on: true })
    await device.do('method', { name: 'brew' })
    expect(await served.hub.invoke('ws', { method: 'brew', payload: 1, connectTimeoutMs: 10_000 })).toEqual({ status: 202, payload: { got: 1 } })
  })

  test.each(['http', 'mqtt-ws'] as const)('a device proves itself with its certificate over %s', async (transport) => {
    const { certPem, keyPem } = await selfSigned()
    const deviceId = `x509-${transport}`
    served.hub.devices.create({ deviceId, authentication: { type: 'selfSigned', primaryThumbprint: new X509Certificate(certPem).fingerprint256 } })
    await using device = new Sdk(served.caPath)
    await device.do('open', { connectionString: `HostName=${HOST};DeviceId=${deviceId};x509=true`, transport, x509: { cert: certPem, key: keyPem } })
    const arrived = messages(2)
    await device.do('telemetry', { body: '1', properties: {} })
    await device.do('telemetry', { body: '2', properties: {} })
    expect(JSON.parse((await arrived)[1]!.authMethod)).toMatchObject({ scope: 'device', type: 'x509' })
  })
})

/** An authority issues only for servers: a device's own certificate is made here. */
async function selfSigned(): Promise<{ certPem: string; keyPem: string }> {
  const { X509CertificateGenerator, cryptoProvider } = await import('@peculiar/x509')
  cryptoProvider.set(globalThis.crypto)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const keys = {
    privateKey: await crypto.subtle.importKey('pkcs8', privateKey.export({ type: 'pkcs8', format: 'der' }), algorithm, true, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', publicKey.export({ type: 'spki', format: 'der' }), algorithm, true, ['verify'])
  }
  const now = Date.now()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: '01', name: 'CN=device', keys, signingAlgorithm: algorithm, notBefore: new Date(now - 60_000), notAfter: new Date(now + 3_600_000)
  })
  return { certPem: certificate.toString('pem'), keyPem }
}
