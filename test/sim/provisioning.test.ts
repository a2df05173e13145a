// A device that asks DPS for its hub: over real sockets and TLS, and in virtual time where it has to wait.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp, type BuiltApp } from '../../src/build/index.js'
import type { JsonObject } from '../../src/hub/domain/json.js'
import { createDps, derivedKey, listenDps, type Dps, type DpsEvent } from '../../src/hub/dps/index.js'
import { createHub, listen, loadAuthority, type Authority, type Hub, type HubConnection, type HubListener } from '../../src/hub/index.js'
import { RealDevice, World, type HubAddress } from '../../src/sim/index.js'
import { Machine } from '../../src/sim/machine.js'
import type { Network } from '../../src/sim/network.js'
import { certificate } from '../hub/certificates.js'
import { dayMs, loopback } from './meet.js'

const dpsHost = 'dps.tinytwin.test'
const scope = '0ne00TWIN00'
const key = Buffer.alloc(32, 0x11).toString('base64')
const otherKey = Buffer.alloc(32, 0x22).toString('base64')
const valid = { notBefore: Date.now() - dayMs, notAfter: Date.now() + dayMs }
const byKey = (more: JsonObject = {}): JsonObject => ({ attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: key } }, ...more })
const registration = (id: string, proof: string): string => `GlobalEndpoint=${dpsHost};IdScope=${scope};RegistrationId=${id};${proof}`

let app: BuiltApp
let authority: Authority
let hub: Hub
let dps: Dps
let hubListener: HubListener
let dpsListener: HubListener
beforeAll(async () => {
  app = await buildApp({ app: 'bench', board: 'host' })
  authority = await loadAuthority()
  hub = createHub({ hostName: loopback })
  hubListener = await listen(hub, { host: loopback, port: 0, certificate: await authority.issueServer({ hosts: [loopback] }) })
  dps = createDps({ hostName: dpsHost, idScope: scope, retryAfterSeconds: 1, linkedHubs: [{ hostName: `${loopback}:${hubListener.port}`, hub }] })
  dpsListener = await listenDps(dps, { host: loopback, port: 0, certificate: await authority.issueServer({ hosts: [dpsHost] }) })
})
afterAll(async () => {
  await dps.close()
  await hub.close()
  await dpsListener.close()
  await hubListener.close()
})

interface Way { readonly said: string[], readonly device: RealDevice }

/** Runs a device until it is connected to a hub, or something goes wrong. */
function run(connection: string, more: Partial<HubAddress> = {}, flash?: Uint8Array): Promise<Way> {
  return new Promise((resolve, reject) => {
    const said: string[] = []
    const device: RealDevice = new RealDevice(app, {
      board: loadBoard('host'), flash, failed: reject,
      hub: { connection, dpsAddress: loopback, dpsPort: dpsListener.port, ca: authority.caPem, ...more },
      notice: (kind, _code, text) => {
        said.push(`${kind}: ${text}`)
        if (kind === 'connected' || kind === 'disconnected') resolve({ said, device })
      },
    })
  })
}

const there = (): string => `${loopback}:${hubListener.port}`

test('with the key of its enrollment a device gets its hub and device id, and is connected there', async () => {
  dps.enroll('own', byKey({ deviceId: 'machine-7' }))
  const { said, device } = await run(registration('own', `SharedAccessKey=${key}`))
  using _device = device
  expect(said).toEqual([`provisioned: ${there()}`, expect.stringMatching(/^connected: TLSv1\.2 /)])
  expect(await hub.invoke('machine-7', { method: 'turns', payload: { n: 4 }, connectTimeoutMs: 5000 })).toMatchObject({ status: 200 })
})

test("with its group's key a device derives its own, which DPS and hub both take", async () => {
  dps.enrollGroup('by-group-key', byKey())
  const { said, device } = await run(registration('sn-1', `GroupSharedAccessKey=${key}`))
  device.close()
  expect(said.at(-1)).toMatch(/^connected: /)
  expect(hub.devices.get('sn-1')?.authentication).toMatchObject({ primaryKey: derivedKey(key, 'sn-1') })
  const again = await run(registration('sn-1', `SharedAccessKey=${derivedKey(key, 'sn-1')}`))
  again.device.close()
  expect(again.said.at(-1)).toMatch(/^connected: /)
})

test('with a certificate of its group a device needs no key at all', async () => {
  const root = await certificate('Root', { ca: true, ...valid })
  const leaf = await certificate('cert-1', { issuer: root, ...valid })
  dps.enrollGroup('by-ca', { attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate: root.pem } } } } })
  const client = { certificate: Buffer.from(`${leaf.pem}\n${root.pem}`), key: Buffer.from(leaf.keyPem) }
  const { said, device } = await run(registration('cert-1', 'x509=true'), { client })
  device.close()
  expect(said).toEqual([`provisioned: ${there()}`, expect.stringMatching(/^connected: /)])
})

