// The runtime on real threads: tinytwin-posix against the local hub over TLS on loopback, under both kinds of sanitizers.

import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildApp } from '../../src/build/index.js'
import { trustBundle, trustMethod, trustPieces, trustPublicKey } from '../../src/firmware/index.js'
import { loadAuthority, type Authority } from '../../src/hub/index.js'
import { Folder, LoopbackHub, start, trees, type Running, type Tree } from './process.js'

let wasm: Uint8Array

beforeAll(async () => {
  wasm = (await buildApp({ app: 'coffee-machine', board: 'coffee-rev-a' })).wasm
})

/** A coffee machine with warm water that sends every second, in one process beside its hub. */
class Coffee {
  private constructor(readonly folder: Folder, readonly loopback: LoopbackHub, readonly device: Running) {}

  static async start(tree: Tree, { more = [], trusted }: { more?: readonly string[], trusted?: Authority } = {}): Promise<Coffee> {
    const folder = new Folder()
    const loopback = await LoopbackHub.start(join(folder.path, 'hub'))
    loopback.hub.devices.create({ deviceId: 'coffee' })
    loopback.hub.twin('coffee').patchDesired({ telemetryInterval: 1 })
    const device = start(tree, [
      folder.write('app.wasm', wasm),
      '--board', 'coffee-rev-a',
      '--connection-string-file', folder.write('connection', `${loopback.connectionString('coffee')}\n`),
      '--ca', folder.write('ca.pem', (trusted ?? loopback.authority).caPem),
      '--pins', folder.write('pins', 'probe 1450 # 95 degrees\n'),
      '--flash', join(folder.path, 'flash'),
      ...more
    ])
    return new Coffee(folder, loopback, device)
  }

  /** `boot-sequence` of each message, in the order of arrival. */
  get ids(): string[] {
    return this.loopback.messages.map((message) => message.system.messageId!)
  }

  /** Waits for the fact, or throws what the device said when it ended instead. */
  async until(fact: () => boolean): Promise<void> {
    const ended = this.device.ended.then(({ status, stderr }) => { throw new Error(`the device ended with ${status}\n${stderr}`) })
    await Promise.race([this.loopback.until(fact), ended])
  }

  messages(count: number): Promise<void> {
    return this.until(() => this.loopback.messages.length >= count)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.device.signal('SIGTERM')
    await this.device.ended
    await this.loopback[Symbol.asyncDispose]()
    this.folder[Symbol.dispose]()
  }
}

/** The messages' numbers of one start of the device. */
const sequences = (ids: readonly string[], boot: number): number[] =>
  [...new Set(ids)].map((id) => id.split('-').map(Number)).filter(([first]) => first === boot).map(([, second]) => second!)

