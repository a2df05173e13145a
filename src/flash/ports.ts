/** The serial ports of this computer that may have a board behind them, by names that stay when it is plugged in again. */

import { existsSync, readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'

export interface FoundPort {
  /** What openPort takes; under by-id where the system has such names. */
  readonly path: string
  /** What it is, for a person. */
  readonly title: string
}

export interface UsbIds {
  readonly vendor: number
  readonly product: number
}

/** By USB vendor, and product where that says more. */
const makers: Readonly<Record<string, string>> = {
  '303a:1001': 'Espressif USB of the chip itself',
  '303a': 'Espressif',
  '10c4': 'Silicon Labs CP210x',
  '1a86': 'WCH CH34x',
  '0403': 'FTDI',
  '067b': 'Prolific',
  '0483:374b': 'ST-LINK of a Nucleo',
  '0483:374e': 'ST-LINK of a Nucleo',
  '0483': 'ST',
}

/** Sorted by name. `root` is for tests: the folder that has dev and sys. */
export async function listPorts(root = '/'): Promise<FoundPort[]> {
  if (root === '/' && process.platform !== 'linux') return await listElsewhere()
  const dev = join(root, 'dev')
  if (!existsSync(dev)) return []
  const byId = namesById(join(dev, 'serial', 'by-id'))
  return readdirSync(dev).filter((name) => /^tty(USB|ACM)\d+$/.test(name)).toSorted(byNumber).map((name) => {
    const usb = usbOf(join(root, 'sys', 'class', 'tty', name, 'device'))
    return { path: byId.get(name) ?? join(dev, name), title: [name, usb].filter((part) => part !== '').join(', ') }
  })
}

function namesById(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map()
  return new Map(readdirSync(folder).map((entry): [string, string] => [basename(readlinkSync(join(folder, entry))), join(folder, entry)]))
}

/** Of the USB device a serial port is; undefined where it is none, or the system does not say. */
export function usbIdsOf(path: string): UsbIds | undefined {
  if (process.platform !== 'linux' || !existsSync(path)) return undefined
  const folder = usbFolder(join('/sys/class/tty', basename(realpathSync(path)), 'device'))
  return folder === undefined ? undefined : { vendor: parseInt(text(join(folder, 'idVendor')), 16), product: parseInt(text(join(folder, 'idProduct')), 16) }
}

function usbOf(device: string): string {
  const folder = usbFolder(device)
  if (folder === undefined) return ''
  const vendor = text(join(folder, 'idVendor'))
  const id = `${vendor}:${text(join(folder, 'idProduct'))}`
  return [makers[id] ?? makers[vendor], text(join(folder, 'product')), id].filter((part) => part !== undefined && part !== '').join(', ')
}

// The USB device is some folders above the port.
function usbFolder(device: string): string | undefined {
  if (!existsSync(device)) return undefined
  const start = realpathSync(device)
  return ['.', '..', '../..', '../../..'].map((up) => join(start, up)).find((folder) => existsSync(join(folder, 'idVendor')))
}

function text(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}

interface PortInfo {
  readonly path: string
  readonly manufacturer?: string | undefined
  readonly vendorId?: string | undefined
  readonly productId?: string | undefined
}

async function listElsewhere(): Promise<FoundPort[]> {
  const { autoDetect } = await import('@serialport/bindings-cpp')
  const ports: readonly PortInfo[] = await autoDetect().list()
  return ports.filter(({ vendorId }) => vendorId !== undefined).map(({ path, vendorId = '', productId = '', manufacturer }) => {
    const id = `${vendorId}:${productId}`.toLowerCase()
    const maker = makers[id] ?? makers[vendorId.toLowerCase()] ?? manufacturer
    return { path: path.replace('/dev/tty.', '/dev/cu.'), title: [maker, id].filter((part) => part !== undefined).join(', ') }
  })
}

const byNumber = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true })
