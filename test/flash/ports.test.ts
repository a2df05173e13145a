/** Which ports are found, and which of them is taken. */

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { choosePort } from '../../src/cli/port_choice.js'
import type { Terminal } from '../../src/cli/terminal.js'
import { listPorts } from '../../src/flash/index.js'

let root: string
beforeEach(() => { root = mkdtempSync(join(tmpdir(), 'tinytwin-ports-')) })
afterEach(() => { rmSync(root, { recursive: true }) })

function put(path: string, content = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

/** As Linux shows a USB serial port. */
function plugIn(name: string, { vendor, product, says = '', id }: { readonly vendor: string, readonly product: string, readonly says?: string, readonly id?: string }): void {
  put(`dev/${name}`)
  const usb = `sys/devices/usb/${name}`
  put(`${usb}/idVendor`, `${vendor}\n`)
  put(`${usb}/idProduct`, `${product}\n`)
  if (says !== '') put(`${usb}/product`, `${says}\n`)
  mkdirSync(join(root, usb, '1-1:1.0', name), { recursive: true })
  mkdirSync(join(root, 'sys', 'class', 'tty', name), { recursive: true })
  symlinkSync(join(root, usb, '1-1:1.0', name), join(root, 'sys', 'class', 'tty', name, 'device'))
  if (id === undefined) return
  mkdirSync(join(root, 'dev', 'serial', 'by-id'), { recursive: true })
  symlinkSync(`../../${name}`, join(root, 'dev', 'serial', 'by-id', id))
}

interface Screen { readonly terminal: Terminal, readonly said: () => string }

function screen(typed?: string): Screen {
  let text = ''
  return {
    said: () => text,
    terminal: {
      print: () => {}, say: (more) => { text += more }, live: false, attended: typed !== undefined, size: () => ({ columns: 80, rows: 24 }),
      interruption: () => new AbortController().signal,
      keys: typed === undefined ? undefined : (pressed) => {
        setImmediate(() => { for (const key of typed) pressed(key) })
        return () => {}
      },
    },
  }
}

test('USB serial ports are found by number, with names that stay and what they are; built-in ones are not', async () => {
  plugIn('ttyUSB10', { vendor: '1a86', product: '7523' })
  plugIn('ttyUSB2', { vendor: '10c4', product: 'ea60', says: 'CP2102N', id: 'usb-Silicon_Labs_CP2102N-if00' })
  plugIn('ttyACM0', { vendor: '303a', product: '1001', says: 'USB JTAG/serial debug unit' })
  put('dev/ttyS0')
  put('dev/ttyUSB_not')
  expect(await listPorts(root)).toEqual([
    { path: join(root, 'dev/ttyACM0'), title: 'ttyACM0, Espressif USB of the chip itself, USB JTAG/serial debug unit, 303a:1001' },
    { path: join(root, 'dev/serial/by-id/usb-Silicon_Labs_CP2102N-if00'), title: 'ttyUSB2, Silicon Labs CP210x, CP2102N, 10c4:ea60' },
    { path: join(root, 'dev/ttyUSB10'), title: 'ttyUSB10, WCH CH34x, 1a86:7523' },
  ])
})

test('a computer without serial ports has none', async () => {
  expect(await listPorts(root)).toEqual([])
})

const one = [{ path: '/dev/ttyUSB0', title: 'FTDI, 0403:6001' }]
const two = [...one, { path: '/dev/ttyUSB1', title: 'odd \u001B[2Jname' }]

test('the only port is taken, and named', async () => {
  const { terminal, said } = screen()
  expect(await choosePort(undefined, one, terminal)).toBe('/dev/ttyUSB0')
  expect(said()).toBe('port /dev/ttyUSB0 (FTDI, 0403:6001)\n')
})

test('the port that was named is taken, whatever is plugged in', async () => {
  expect(await choosePort('/dev/ttyACM7', two, screen().terminal)).toBe('/dev/ttyACM7')
})

test('a person picks one of several by its number; other keys do nothing, and names cannot talk to the terminal', async () => {
  const { terminal, said } = screen('x92')
  expect(await choosePort(undefined, two, terminal)).toBe('/dev/ttyUSB1')
  expect(said()).toBe('which port?\n  1  /dev/ttyUSB0  FTDI, 0403:6001\n  2  /dev/ttyUSB1  odd \\x1b[2Jname\npress 1 to 2, q to leave: /dev/ttyUSB1\n')
})

test('q leaves without a port', async () => {
  await expect(choosePort(undefined, two, screen('q').terminal)).rejects.toThrow('no port was chosen. Nothing was written')
})

test('several ports and nobody to ask is an error that lists them; none is one that says what to do', async () => {
  await expect(choosePort(undefined, two, screen().terminal)).rejects.toThrow('there are 2 ports; choose one with --port:\n  1  /dev/ttyUSB0  FTDI, 0403:6001\n  2  /dev/ttyUSB1')
  await expect(choosePort(undefined, [], screen().terminal)).rejects.toThrow('no board is plugged in: there is no USB serial port on this computer. Plug it in with a cable that carries data, or name a port with --port')
})