describe.each(trees)('tinytwin-posix of build/%s', (tree) => {
  test('sends telemetry over verified TLS and answers a method', async () => {
    await using coffee = await Coffee.start(tree)
    await coffee.messages(1)
    expect(JSON.parse(Buffer.from(coffee.loopback.messages[0]!.body).toString())).toMatchObject({ celsius: 95, brewing: false })
    expect(coffee.loopback.events.find(({ type }) => type === 'connected')).toMatchObject({ deviceId: 'coffee', tls: 'TLSv1.2' })
    expect(await coffee.loopback.hub.invoke('coffee', { method: 'brew' })).toEqual({ status: 200, payload: { seconds: 25 } })
    await coffee.device.said('pin pump: 1\n')
  })

  test('carries methods, messages and desired properties across its two queues at once', async () => {
    await using coffee = await Coffee.start(tree)
    await coffee.messages(1)
    const { hub, events } = coffee.loopback
    const statuses = await Promise.all([1, 2, 3, 4].map(async (lane) => {
      const answered: number[] = []
      for (let round = 0; round < 50; round++) {
        if (lane === 1) { hub.twin('coffee').patchDesired({ targetTemperature: 60 + round % 30 }) }
        if (lane === 2 && round % 5 === 0) { hub.send('coffee', { body: new TextEncoder().encode(`message ${round}`) }) }
        answered.push((await hub.invoke('coffee', { method: 'getMaxMin' })).status)
      }
      return answered
    }))
    expect(new Set(statuses.flat())).toEqual(new Set([200]))
    await coffee.until(() => events.filter(({ type }) => type === 'c2d').length === 10)
    await coffee.device.said('The hub says: message 45\n')
    expect(coffee.device.log().match(/The hub says: message \d+/g)).toHaveLength(10)
    await coffee.until(() => JSON.stringify(hub.twin('coffee').document().properties.reported).includes('"value":79'))
  })

  test('SIGINT drives the outputs safe, disconnects and ends with 0', async () => {
    await using coffee = await Coffee.start(tree)
    await coffee.messages(1)
    await coffee.loopback.hub.invoke('coffee', { method: 'brew' })
    coffee.device.signal('SIGINT')
    const { status, stderr } = await coffee.device.ended
    expect(status, stderr).toBe(0)
    expect(stderr.match(/pin pump: \d/g)).toEqual(['pin pump: 1', 'pin pump: 0'])
    await coffee.loopback.until(() => coffee.loopback.events.some(({ type }) => type === 'disconnected'))
    expect(coffee.loopback.events.find(({ type }) => type === 'disconnected')).toMatchObject({ reason: 'disconnected' })
  })

  test('survives a restart of the hub without losing a message', async () => {
    await using coffee = await Coffee.start(tree)
    await coffee.messages(2)
    await coffee.loopback.restart()
    await coffee.messages(5)
    const seen = sequences(coffee.ids, 1)
    expect(seen).toEqual(seen.map((_, index) => index + 1))
    expect(coffee.loopback.events.filter(({ type }) => type === 'connected').length).toBeGreaterThan(1)
    expect((await coffee.loopback.hub.invoke('coffee', { method: 'getMaxMin' })).status).toBe(200)
  })

  test('takes a signed bundle of roots, connects anew with it, and keeps it in a file of its own', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    using folder = new Folder()
    const file = join(folder.path, 'trust')
    await using coffee = await Coffee.start(tree, { more: ['--trust', file, '--update-key', Buffer.from(trustPublicKey(key)).toString('hex')] })
    await coffee.messages(1)
    const { hub, authority, events } = coffee.loopback
    const answers: unknown[] = []
    for (const payload of trustPieces(trustBundle({ version: 2, roots: [authority.caPem], key }))) answers.push(await hub.invoke('coffee', { method: trustMethod, payload }))
    expect(answers.at(-1)).toEqual({ status: 200, payload: { version: 2 } })
    await coffee.until(() => events.filter(({ type }) => type === 'connected').length === 2)
    expect(readFileSync(file).includes('TTTB')).toBe(true)
  })

  test('starts again when a method asks for it, and counts the start on its flash', async () => {
    await using coffee = await Coffee.start(tree)
    await coffee.messages(1)
    expect(await coffee.loopback.hub.invoke('coffee', { method: 'reboot', payload: { delay: 0 } })).toEqual({ status: 200, payload: { delay: 0 } })
    await coffee.until(() => sequences(coffee.ids, 2).length > 0)
    expect(sequences(coffee.ids, 2)[0]).toBe(1)
  })

  test('never speaks to a hub that another authority vouches for, and stops all the same', async () => {
    await using coffee = await Coffee.start(tree, { trusted: await loadAuthority() })
    await coffee.until(() => coffee.loopback.events.some((event) => event.type === 'refused' && event.reason === 'tls-handshake'))
    await coffee.device.said("tls: the server's certificate is not signed by a trusted authority")
    coffee.device.signal('SIGINT')
    const { status, stderr } = await coffee.device.ended
    expect(status, stderr).toBe(0)
    expect(coffee.loopback.events.map(({ type }) => type)).not.toContain('connected')
  })

  test('--for ends it with 0 by itself', async () => {
    await using coffee = await Coffee.start(tree, { more: ['--for', '3'] })
    const { status, stderr } = await coffee.device.ended
    expect(status, stderr).toBe(0)
    expect(coffee.loopback.events.map(({ type }) => type)).toContain('connected')
  })

  test('never writes the key anywhere', async () => {
    await using coffee = await Coffee.start(tree, { more: ['--log', 'debug'] })
    await coffee.messages(1)
    coffee.device.signal('SIGTERM')
    const { stdout, stderr } = await coffee.device.ended
    const key = /SharedAccessKey=(.*)$/.exec(coffee.loopback.hub.connectionString('coffee'))![1]!
    expect(stdout + stderr).not.toContain(key)
    expect(stdout + stderr).not.toContain('sig=')
    expect(readFileSync(join(coffee.folder.path, 'flash')).includes(key)).toBe(false)
  })
})

