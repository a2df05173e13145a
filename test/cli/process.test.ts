/** The command as people start it: a process of its own, with signals, ports and an exit code. */

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildApp } from '../../src/build/index.js'
import { RealDevice } from '../../src/sim/real.js'
import { freePorts, jsonLines } from './fake.js'

let folder: string
const children: ChildProcess[] = []
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-process-')) })
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

interface Started {
  readonly child: ChildProcess
  /** The exit code, the signal if one ended it, and all it wrote. */
  readonly ended: Promise<{ code: number | null, signal: string | null, out: string, err: string }>
  /** The first JSON line of stdout that fits; rejects when the process ends without it. */
  readonly line: (fits: (line: Record<string, unknown>) => boolean) => Promise<Record<string, unknown>>
}

function start(...argv: string[]): Started {
  const child = spawn(process.execPath, ['scripts/tinytwin.mjs', ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let out = ''
  let err = ''
  const watchers = new Set<() => void>()
  child.stderr?.on('data', (data: Buffer) => { err += data.toString() })
  child.stdout?.on('data', (data: Buffer) => {
    out += data.toString()
    for (const look of watchers) look()
  })
  const ended = new Promise<{ code: number | null, signal: string | null, out: string, err: string }>((resolve) => {
    // Set-up may have something to do, and says so.
    child.on('close', (code, signal) => resolve({ code, signal, out, err: err.replaceAll(/^set-up: .*\n/gm, '') }))
  })
  const complete = (): Record<string, unknown>[] => out.includes('\n') ? jsonLines(out.slice(0, out.lastIndexOf('\n'))) : []
  const line: Started['line'] = (fits) => new Promise((resolve, reject) => {
    const look = (): void => {
      const found = complete().find(fits)
      if (found === undefined) return
      watchers.delete(look)
      resolve(found)
    }
    watchers.add(look)
    look()
    void ended.then(() => reject(new Error(`it ended without the line; stderr: ${err}`)))
  })
  return { child, ended, line }
}

function refusesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('connect', () => { socket.destroy(); resolve(false) })
    socket.on('error', () => resolve(true))
  })
}

const portOf = (hub: unknown): number => Number(String(hub).split(':')[1])

test('sim in a process of its own ends with the summary and exit code 0', async () => {
  const { code, out, err } = await start('sim', 'coffee-machine', '--for', '1m', '--json').ended
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(jsonLines(out)).toMatchObject([{ type: 'summary', virtualMs: 60_000, telemetry: 6 }])
})

test('dev --for stops by itself with exit code 0, having verified TLS and received telemetry', async () => {
  const { code, out } = await start('dev', 'coffee-machine', '--for', '12s', '--data', folder, '--json').ended
  const lines = jsonLines(out)
  expect(code).toBe(0)
  expect(lines[0]).toMatchObject({ type: 'ready', app: 'coffee-machine', board: 'coffee-rev-a', hub: expect.stringMatching(/^localhost:\d+$/) })
  expect(lines).toContainEqual(expect.objectContaining({ type: 'connected', device: 'coffee-machine', tls: 'TLSv1.2', verified: true }))
  expect(lines).toContainEqual(expect.objectContaining({ type: 'telemetry', device: 'coffee-machine', body: expect.objectContaining({ brewing: false }) }))
  expect(lines.at(-1)).toMatchObject({ type: 'stopped', telemetry: 1 })
  expect(await refusesConnections(portOf(lines[0]?.['hub']))).toBe(true)
})

test('without --json dev says the same in words, and no key of the device', async () => {
  const { code, out } = await start('dev', 'blink', '--for', '2s', '--data', folder).ended
  expect(code).toBe(0)
  expect(out).toContain('connected over TLSv1.2, the hub\'s certificate verified')
  expect(out).not.toContain('SharedAccessKey')
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle of dev stops device and hub, with exit code 0 and the port free', async (signal) => {
  const dev = start('dev', 'blink', '--data', folder, '--json')
  const ready = await dev.line(({ type }) => type === 'ready')
  await dev.line(({ type }) => type === 'connected')
  dev.child.kill(signal)
  const { code, out } = await dev.ended
  expect(code).toBe(0)
  expect(jsonLines(out).at(-1)?.['type']).toBe('stopped')
  expect(await refusesConnections(portOf(ready['hub']))).toBe(true)
})

