// Hostile requests from a seeded generator, without sockets: every answer is one of ours, nothing throws, nothing grows.

import { createServer } from 'node:http'
import { duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { desiredPatchOf } from '../../../src/hub/http/digital-twin.js'
import { HttpError } from '../../../src/hub/http/error.js'
import { headersOf, propertiesOf } from '../../../src/hub/http/message-headers.js'
import { serveHub } from '../../../src/hub/http/serve.js'
import { parseJson } from '../../../src/hub/domain/json.js'
import { signSas } from '../../../src/hub/index.js'
import { bench, HOST, START_MS, token } from '../bench.js'
import { generator, HeapGrowth, rounds, timeoutFor } from '../fuzzing.js'

const REQUESTS = rounds('FUZZ_HTTP', 10_000)

function mutated(random: (below: number) => number, valid: readonly Buffer[]): Buffer {
  const bytes = Buffer.from(valid[random(valid.length)]!)
  for (let changes = random(4); changes > 0; changes--) { bytes[random(bytes.length)] = random(256) }
  return random(16) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
}

function request(line: string, authorization: string, body = '', more = ''): Buffer {
  return Buffer.from(`${line}?api-version=2021-04-12 HTTP/1.1\r\nHost: ${HOST}\r\nAuthorization: ${authorization}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`)
}

/** Everything that waits for no timer has happened. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) { await new Promise((resolve) => { setImmediate(resolve) }) }
}

test(`${REQUESTS} mutated requests are answered, refused or cut off, and the hub is as it was`, { timeout: timeoutFor(4 * REQUESTS) }, async () => {
  const growth = new HeapGrowth(REQUESTS)
  const { hub, log } = bench()
  const service = `${signSas({ resource: HOST, key: hub.context.policies.get('iothubowner')!.primaryKey, expiry: START_MS / 1000 + 3600 })}&skn=iothubowner`
  const valid = [
    request('GET /devices/d1', service), request('GET /devices/', service), request('POST /devices', service, '[{"id":"b1","importMode":"create"}]'),
    request('PUT /devices/d2', service, '{"deviceId":"d2","capabilities":{"iotEdge":false}}', 'If-Match: "*"\r\n'), request('DELETE /devices/d2', service),
    request('GET /twins/d1', service), request('PATCH /twins/d1', service, '{"tags":{"a":1},"properties":{"desired":{"b":[1,{"c":null}]}}}'),
    request('POST /twins/d1/methods', service, '{"methodName":"m","payload":[1],"responseTimeoutInSeconds":5}'),
    request('POST /devices/query', service, `{"query":"SELECT * FROM devices WHERE tags.a = 1"}`, 'x-ms-max-item-count: 5\r\n'),
    request('PATCH /digitaltwins/d1', service, '[{"op":"add","path":"/a/b","value":1}]'), request('GET /digitaltwins/d1', service),
    request('GET /jobs/v2/query', service), request('GET /configurations', service), request('GET /messages/serviceBound/feedback', service),
    request('POST /devices/d1/messages/events', token(), 'hi', 'iothub-app-a: b\r\nIoTHub-MessageId: 1\r\n'),
    request('POST /devices/d1/messages/events', token(), '[{"body":"aGk=","properties":{"iothub-app-a":"b"}}]', 'Content-Type: application/vnd.microsoft.iothub.json\r\n'),
    request('GET /devices/d1/messages/devicebound', token()), request('DELETE /devices/d1/messages/devicebound/00', token()), request('POST /devices/d1/files', token(), '{"blobName":"a/b"}')
  ]
  const random = generator(11)
  const server = createServer(serveHub(hub))
  server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const statuses = new Map<string, number>()
  for (let sent = 0; sent < REQUESTS;) {
    growth.round(sent)
    const [ours, theirs] = duplexPair()
    let said = ''
    ours.on('data', (bytes: Buffer) => { said += bytes.toString('latin1') })
    ours.on('error', () => {})
    server.emit('connection', theirs)
    const count = 1 + random(8)
    for (let i = 0; i < count; i++) { ours.write(mutated(random, valid)) }
    sent += count
    await turns(12)
    // cut, whatever was still to come
    ours.destroy()
    theirs.destroy()
    for (const [, status] of said.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) { statuses.set(status!, (statuses.get(status!) ?? 0) + 1) }
    if (log.length > 10_000) { log.length = 0 }
  }
  expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining(['200', '204', '400', '401', '404']))
  expect(statuses.get('500')).toBeUndefined()
  expect(growth.isBounded()).toBe(true)
  expect(log.filter(({ level }) => level === 'error')).toEqual([])
  expect(hub.devices.get('d1')).toMatchObject({ status: 'enabled' })
  await hub.close()
})

test('whatever a message\'s properties are, they make headers that Node sends, and come back', () => {
  const random = generator(5)
  const text = (): string => String.fromCharCode(...Array.from({ length: 1 + random(12) }, () => random(8) === 0 ? random(0xd800) : random(128)))
  for (let i = 0; i < 20_000; i++) {
    const properties = { [text()]: text(), [text()]: text() }
    const headers = headersOf({ body: new Uint8Array(), system: { messageId: text(), to: text(), contentType: text() }, properties, enqueuedTime: START_MS, expiresAt: START_MS, deliveryCount: 0 })
    for (const [name, value] of Object.entries(headers)) {
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value)) { throw new Error(`${JSON.stringify(name)}: ${JSON.stringify(value)}`) }
    }
    if (Object.keys(propertiesOf(Object.entries(headers)).properties).length === 0) { throw new Error('no property came back') }
  }
})

test('a mutated JSON Patch is a patch or refused', () => {
  const random = generator(3)
  const valid = [Buffer.from('[{"op":"add","path":"/boiler/limitC","value":{"a":[1,null,"x"]}},{"op":"remove","path":"/a~1b"},{"op":"replace","path":"/c","value":{"$metadata":{}}}]')]
  for (let i = 0; i < 100_000; i++) {
    const parsed = parseJson(mutated(random, valid))
    if ('error' in parsed) { continue }
    try {
      desiredPatchOf(parsed.value)
    } catch (error) {
      if (!(error instanceof HttpError)) { throw error }
    }
  }
})
