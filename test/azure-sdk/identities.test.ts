// Microsoft's azure-iot-device as a module, with a certificate of each kind, and across a restart of the hub, over verified TLS.

import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHub, listen, loadAuthority, memoryStore, type Authority, type DeviceMessage, type Hub, type HubEvent, type HubListener, type HubStore } from '../../src/hub/index.js'
import { certificate } from '../hub/certificates.js'
import { SdkDevice } from './device.js'

const HOST = '127.0.0.1'
const valid = { notBefore: Date.now() - 60_000, notAfter: Date.now() + 3_600_000 }

let folder: string
let authority: Authority
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hub-'))
  authority = await loadAuthority(folder)
})
afterAll(async () => { await rm(folder, { recursive: true }) })

class Served {
  readonly connectionString = (name: string): string => this.hub.connectionString(name, { port: this.listener.port })

  private constructor(readonly hub: Hub, readonly listener: HubListener) {}

  static async start({ store = memoryStore(), port = 0 }: { store?: HubStore; port?: number } = {}): Promise<Served> {
    const hub = createHub({ hostName: HOST, store })
    return new Served(hub, await listen(hub, { host: HOST, port, certificate: await authority.issueServer({ hosts: [HOST] }) }))
  }

  event(wanted: (event: HubEvent) => boolean): Promise<HubEvent> {
    return new Promise((resolve) => {
      const stop = this.hub.onEvent((event) => {
        if (!wanted(event)) { return }
        stop()
        resolve(event)
      })
    })
  }

  message(): Promise<DeviceMessage> {
    return new Promise((resolve) => {
      const stop = this.hub.onMessage((message) => {
        stop()
        resolve(message)
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hub.close()
    await this.listener.close()
  }
}

async function openModule(served: Served): Promise<SdkDevice> {
  served.hub.devices.create({ deviceId: 'd' })
  served.hub.devices.create({ deviceId: 'd', moduleId: 'm' })
  const module = new SdkDevice(authority.caPath, 'module.cjs')
  await module.do('open', { connectionString: served.connectionString('d/m') })
  return module
}

test('a module sends to an output, and readers see which', async () => {
  await using served = await Served.start()
  await using module = await openModule(served)
  const arrived = served.message()
  await module.do('output', { name: 'hot', body: 'water' })
  expect(await arrived).toMatchObject({ deviceId: 'd', moduleId: 'm', system: { outputName: 'hot' } })
})

test('a module receives at its inputs', async () => {
  await using served = await Served.start()
  await using module = await openModule(served)
  await module.do('inputs')
  const completed = served.event((event) => event.type === 'c2d' && event.outcome === 'Success')
  served.hub.send('d/m', { body: 'beans', inputName: 'hopper', properties: { grams: '18' } })
  expect(await module.event('input')).toMatchObject({ input: 'hopper', body: 'beans', properties: { grams: '18' }, completed: true })
  expect(await completed).toMatchObject({ moduleId: 'm' })
})

test('a module has a twin and methods of its own', async () => {
  await using served = await Served.start()
  await using module = await openModule(served)
  served.hub.twin('d/m').patchDesired({ interval: 10 })
  expect(await module.do('twin')).toMatchObject({ desired: { interval: 10, $version: 2 } })
  await module.do('report', { patch: { ready: true } })
  expect(served.hub.twin('d/m').document().properties.reported).toMatchObject({ ready: true })
  expect(served.hub.twin('d').document().properties.reported).not.toHaveProperty('ready')
  await module.do('method', { name: 'grind' })
  expect(await served.hub.invoke('d/m', { method: 'grind', payload: 7, connectTimeoutMs: 10_000 })).toEqual({ status: 200, payload: { got: 7 } })
})

const x509String = (served: Served, deviceId: string): string => `HostName=${HOST}:${served.listener.port};DeviceId=${deviceId};x509=true`

test('a device connects by the thumbprint of a certificate that it signed itself', async () => {
  await using served = await Served.start()
  const { pem, keyPem, der } = await certificate('whoever', valid)
  served.hub.devices.create({ deviceId: 'thumb', authentication: { type: 'selfSigned', primaryThumbprint: new X509Certificate(der).fingerprint256 } })
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', { connectionString: x509String(served, 'thumb'), x509: { cert: pem, key: keyPem } })
  const arrived = served.message()
  await device.do('telemetry', { body: '1', properties: {} })
  expect((await arrived).authMethod).toContain('"type":"x509"')
})

test('a device connects by a chain that leads to an authority whose key was shown', async () => {
  await using served = await Served.start()
  const root = await certificate('Root', { ca: true, ...valid })
  const middle = await certificate('Middle', { issuer: root, ca: true, ...valid })
  const leaf = await certificate('by-chain', { issuer: middle, ...valid })
  const { authorities } = served.hub
  authorities.register({ name: 'root', certificate: root.pem })
  served.hub.devices.create({ deviceId: 'by-chain', authentication: { type: 'certificateAuthority' } })
  const credentials = { connectionString: x509String(served, 'by-chain'), x509: { cert: `${leaf.pem}\n${middle.pem}\n`, key: leaf.keyPem } }

  await using early = new SdkDevice(authority.caPath)
  const refused = served.event(({ type }) => type === 'refused')
  await expect(early.do('open', credentials)).rejects.toThrow('UnauthorizedError')
  expect(await refused).toMatchObject({ reason: 'untrusted-certificate' })

  const { verificationCode } = authorities.generateVerificationCode('root')
  authorities.verify('root', (await certificate(verificationCode!, { issuer: root, ...valid })).pem)
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', credentials)
  expect(await device.do('twin')).toMatchObject({ desired: { $version: 1 } })
})

test('after a restart of the hub the SDK finds its twin, methods and messages again', async () => {
  const store = memoryStore()
  const before = await Served.start({ store })
  before.hub.devices.create({ deviceId: 'r' })
  await using device = new SdkDevice(authority.caPath)
  await device.do('open', { connectionString: before.connectionString('r') })
  await device.do('messages')
  await device.do('method', { name: 'brew' })
  await device.do('twin')
  await device.event('desired')
  await before.hub.invoke('r', { method: 'brew', connectTimeoutMs: 10_000 })
  await before[Symbol.asyncDispose]()

  await using after = await Served.start({ store, port: before.listener.port })
  await after.event(({ type }) => type === 'connected')
  expect(await after.hub.invoke('r', { method: 'brew', payload: 1, connectTimeoutMs: 30_000 })).toEqual({ status: 202, payload: { got: 1 } })
  after.hub.send('r', { body: 'still here' })
  expect(await device.event('message')).toMatchObject({ body: 'still here', completed: true })
  after.hub.twin('r').patchDesired({ interval: 5 })
  expect(await device.event('desired')).toMatchObject({ desired: { interval: 5 } })
})