test('the flash of dev\'s device outlives it, unless --erase makes a new device of it', async () => {
  const flash = async (...options: string[]): Promise<Buffer> => {
    expect((await start('dev', 'blink', '--for', '1s', '--data', folder, '--json', ...options).ended).code).toBe(0)
    return readFileSync(join(folder, 'devices', 'blink.flash'))
  }
  const first = await flash('--erase')
  const second = await flash()
  expect(second.equals(first)).toBe(false)
  expect(second.every((byte, at) => (byte & first[at]!) === byte)).toBe(true) // its boots are counted after one another
  expect((await flash('--erase')).equals(first)).toBe(true)
})

test('a changed source is built and started anew with its store, and one that does not compile is told and not run', async () => {
  const app = join(folder, 'watched')
  const file = join(app, 'index.ts')
  mkdirSync(app)
  writeFileSync(file, 'import { store } from "tinytwin";\nstore.writeInteger("n", 7);\n')
  const dev = start('dev', app, '--board', 'blink-nano', '--data', join(folder, 'hub'), '--json')
  const first = await dev.line(({ type }) => type === 'ready')
  writeFileSync(file, 'import { store } from "tinytwin";\nstore.nothing();\n')
  const problem = await dev.line(({ type }) => type === 'problem')
  expect(problem['message']).toContain('watched/index.ts:2:')
  writeFileSync(file, 'import { log, store } from "tinytwin";\nlog.info("stored " + store.readInteger("n", 0).toString());\n')
  const second = await dev.line(({ type }) => type === 'build')
  expect(second['build']).not.toBe(first['build'])
  expect(await dev.line(({ type, text }) => type === 'log' && String(text).startsWith('stored'))).toMatchObject({ text: 'stored 7' })
  dev.child.kill('SIGINT')
  expect((await dev.ended).code).toBe(0)
})

test('a hub says where it is before anything else, and creates the devices asked for', async () => {
  const hub = start('hub', ...freePorts, '--data', folder, '--device', 'one', '--device', 'two', '--json')
  const ready = await hub.line(() => true)
  expect(ready).toMatchObject({ type: 'ready', host: '127.0.0.1', ca: join(folder, 'authority', 'ca.pem') })
  expect(ready['devices']).toEqual(['one', 'two'].map((device) => ({
    device, connectionString: expect.stringMatching(new RegExp(`^HostName=127\\.0\\.0\\.1:${String(ready['mqtts'])};DeviceId=${device};SharedAccessKey=[A-Za-z0-9+/]{43}=$`)),
  })))
  expect(readFileSync(String(ready['ca']), 'utf8')).toContain('BEGIN CERTIFICATE')
  hub.child.kill('SIGINT')
  const { code, out } = await hub.ended
  expect(code).toBe(0)
  expect(jsonLines(out).slice(1).filter(({ type }) => type !== 'lifecycle')).toEqual([])
})

test('a device that has the printed connection string and authority connects, and the hub says so', async () => {
  const hub = start('hub', ...freePorts, '--data', folder, '--device', 'one', '--json')
  const ready = await hub.line(({ type }) => type === 'ready')
  const [{ connectionString }] = ready['devices'] as [{ connectionString: string }]
  const app = await buildApp({ app: 'blink' })
  using _device = new RealDevice(app, {
    board: app.board,
    hub: { connection: connectionString, port: Number(ready['mqtts']), ca: readFileSync(String(ready['ca']), 'utf8') },
  })
  expect(await hub.line(({ type }) => type === 'connected')).toMatchObject({ device: 'one', tls: 'TLSv1.2' })
})

test('a port that is taken is one sentence', async () => {
  const first = start('hub', ...freePorts, '--data', join(folder, 'a'), '--json')
  const port = String((await first.line(() => true))['mqtts'])
  const { code, out, err } = await start('hub', '--mqtts', port, '--amqps', '0', '--https', '0', '--data', join(folder, 'b')).ended
  expect({ code, out, err }).toEqual({ code: 1, out: '', err: `error: 127.0.0.1 cannot be listened on (another program has it); give another with --mqtts, --amqps or --https, 0 for a free one\n` })
})

test('a reader that leaves early ends the command without an error', async () => {
  const sim = start('sim', 'coffee-machine', '--for', '24h', '--events', '--json')
  await sim.line(() => true)
  sim.child.stdout?.destroy()
  const { code, signal, err } = await sim.ended
  expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: '' })
})
