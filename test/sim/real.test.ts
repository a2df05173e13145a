// A device in real time over real sockets and its own TLS, against the hub's real listener.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildApp, type BuiltApp } from '../../src/build/index.js'
import { createHub, listen, loadAuthority, type Authority, type Clock, type Hub, type HubEvent, type HubListener, systemClock } from '../../src/hub/index.js'
import { RealDevice, type HubAddress } from '../../src/sim/index.js'

const hubHost = 'hub.tinytwin.test'
const loopback = '127.0.0.1'
const dayMs = 86_400_000
const hourMs = 3_600_000

let app: BuiltApp
let authority: Authority
let hub: Hub
let listener: HubListener
beforeAll(async () => {
  app = await buildApp({ app: 'blink', board: 'host' })
  authority = await loadAuthority()
  ;({ hub, listener } = await serve({}))
})
afterAll(async () => {
  await listener.close()
  await hub.close()
})

interface Serve { hosts?: string[], notBefore?: Date, notAfter?: Date, clock?: Clock }

async function serve({ hosts = [hubHost], clock = systemClock, ...dates }: Serve): Promise<{ hub: Hub, listener: HubListener }> {
  const hub = createHub({ hostName: hubHost, clock })
  const certificate = await authority.issueServer({ hosts, ...dates })
  return { hub, listener: await listen(hub, { host: loopback, port: 0, certificate }) }
}

let devices = 0

/** The connection string of a new device. */
function identify(at: Hub = hub): { connection: string } {
  const { deviceId } = at.devices.create({ deviceId: `real-${++devices}` })
  return { connection: at.connectionString(deviceId) }
}

/** Runs a device until the hub or the device says how it went. */
async function outcome(address: Partial<HubAddress> & Pick<HubAddress, 'connection'>, at = { hub, listener }): Promise<{ device: string, hub: HubEvent }> {
  const seen = new Promise<HubEvent>((resolve) => {
    at.hub.onEvent((event) => { if (event.type === 'connected' || event.type === 'refused') resolve(event) })
  })
  const device = await firstWords({ address: loopback, port: at.listener.port, ca: authority.caPem, ...address })
  return { device, hub: await seen }
}

/** What a device first says of its connection. */
async function firstWords(hub: HubAddress, board = loadBoard('host')): Promise<string> {
  let device: RealDevice | undefined
  try {
    return await new Promise((resolve) => {
      const notice = (kind: string, _code: number, text: string): void => {
        if (kind === 'connected' || kind === 'disconnected') resolve(`${kind}: ${text}`)
      }
      device = new RealDevice(app, { board, hub, notice })
    })
  } finally {
    device?.close()
  }
}

async function outcomeAt(options: Serve, address: Partial<HubAddress> = {}): ReturnType<typeof outcome> {
  const other = await serve(options)
  try {
    return await outcome({ ...identify(other.hub), ...address }, other)
  } finally {
    await other.listener.close()
    await other.hub.close()
  }
}

test('a device connects over TLS 1.2 that it verified', async () => {
  const told = await outcome(identify())
  expect(told.device).toMatch(/^connected: TLSv1\.2 TLS-ECDHE-/)
  expect(told.hub).toMatchObject({ type: 'connected', tls: 'TLSv1.2' })
})

test('a hub whose authority is not the trusted one is refused', async () => {
  const { caPem } = await loadAuthority()
  const told = await outcome({ ...identify(), ca: caPem })
  expect(told.device).toMatch(/^disconnected: .*certificate is not signed by a trusted authority$/)
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'tls-handshake' })
})

test('a certificate for another host name is refused', async () => {
  const told = await outcomeAt({ hosts: ['other.tinytwin.test'] })
  expect(told.device).toMatch(/^disconnected: .*certificate is for another host name$/)
})

test('an expired server certificate is refused', async () => {
  const told = await outcomeAt({ notBefore: new Date(Date.now() - 10 * dayMs), notAfter: new Date(Date.now() - dayMs) })
  expect(told.device).toMatch(/^disconnected: .*certificate has expired$/)
})

test('a token signed with the key of another device is refused', async () => {
  const [own, others] = [identify(), identify()].map(({ connection }) => connection.split(';SharedAccessKey='))
  const told = await outcome({ connection: `${own![0]};SharedAccessKey=${others![1]}` })
  expect(told.device).toBe('disconnected: auth: the hub does not authorize this device (CONNACK 5)')
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'wrong-signature' })
})

test('an expired token is refused', async () => {
  const ahead: Clock = { ...systemClock, now: () => Date.now() + 2 * hourMs }
  const told = await outcomeAt({ clock: ahead })
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'expired-token' })
})

test('a device that is not in the registry is refused', async () => {
  const told = await outcome({ connection: identify().connection.replace(/DeviceId=[^;]*/, 'DeviceId=stranger') })
  expect(told.hub).toMatchObject({ type: 'refused', reason: 'unknown-device' })
})

test('a port where nobody listens is told as such', async () => {
  const { hub: other, listener: gone } = await serve({})
  await gone.close()
  const address = { address: loopback, port: gone.port, ca: authority.caPem, ...identify(other) }
  expect(await firstWords(address)).toBe('disconnected: network: the host refused the connection')
  await other.close()
})

test.each([['1.2', 'TLSv1.2'], ['1.3', 'TLSv1.3']] as const)('a board whose newest TLS is %s speaks %s with a hub that can do both', async (version, spoken) => {
  const host = loadBoard('host')
  const board = { ...host, network: { ...host.network, tls: { ...host.network.tls, version } } }
  const words = await firstWords({ address: loopback, port: listener.port, ca: authority.caPem, ...identify() }, board)
  expect(words).toMatch(new RegExp(`^connected: ${spoken} `))
})
