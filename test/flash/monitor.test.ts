/** The log of a board: lines as they come, crashes with their line of TypeScript, through lost ports. */

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { simulate } from '../../src/sim/index.js'
import { interruptible, jsonLines, tinytwin, type Outcome } from '../cli/fake.js'
import { FakeRom } from './fake_rom.js'
import { openPty } from './pty.js'

let server: Server
let visits: ((socket: Socket) => void)[]
let spec: string
beforeEach(async () => {
  visits = []
  server = createServer((socket) => { (visits.shift() ?? (() => {}))(socket) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  spec = `socket://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => { server.close() })

/** Runs until stdout has this text. */
async function until(text: string, ...argv: string[]): Promise<Outcome> {
  const enough = new AbortController()
  return await interruptible(enough.signal, (out) => { if (out.includes(text)) enough.abort() }, argv)
}

test('lines are shown as they are, colours and line ends taken off, and what a terminal would obey is made visible', async () => {
  visits = [(socket) => { socket.write('12 info  started\r\n\u001B[0;32mI (12) wifi: up\u001B[0m\r\nbell\u0007 \u001B]0;title\u0007\nend\n') }]
  const { code, out, err } = await until('end', 'monitor', '--port', spec)
  expect({ code, out, err }).toEqual({ code: 0, out: '12 info  started\nI (12) wifi: up\nbell\\x07 \\x1b]0;title\\x07\nend\n', err: '' })
})

test('a crash is shown with the line of TypeScript the simulator names for it', async () => {
  await using device = await simulate('runaway', { board: 'host' })
  await device.invoke('run', null, { timeout: '5s' }).catch(() => {})
  const { build, reason, function: name, offset, at } = device.crashes[0]!
  visits = [(socket) => { socket.write(`812 error the app crashed: ${reason} in ${name} at offset ${offset} of build ${build}\n813 info  going on\n`) }]
  const { out } = await until('going on', 'monitor', '--port', spec, '--app', 'runaway', '--board', 'host')
  expect(out.split('\n')[1]).toBe(`  at ${at}`)
  expect(at).toMatch(/^assembly\/apps\/runaway\/index\.ts:9:\d+ in /)
})

test('a crash of another build is not given a line of this one', async () => {
  visits = [(socket) => { socket.write('812 error the app crashed: unreachable in #3 at offset 500 of build 0123456789abcdef\ndone\n') }]
  const { out } = await until('done', 'monitor', '--port', spec, '--app', 'runaway')
  expect(out).toMatch(/at a place in build 0123456789abcdef; runaway is build [0-9a-f]{16} here, so its lines are others/)
})

test('a crash without an app says what would name its line', async () => {
  visits = [(socket) => { socket.write('812 error the app crashed: unreachable in #3 at offset 500 of build 0123456789abcdef\ndone\n') }]
  expect((await until('done', 'monitor', '--port', spec)).out).toContain('at a place in the app; give --app APP to see its line')
})

test('a port that is lost is waited for, and the log goes on when it is back', async () => {
  visits = [(socket) => { socket.end('before\nhalf a li') }, (socket) => { socket.write('after\n') }]
  const { code, out, err } = await until('after', 'monitor', '--port', spec)
  expect({ code, out }).toEqual({ code: 0, out: 'before\nhalf a li\nafter\n' })
  expect(err).toBe(`${spec} is gone (the other side closed it); waiting for it, Ctrl-C ends\n${spec} is back\n`)
})

test('a serial port is read, and one that is pulled out is waited for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-monitor-'))
  await using pty = await openPty(folder)
  // What is sent before it listens is nobody's.
  const talking = setInterval(() => { pty.send(Buffer.from('hello\n')) }, 20)
  const enough = new AbortController()
  let unplugging: Promise<void> | undefined
  const { code, out } = await interruptible(enough.signal, (text) => {
    if (text.includes('"hello"')) unplugging ??= pty.unplug()
    if (text.includes('"lost"')) enough.abort()
  }, ['monitor', '--port', pty.path, '--board', 'esp32-c3-devkitm', '--json'])
  clearInterval(talking)
  rmSync(folder, { recursive: true })
  expect(code).toBe(0)
  expect(jsonLines(out)[0]).toEqual({ type: 'log', line: 'hello' })
  expect(jsonLines(out).at(-1)).toMatchObject({ type: 'lost', port: pty.path })
})

test('in JSON every line, crash, loss and return is an object', async () => {
  visits = [
    (socket) => { socket.end('x\n5 error the app crashed: unreachable in brew at offset 500 of build 0123456789abcdef\n') },
    (socket) => { socket.write('after\n') },
  ]
  const { out } = await until('after', 'monitor', '--port', spec, '--json')
  expect(jsonLines(out)).toEqual([
    { type: 'log', line: 'x' },
    { type: 'log', line: '5 error the app crashed: unreachable in brew at offset 500 of build 0123456789abcdef', crash: { build: '0123456789abcdef', reason: 'unreachable', function: 'brew', offset: 500, unknown: 'a place in the app; give --app APP to see its line' } },
    { type: 'lost', port: spec, reason: 'the other side closed it' },
    { type: 'back', port: spec },
    { type: 'log', line: 'after' },
  ])
})

test('an endless line is cut into pieces instead of being kept', async () => {
  visits = [(socket) => { socket.write(`${'x'.repeat(5000)}\nend\n`) }]
  expect((await until('end', 'monitor', '--port', spec)).out.split('\n').map(({ length }) => length)).toEqual([4096, 904, 3, 0])
})

test('it ends by itself after the time it was given', async () => {
  expect(await tinytwin('monitor', '--port', spec, '--for', '50ms')).toEqual({ code: 0, out: '', err: '' })
})

test.each([
  ['a port and a hub at once', ['--port', 'x', '--device', 'grinder-1'], '--port watches a board, --device a hub: give one of them'],
  ['a port nobody listens at', ['--port', 'socket://127.0.0.1:1'], 'socket://127.0.0.1:1 cannot be opened (ECONNREFUSED)'],
  ['an unknown board', ['--port', 'socket://127.0.0.1:1', '--board', 'nukleo'], `there is no board 'nukleo'`],
])('%s is refused', async (_, words, problem) => {
  const { code, err } = await tinytwin('monitor', ...words)
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(problem) })
})

test('after flashing the log goes on over the same line, until Ctrl-C', async () => {
  await using rom = new FakeRom({ target: 'esp32c3' })
  const enough = new AbortController()
  const port = await rom.listen()
  const { code, out, err } = await interruptible(enough.signal, (text) => {
    if (text.includes('verified\n') && !text.includes('started')) setImmediate(() => { rom.say('12 info  started\n') })
    if (text.includes('started')) enough.abort()
  }, ['flash', 'coffee-machine', '--board', 'esp32-c3-devkitm', '--app-only', '--port', port, '--monitor'])
  expect({ code, err }).toEqual({ code: 0, err: 'press RESET (or EN) on the board to start it\n' })
  expect(out).toMatch(/verified\n.*\n12 info {2}started\n$/s)
})

test('Ctrl-C while it writes says what is in the device, and that it can be repeated', async () => {
  const stop = new AbortController()
  await using rom = new FakeRom({ target: 'esp32c3', wrote: () => { stop.abort() } })
  const { code, err } = await interruptible(stop.signal, () => {}, ['flash', 'coffee-machine', '--board', 'esp32-c3-devkitm', '--app-only', '--port', await rom.listen(), '--no-monitor'])
  expect({ code, err }).toEqual({ code: 1, err: 'error: interrupted. coffee-machine.wasm is not complete: there is no app in the device until this is repeated. Run the same command again\n' })
})
