// Microsoft's azure-iothub, unmodified, against the hub on port 443: registry, twins, methods, digital twins.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SdkDevice as Sdk } from './device.js'
import { maySpeak443, serveOn443, type Served } from './port443.js'

const HOST = '127.0.31.1'
const permitted = await maySpeak443(HOST)

describe.skipIf(!permitted)(permitted ? 'azure-iothub' : 'azure-iothub: skipped, this user may not listen on port 443', () => {
  let served: Served
  let service: Sdk
  const digitalTwins = (name: string, ...args: unknown[]): Promise<unknown> => service.do('digitalTwins', { name, args })
  const registry = (name: string, ...args: unknown[]): Promise<unknown> => service.do('registry', { name, args })

  beforeAll(async () => {
    served = await serveOn443(HOST)
    service = new Sdk(served.caPath, 'service.cjs')
    await service.do('open', { connectionString: served.hub.serviceConnectionString() })
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await served[Symbol.asyncDispose]()
  })

  test('a device is created with keys, read, changed and deleted', async () => {
    const created = await registry('create', { deviceId: 'crud' }) as { authentication: { symmetricKey: { primaryKey: string } } }
    expect(created).toMatchObject({ deviceId: 'crud', status: 'enabled', connectionState: 'Disconnected', authentication: { type: 'sas' } })
    expect(Buffer.from(created.authentication.symmetricKey.primaryKey, 'base64').length).toBeGreaterThanOrEqual(16)
    expect(await registry('get', 'crud')).toMatchObject(created)
    expect(await registry('update', { deviceId: 'crud', status: 'disabled', statusReason: 'lost' })).toMatchObject({ status: 'disabled', statusReason: 'lost' })
    await registry('delete', 'crud')
    await expect(registry('get', 'crud')).rejects.toThrow('DeviceNotFoundError')
  })

  test('an id with every kind of character is one device', async () => {
    const deviceId = `a-:.+%_#*?!(),=@;$'b`
    await registry('create', { deviceId })
    expect(await registry('get', deviceId)).toMatchObject({ deviceId })
    await registry('delete', deviceId)
    expect(served.hub.devices.get(deviceId)).toBeUndefined()
  })

  test('a second device of the same id is DeviceAlreadyExists', async () => {
    await registry('create', { deviceId: 'twice' })
    await expect(registry('create', { deviceId: 'twice' })).rejects.toThrow('DeviceAlreadyExistsError')
  })

  test('devices are listed', async () => {
    await registry('create', { deviceId: 'listed' })
    expect(await service.do('list')).toContain('listed')
  })

  test('many devices are added, changed and removed at once, and each failure is told of', async () => {
    expect(await registry('addDevices', [{ deviceId: 'bulk-1' }, { deviceId: 'bulk-2' }])).toEqual({ isSuccessful: true, errors: [], warnings: [] })
    await registry('updateDevices', [{ deviceId: 'bulk-1', status: 'disabled' }], true)
    expect(served.hub.devices.get('bulk-1')).toMatchObject({ status: 'disabled' })
    await expect(registry('addDevices', [{ deviceId: 'bulk-2' }, { deviceId: 'bulk-3' }])).rejects.toThrow('ArgumentError')
    await registry('removeDevices', [{ deviceId: 'bulk-1' }, { deviceId: 'bulk-2' }], true)
    expect(served.hub.devices.get('bulk-2')).toBeUndefined()
  })

  test('a device with thumbprints keeps them', async () => {
    const thumbprint = 'AB'.repeat(20)
    await registry('create', { deviceId: 'thumb', authentication: { x509Thumbprint: { primaryThumbprint: thumbprint, secondaryThumbprint: thumbprint } } })
    expect(await registry('get', 'thumb')).toMatchObject({ authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: thumbprint } } })
  })

  test('a module is added, read, changed by its etag and removed', async () => {
    await registry('create', { deviceId: 'with-modules' })
    expect(await registry('addModule', { deviceId: 'with-modules', moduleId: 'm1' })).toMatchObject({ moduleId: 'm1' })
    const module = await registry('getModule', 'with-modules', 'm1') as { etag: string }
    expect(await registry('updateModule', { ...module, managedBy: 'me' })).toMatchObject({ managedBy: 'me' })
    await expect(registry('updateModule', { ...module, managedBy: 'you' })).rejects.toThrow('InvalidEtagError')
    expect(await registry('getModulesOnDevice', 'with-modules')).toMatchObject([{ moduleId: 'm1' }])
    await registry('removeModule', 'with-modules', 'm1')
    expect(await registry('getModulesOnDevice', 'with-modules')).toEqual([])
  })

  test('an edge device has its two modules and a scope that another device can be behind', async () => {
    const edge = await registry('create', { deviceId: 'edge', capabilities: { iotEdge: true } }) as { deviceScope: string }
    expect(edge.deviceScope).toMatch(/^ms-azure-iot-edge:\/\/edge-\d+$/)
    expect(await registry('getModulesOnDevice', 'edge')).toMatchObject([{ moduleId: '$edgeAgent' }, { moduleId: '$edgeHub' }])
    expect(await registry('create', { deviceId: 'leaf', deviceScope: edge.deviceScope })).toMatchObject({ parentScopes: [edge.deviceScope] })
  })

  test('statistics count devices', async () => {
    expect(await registry('getRegistryStatistics')).toMatchObject({ totalDeviceCount: expect.any(Number), disabledDeviceCount: expect.any(Number) })
  })

  test('a twin is read and patched, and a stale etag is refused', async () => {
    await registry('create', { deviceId: 'twin' })
    const before = await service.do('twin', { deviceId: 'twin' }) as { etag: string }
    await registry('updateTwin', 'twin', { tags: { room: 'kitchen' }, properties: { desired: { targetC: 93 } } }, before.etag)
    expect(await service.do('twin', { deviceId: 'twin' })).toMatchObject({ tags: { room: 'kitchen' }, desired: { targetC: 93, $version: 2 } })
    await expect(registry('updateTwin', 'twin', { tags: {} }, before.etag)).rejects.toThrow('InvalidEtagError')
    await registry('updateTwin', 'twin', { tags: { room: null } }, '*')
    expect(await service.do('twin', { deviceId: 'twin' })).toMatchObject({ tags: {} })
  })

  test('the twin of a module is read and patched', async () => {
    await registry('create', { deviceId: 'twin-of-module' })
    await registry('addModule', { deviceId: 'twin-of-module', moduleId: 'm1' })
    await registry('updateModuleTwin', 'twin-of-module', 'm1', { properties: { desired: { on: true } } }, '*')
    expect(await service.do('twin', { deviceId: 'twin-of-module', moduleId: 'm1' })).toMatchObject({ desired: { on: true } })
  })

  test('a direct method reaches the device and its answer comes back; over WebSockets as well', async () => {
    await registry('create', { deviceId: 'answers' })
    await using device = new Sdk(served.caPath)
    await device.do('open', { connectionString: served.hub.connectionString('answers'), transport: 'mqtt-ws' })
    await device.do('method', { name: 'brew' })
    const params = { methodName: 'brew', payload: { cups: 2 }, connectTimeoutInSeconds: 10, responseTimeoutInSeconds: 10 }
    expect(await service.do('method', { deviceId: 'answers', params })).toEqual({ status: 202, payload: { got: { cups: 2 } } })
  })

  test('a direct method on a device that is not connected fails, and so does one with a name that cannot be', async () => {
    await registry('create', { deviceId: 'away' })
    await expect(service.do('method', { deviceId: 'away', params: { methodName: 'brew' } })).rejects.toMatchObject({ message: 'Error', cause: 'Not found' })
    await expect(service.do('method', { deviceId: 'away', params: { methodName: 'a b' } })).rejects.toThrow('ArgumentError')
    await expect(service.do('method', { deviceId: 'nobody', params: { methodName: 'brew' } })).rejects.toThrow('DeviceNotFoundError')
  })

  test('a message is sent over AMQP in WebSockets and reaches the device over MQTT in WebSockets', async () => {
    await registry('create', { deviceId: 'receives' })
    await using device = new Sdk(served.caPath)
    await device.do('open', { connectionString: served.hub.connectionString('receives'), transport: 'mqtt-ws' })
    await device.do('messages')
    await service.do('send', { connectionString: served.hub.serviceConnectionString('service'), deviceId: 'receives', body: 'water' })
    expect(await device.event('message')).toMatchObject({ body: 'water', messageId: 'sent', completed: true })
    await expect(service.do('send', { connectionString: served.hub.serviceConnectionString('service'), deviceId: 'nobody', body: 'x' })).rejects.toThrow('DeviceNotFoundError')
  })

  test('a digital twin shows properties and components, is patched, and takes commands', async () => {
    await registry('create', { deviceId: 'pnp' })
    await using device = new Sdk(served.caPath)
    await device.do('open', { connectionString: served.hub.connectionString('pnp'), transport: 'mqtt-ws' })
    await device.do('twin')
    await device.do('report', { patch: { serial: 'x1', boiler: { __t: 'c', celsius: 93 } } })
    expect(await digitalTwins('getDigitalTwin', 'pnp')).toMatchObject({ $dtId: 'pnp', serial: 'x1', boiler: { celsius: 93, $metadata: { celsius: { lastUpdateTime: expect.any(String) } } } })
    await digitalTwins('updateDigitalTwin', 'pnp', [{ op: 'add', path: '/targetC', value: 95 }, { op: 'add', path: '/boiler/limitC', value: 120 }])
    expect(served.hub.twin('pnp').document().properties.desired).toMatchObject({ targetC: 95, boiler: { __t: 'c', limitC: 120 } })
    await device.do('method', { name: 'boiler*heat' })
    await served.hub.invoke('pnp', { method: 'boiler*heat', connectTimeoutMs: 10_000 })
    expect(await digitalTwins('invokeComponentCommand', 'pnp', 'boiler', 'heat', 5)).toMatchObject({ xMsCommandStatuscode: 202, body: { got: 5 } })
  })

  test('a policy without the right, a wrong key and a policy that is not there are Unauthorized', async () => {
    await using other = new Sdk(served.caPath, 'service.cjs')
    await other.do('open', { connectionString: served.hub.serviceConnectionString('registryRead') })
    await expect(other.do('registry', { name: 'create', args: [{ deviceId: 'no-right' }] })).rejects.toThrow('UnauthorizedError')
    const wrong = served.hub.serviceConnectionString().replace(/SharedAccessKey=.*/, `SharedAccessKey=${Buffer.alloc(32, 1).toString('base64')}`)
    await other.do('open', { connectionString: wrong })
    await expect(other.do('list')).rejects.toThrow('UnauthorizedError')
    await other.do('open', { connectionString: wrong.replace('iothubowner', 'nobody') })
    await expect(other.do('list')).rejects.toThrow('UnauthorizedError')
  })
})