/** What the program says about wrong words: one sentence, status 1. */
async function refuse(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<string> {
  const { status, stdout, stderr } = await start('native-test', args, environment).ended
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^error: .*\n$/)
  return stderr
}

describe('the command line of tinytwin-posix', () => {
  const connection = 'HostName=hub;DeviceId=d;SharedAccessKey=c2VjcmV0c2VjcmV0'

  test.each([
    [[], 'name the app to run'],
    [['a.wasm'], '--ca is missing'],
    [['a.wasm', '--ca', 'c'], '--flash is missing'],
    [['a.wasm', '--ca'], '--ca needs a value'],
    [['a.wasm', '--ca', 'c', '--ca', 'd'], '--ca is given twice'],
    [['a.wasm', 'b.wasm'], 'one app is run; argument 2 is another'],
    [['a.wasm', '--what', 'c'], 'option 2 is unknown'],
    [['a.wasm', '--ca', 'c', '--flash', 'f', '--board', 'toaster'], "no board 'toaster'"],
    [['a.wasm', '--ca', 'c', '--flash', 'f', '--for', '1h'], "--for '1h' is not a number of seconds"],
    [['a.wasm', '--ca', 'c', '--flash', 'f', '--for', '0'], "--for '0' is not a number of seconds"],
    [['a.wasm', '--ca', 'c', '--flash', 'f', '--log', 'loud'], "--log 'loud' is not"],
    [['a.wasm', '--ca', 'c', '--flash', 'f'], 'no connection string'],
    [['a.wasm', '--ca', 'c', '--flash', 'f', '--connection-string-file', '/nowhere'], 'cannot read the connection string in /nowhere: No such file'],
  ])('%j is one sentence', async (args, sentence) => {
    expect(await refuse(args)).toContain(sentence)
  })

  test.each([
    ['HostName=hub;DeviceId=d', 'the connection string cannot be used'],
    ['HostName=hub:70000;DeviceId=d;SharedAccessKey=c2VjcmV0', 'a port from 1 to 65535'],
    ['HostName=hub;DeviceId=d;SharedAccessKey=c2Vjc*V0', 'is not 1 to 64 bytes of base64'],
    ['HostName=hub;DeviceId=d;x509=true', 'needs --cert and --key'],
    ['IdScope=0ne1;SharedAccessKey=c2VjcmV0', 'it has no RegistrationId'],
    ['IdScope=0ne1;RegistrationId=r;HostName=hub;SharedAccessKey=c2VjcmV0', 'it mixes fields for a hub and for DPS'],
    [connection, 'cannot read the app a.wasm: No such file'],
  ])('the connection string %j in the environment is judged without being repeated', async (text, sentence) => {
    const said = await refuse(['a.wasm', '--ca', 'c', '--flash', 'f'], { TINYTWIN_CONNECTION: text })
    expect(said).toContain(sentence)
    expect(said).not.toContain('c2Vjc')
  })

  test.each([
    [['--trust', 't'], '--trust and --update-key go together'],
    [['--trust', 't', '--update-key', '04ab'], '--update-key is not the 130 hex digits'],
    [['--trust', 't', '--update-key', `04${'g'.repeat(128)}`], '--update-key is not the 130 hex digits'],
  ])('%j is one sentence', async (more, sentence) => {
    expect(await refuse(['a.wasm', '--ca', 'c', '--flash', 'f', ...more], { TINYTWIN_CONNECTION: connection })).toContain(sentence)
  })

  test('a connection string on the command line is refused and not repeated', async () => {
    const said = await refuse([connection])
    expect(said).toContain('--connection-string-file')
    expect(said).not.toContain('c2VjcmV0')
  })

  test('bytes that are no app, and a file that is no flash, are refused before anything runs', async () => {
    using folder = new Folder()
    const args = [folder.write('app.wasm', 'no app'), '--ca', folder.write('ca.pem', ''), '--flash']
    const environment = { TINYTWIN_CONNECTION: connection }
    expect(await refuse([...args, folder.write('letter', 'dear all')], environment)).toContain('has another size')
    expect(readFileSync(join(folder.path, 'letter'), 'utf8')).toBe('dear all')
  })

  test('--help says what it is and lists the boards', async () => {
    const { status, stdout, stderr } = await start('native-test', ['--help']).ended
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: tinytwin-posix APP\.wasm/m)
    expect(stdout).toMatch(/^Boards: host coffee-rev-a$/m)
  })
})
