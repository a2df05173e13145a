/** Telemetry by HTTPS over real sockets and the device's own TLS, to the hub's real listener. */

import { beforeAll, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp, type BuiltApp } from '../../src/build/index.js'
import { createHub, listenHub, loadAuthority, type Authority, type DeviceMessage } from '../../src/hub/index.js'
import { RealDevice } from '../../src/sim/index.js'

const hubHost = 'hub.tinytwin.test'
const loopback = '127.0.0.1'

let app: BuiltApp
let authority: Authority
beforeAll(async () => {
  app = await buildApp({ app: 'test/sim/assembly/parting', board: 'host' })
  authority = await loadAuthority()
})

test('a message arrives over TLS with a token, after MQTT was left', async () => {
  const hub = createHub({ hostName: hubHost })
  const listener = await listenHub(hub, { host: loopback, port: 0, certificate: await authority.issueServer({ hosts: [hubHost] }) })
  hub.devices.create({ deviceId: 'd1' })
  const { port } = listener
  const happened = (type: string) => new Promise<void>((resolve) => { hub.onEvent((event) => { if (event.type === type) resolve() }) })
  const connected = happened('connected')
  const left = happened('disconnected')
  const arrived = new Promise<DeviceMessage>((resolve) => { hub.onMessage(resolve) })
  const device = new RealDevice(app, {
    board: loadBoard('host'),
    hub: { connection: hub.connectionString('d1'), address: loopback, port, httpsPort: port, ca: authority.caPem },
  })
  try {
    await connected
    await hub.invoke('d1', { method: 'https', payload: { s: 0, messages: 2 }, responseTimeoutMs: 10_000, connectTimeoutMs: 10_000 })
    await left
    const { system, body } = await arrived
    expect(system).toMatchObject({ messageId: expect.stringMatching(/^\d+-1$/), contentType: 'application/json' })
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({ left: 2 })
  } finally {
    device.close()
    await listener.close()
    await hub.close()
  }
}, 30_000)