test('what DPS said is kept on flash: after a restart it is not asked again', async () => {
  dps.enroll('kept', byKey())
  const first = await run(registration('kept', `SharedAccessKey=${key}`))
  await expect.poll(() => Buffer.from(first.device.machine.flash).includes(there())).toBe(true)
  first.device.close()
  const second = await run(registration('kept', `SharedAccessKey=${key}`), { dpsPort: 1 }, first.device.machine.flash)
  second.device.close()
  expect(second.said).toEqual([expect.stringMatching(/^connected: /)])
})

test.each([
  ['a key that is not the enrollment\'s', 'wrong', otherKey, byKey(), /^disconnected: auth: DPS /],
  ['no enrollment', 'nobody', key, undefined, /^disconnected: auth: DPS /],
  ['a disabled enrollment', 'off', key, byKey({ provisioningStatus: 'disabled' }), /^disconnected: auth: .*disabled|DPS refuses this registration/],
])('%s is told as such', async (_, id, given, document, words) => {
  if (document !== undefined) dps.enroll(id, document)
  const { said, device } = await run(registration(id, `SharedAccessKey=${given}`))
  device.close()
  expect(said).toEqual([expect.stringMatching(words)])
  expect(said[0]).not.toContain(given)
})

test('DPS must have a certificate for its name', async () => {
  dps.enroll('named', byKey())
  const { said, device } = await run(registration('named', `SharedAccessKey=${key}`).replace(dpsHost, 'other.tinytwin.test'))
  device.close()
  expect(said).toEqual([expect.stringMatching(/^disconnected: tls: .*another host name$/)])
})

/** Two hubs and a DPS in one world; each host name leads to its own. */
function planet() {
  const world = new World()
  const { clock } = world
  const near = createHub({ hostName: 'near.test', clock })
  const far = createHub({ hostName: 'far.test', clock })
  const events: DpsEvent[] = []
  const service = createDps({ hostName: dpsHost, idScope: scope, clock, linkedHubs: [{ hostName: 'near.test', hub: near }, { hostName: 'far.test', hub: far }] })
  service.onEvent((event) => events.push(event))
  const doors = new Map<string, Pick<Hub | Dps, 'accept'>>([['near.test', near], ['far.test', far], [dpsHost, service]])
  const dialled: string[] = []
  const network: Network = {
    connect(host, _port, wire) {
      dialled.push(host)
      wire.opened()
      const connection: HubConnection = doors.get(host)!.accept({ write: wire.received, close: () => wire.ended(-8) })
      return { write: (bytes) => connection.receive(bytes), close: () => connection.ended() }
    },
  }
  const machine = new Machine({
    app, board: loadBoard('host'), engine: 'wasm3', seed: 3, keepTrace: false, network, timeline: world, news: {},
    link: { connection: registration('dev-1', `SharedAccessKey=${key}`), tls: false },
  })
  world.add(machine)
  return { world, near, far, service, machine, dialled, doors, [Symbol.dispose]: () => machine.dispose() }
}

test('a device that its hub refuses again and again asks DPS, and goes to the hub it is moved to', async () => {
  using there = planet()
  const { world, near, far, service, machine, dialled } = there
  service.enroll('dev-1', byKey({ iotHubs: ['near.test'] }))
  machine.start()
  await world.advance('10s')
  expect(near.devices.get('dev-1')).toBeDefined()
  expect(machine.state.connected).toBe(true)

  service.enroll('dev-1', byKey({ iotHubs: ['far.test'] }))
  near.devices.remove('dev-1')
  await world.advance('3m')
  expect(machine.state.connected).toBe(true)
  expect(far.devices.get('dev-1')).toBeDefined()
  expect(dialled).toEqual([dpsHost, 'near.test', 'near.test', 'near.test', 'near.test', dpsHost, 'far.test'])

  dialled.length = 0
  machine.cut()
  machine.start()
  await world.advance('10s')
  expect(dialled).toEqual(['far.test'])
})

test('a device that nobody wants any more hammers neither hub nor DPS', async () => {
  using there = planet()
  const { world, near, service, machine, dialled } = there
  service.enroll('dev-1', byKey({ iotHubs: ['near.test'] }))
  machine.start()
  await world.advance('10s')
  service.enrollments.individuals.remove('dev-1')
  near.devices.remove('dev-1')
  dialled.length = 0
  await world.advance('20m')
  expect(dialled.length).toBeGreaterThan(20)
  expect(dialled.length).toBeLessThan(70)
  expect(dialled.filter((host) => host === dpsHost).length).toBeLessThan(35)
})
