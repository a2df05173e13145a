/** The commands that speak to a running hub, against the real one over TLS. */

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildApp } from '../../src/build/index.js'
import { startLocalService, type LocalService } from '../../src/cli/local_service.js'
import { RealDevice } from '../../src/sim/real.js'
import { jsonLines, tinytwin } from './fake.js'

const host = '127.0.0.1'
let folder: string
let service: LocalService
let device: RealDevice

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tinytwin-remote-'))
  service = await startLocalService({ data: folder, host, mqtts: 0, amqps: 0, https: 0 })
  service.hub.devices.create({ deviceId: 'bench' })
  const app = await buildApp({ app: 'bench' })
  const connected = new Promise<void>((resolve) => { service.hub.onEvent(({ type }) => { if (type === 'connected') resolve() }) })
  device = new RealDevice(app, {
    board: app.board,
    hub: { connection: service.hub.connectionString('bench'), port: service.ports.mqtts, ca: readFileSync(service.caFile, 'utf8') },
  })
  await connected
})
afterAll(async () => {
  device.close()
  await service.close()
  rmSync(folder, { recursive: true })
})

const ask = (...argv: string[]) => tinytwin(...argv, '--data', folder)
const json = async (...argv: string[]): Promise<Record<string, unknown>[]> => {
  const { code, out, err } = await ask(...argv, '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return jsonLines(out)
}

test('device create, list, show and delete work on the identities, and show keys only when asked', async () => {
  expect(await json('device', 'create', 'one')).toMatchObject([{ deviceId: 'one', status: 'enabled', authentication: { type: 'sas' } }])
  expect((await json('device', 'list')).map(({ deviceId }) => deviceId)).toEqual(['bench', 'one'])
  const { out } = await ask('device', 'show', 'one', '--json')
  expect(out).not.toContain('Key')
  expect(await json('device', 'show', 'one', '--connection-string')).toEqual([
    { connectionString: expect.stringMatching(/^HostName=127\.0\.0\.1;DeviceId=one;SharedAccessKey=[A-Za-z0-9+/]{43}=$/) },
  ])
  expect(await json('device', 'delete', 'one')).toEqual([{ deviceId: 'one', deleted: true }])
  expect((await ask('device', 'show', 'one')).err).toContain('there is no device \'one\'')
})

test('twin shows the twin and changes desired properties and tags', async () => {
  const [changed] = await json('twin', 'bench', '--desired', '{"target":93}', '--tags', '{"floor":2}')
  expect(changed).toMatchObject({ deviceId: 'bench', tags: { floor: 2 }, properties: { desired: { target: 93 } } })
  expect(await json('twin', 'bench')).toMatchObject([{ tags: { floor: 2 } }])
})

test('method prints the device\'s answer', async () => {
  expect(await json('method', 'bench', 'calls', '--payload', '{"n":3}')).toEqual([{ status: 200, payload: { calls: 3 } }])
})

test('query prints what matches, one a line', async () => {
  expect(await json('query', 'SELECT deviceId FROM devices WHERE deviceId = \'bench\'')).toEqual([{ deviceId: 'bench' }])
})

test('c2d queues a message with properties', async () => {
  await ask('device', 'create', 'away')
  expect(await json('c2d', 'away', 'hello', '--property', 'colour=red', '--message-id', 'm1')).toEqual([{ type: 'sent', device: 'away', messageId: 'm1' }])
  expect(service.hub.queueLength('away')).toBe(1)
})

test('monitor shows what a device sends while it runs', async () => {
  const watching = json('monitor', '--device', 'bench', '--for', '3s')
  await new Promise((resolve) => { setTimeout(resolve, 1_000) }) // until it listens
  await ask('method', 'bench', 'flood')
  await ask('method', 'bench', 'quiet')
  const lines = await watching
  expect(lines.length).toBeGreaterThan(0)
  expect(lines[0]).toMatchObject({ type: 'telemetry', device: 'bench', body: { n: 0 }, contentType: 'application/json' })
})

test.each([
  ['a device that is not there', ['method', 'nobody', 'x'], 'there is no device \'nobody\''],
  ['a query with a mistake', ['query', 'SELECT * FORM devices'], 'character'],
  ['JSON with a mistake', ['twin', 'bench', '--desired', '{x}'], '--desired: \'{x}\' is not JSON'],
  ['a property without a value', ['c2d', 'bench', 'x', '--property', 'colour'], '--property: \'colour\' must be NAME=VALUE'],
  ['a message for nobody', ['c2d', 'nobody', 'x'], 'refused'],
  ['an action that is none', ['device', 'sho', 'bench'], 'Did you mean \'show\'?'],
  ['a missing id', ['device', 'show'], 'ID is missing'],
  ['a consumer group that is none', ['monitor', '--group', 'mine', '--for', '5s'], 'refused'],
])('%s is one sentence and exit code 1', async (_, argv, words) => {
  const { code, out, err } = await ask(...argv)
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(/^error: [^\n]+\n$/)
  expect(err).toContain(words)
})

test('without a running hub the command that starts one is named', async () => {
  const { code, err } = await tinytwin('device', 'list', '--data', join(folder, 'nothing'))
  expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('Start one with: tinytwin hub') })
})

test('a wrong key is refused and not repeated', async () => {
  const login = `HostName=${host}:${service.ports.https};SharedAccessKeyName=iothubowner;SharedAccessKey=${Buffer.alloc(32).toString('base64')}`
  for (const command of [['device', 'list'], ['c2d', 'bench', 'x']]) {
    const { code, err } = await tinytwin(...command, '--login', login, '--ca', service.caFile)
    expect(code).toBe(1)
    expect(err).toContain('refused')
    expect(err).not.toContain('AAAAAAAA')
  }
})

test('a hub whose authority is not given is not trusted', async () => {
  const login = `HostName=${host}:${service.ports.https};SharedAccessKeyName=iothubowner;SharedAccessKey=${Buffer.alloc(32).toString('base64')}`
  const { code, err } = await tinytwin('device', 'list', '--login', login)
  expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('--ca') })
})

test('the file that tells where a hub is can be read by its owner only', () => {
  expect(statSync(join(folder, 'hub.json')).mode & 0o077).toBe(0)
})
