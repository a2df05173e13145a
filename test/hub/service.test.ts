// The ports of a hub: one for each protocol, or one for all; and what is let go when one is taken.

import { createServer, type AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createHub, loadAuthority, type Authority, type Hub, type ServerCertificate } from '../../src/hub/index.js'
import { startService, type HubService } from '../../src/hub/service.js'
import { connectPacket, HOST } from './bench.js'

const ADDRESS = '127.0.0.1'
const ANY = { mqtts: 0, amqps: 0, https: 0 }
let authority: Authority
let certificate: ServerCertificate
let hub: Hub
let service: HubService | undefined
beforeAll(async () => {
  authority = await loadAuthority()
  certificate = await authority.issueServer({ hosts: [ADDRESS] })
})
beforeEach(() => { hub = createHub({ hostName: HOST }) })
afterEach(async () => {
  await hub.close()
  await service?.close()
  service = undefined
})

/** The first bytes of the other side's answer, or of nothing if it closes. */
function answerTo(port: number, bytes: Uint8Array | string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ADDRESS, port, ca: authority.caPem }, () => socket.write(bytes))
    socket.once('data', (answer: Buffer) => {
      socket.destroy()
      resolve(answer.toString('latin1'))
    })
    socket.once('close', () => resolve(''))
    socket.once('error', reject)
  })
}

const AMQP = 'AMQP\x00\x01\x00\x00'
const HTTP = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
/** CONNACK 5: the token's virtual time is long over, so MQTT is what refused it. */
const REFUSED = '\x20\x02\x00\x05'

test('each protocol is answered on its own port', async () => {
  service = await startService(hub, { host: ADDRESS, ports: ANY, certificate })
  const { mqtts, amqps, https } = service.ports
  expect(new Set([mqtts, amqps, https]).size).toBe(3)
  expect(await answerTo(mqtts, connectPacket())).toBe(REFUSED)
  expect((await answerTo(amqps, AMQP)).slice(0, 8)).toBe(AMQP)
  expect(await answerTo(https, HTTP)).toMatch(/^HTTP\/1\.1 404 /)
})

test('the port of HTTPS answers all of them', async () => {
  service = await startService(hub, { host: ADDRESS, ports: ANY, certificate })
  const { https } = service.ports
  expect(await answerTo(https, connectPacket())).toBe(REFUSED)
  expect((await answerTo(https, AMQP)).slice(0, 8)).toBe(AMQP)
})

test('the port of AMQP answers nothing else', async () => {
  service = await startService(hub, { host: ADDRESS, ports: ANY, certificate })
  expect(await answerTo(service.ports.amqps, HTTP)).toBe('')
  expect(await answerTo(service.ports.amqps, connectPacket())).toBe('')
})

test('equal numbers are one port', async () => {
  const first = await startService(hub, { host: ADDRESS, ports: ANY, certificate })
  const port = first.ports.https
  await first.close()
  service = await startService(hub, { host: ADDRESS, ports: { mqtts: port, amqps: port, https: port }, certificate })
  expect(service.ports).toEqual({ mqtts: port, amqps: port, https: port })
  expect(await answerTo(port, connectPacket())).toBe(REFUSED)
})

test('when one port is taken none is used', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => { taken.listen(0, ADDRESS, resolve) })
  const amqps = (taken.address() as AddressInfo).port
  const first = await startService(hub, { host: ADDRESS, ports: ANY, certificate })
  const { https } = first.ports
  await first.close()
  await expect(startService(hub, { host: ADDRESS, ports: { ...ANY, amqps, https }, certificate })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await expect(answerTo(https, HTTP)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await new Promise((resolve) => { taken.close(resolve) })
})
