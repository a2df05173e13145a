/** What .env.local says of a device: its identity, its trust, its networks. Values go into the settings partition and nowhere else. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { suggestion } from '../board/nearest.js'
import type { DeviceSettings } from '../firmware/index.js'
import { FlashError } from './error.js'

export interface Credentials {
  readonly settings: DeviceSettings
  /** Each field by name and size: what may be shown. */
  readonly shown: readonly { readonly name: string, readonly bytes: number }[]
  readonly warnings: readonly string[]
}

/** The variables and what they hold, for help. */
export const variables: readonly (readonly [name: string, doc: string])[] = [
  ['TINYTWIN_CONNECTION', 'HostName=…;DeviceId=…;SharedAccessKey=…, the same with x509=true, or for DPS IdScope=…;RegistrationId=…;…. A second line in double quotes, after \\n, may have the other key.'],
  ['TINYTWIN_WIFI', 'The name of a Wi-Fi network; TINYTWIN_WIFI_PASSWORD beside it, unless it is open. More networks: TINYTWIN_WIFI_2 and TINYTWIN_WIFI_2_PASSWORD, up to _9, the best first.'],
  ['TINYTWIN_CA', 'A file, PEM or DER: the authorities the hub is verified with.'],
  ['TINYTWIN_CERTIFICATE', 'With x509=true, a file: the device\'s certificate and those that lead to its root.'],
  ['TINYTWIN_KEY', 'A file: the private key of that certificate.'],
  ['TINYTWIN_UPDATE_KEY', 'Who may sign new authorities: what tinytwin trust key prints, 130 hex digits.'],
  ['TINYTWIN_ADDRESS', 'Where to connect to instead of the host\'s own name.'],
  ['TINYTWIN_PORT', 'The port there, instead of 8883.'],
  ['TINYTWIN_HEALTH', 'off: condition and last crash are not reported.'],
]

/** Of this program, but not of a device. */
const others = ['TINYTWIN_HUB', 'TINYTWIN_CONNECTION', 'TINYTWIN_GROUP_KEY', 'TINYTWIN_SOURCES']
const texts = { TINYTWIN_CONNECTION: 'connection', TINYTWIN_ADDRESS: 'address', TINYTWIN_HEALTH: 'health' } as const
const files = { TINYTWIN_CA: 'ca', TINYTWIN_CERTIFICATE: 'certificate', TINYTWIN_KEY: 'key' } as const
const wifiName = /^TINYTWIN_WIFI(?:_([2-9]))?$/
const wifiPassword = /^TINYTWIN_WIFI(?:_([2-9]))?_PASSWORD$/

/** Undefined when there is no such file. Throws FlashError, never with a value in it. */
export function readCredentials(file: string): Credentials | undefined {
  if (!existsSync(file)) return undefined
  const given = Object.entries(parseEnv(read(file))).filter((entry): entry is [string, string] => entry[0].startsWith('TINYTWIN_') && entry[1] !== undefined && entry[1] !== '')
  const values = new Map(given)
  const known = [...variables.map(([name]) => name), ...others]
  const unknown = given.map(([name]) => name).find((name) => !known.includes(name) && !wifiName.test(name) && !wifiPassword.test(name))
  if (unknown !== undefined) throw new FlashError(`${file} has '${unknown}', which is no variable of a device.${suggestion(unknown, known)} See: tinytwin flash --help`)
  const connection = values.get('TINYTWIN_CONNECTION')
  if (connection === undefined) throw new FlashError(`${file} has no TINYTWIN_CONNECTION: without it a device does not know who it is. See: tinytwin flash --help`)
  checkConnection(connection, file)
  const port = values.get('TINYTWIN_PORT')
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) throw new FlashError(`${file}: TINYTWIN_PORT is not a whole number from 1 to 65535`)
  const health = values.get('TINYTWIN_HEALTH')
  if (health !== undefined && health !== 'off') throw new FlashError(`${file}: TINYTWIN_HEALTH is 'off' or absent`)
  const updateKey = values.get('TINYTWIN_UPDATE_KEY')
  if (updateKey !== undefined && !/^04[0-9a-fA-F]{128}$/.test(updateKey)) throw new FlashError(`${file}: TINYTWIN_UPDATE_KEY is not the 130 hex digits that 'tinytwin trust key' prints`)
  const content = Object.entries(files).flatMap(([name, field]): [string, Uint8Array][] => {
    const path = values.get(name)
    return path === undefined ? [] : [[field, bytesOf(resolve(dirname(file), path), `${file}: ${name}`)]]
  })
  const wifi = networksOf(values, file)
  const settings: DeviceSettings = {
    ...Object.fromEntries(Object.entries(texts).flatMap(([name, field]) => values.has(name) ? [[field, values.get(name)]] : [])),
    ...Object.fromEntries(content),
    ...(updateKey === undefined ? {} : { updateKey: Buffer.from(updateKey, 'hex') }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(wifi.length === 0 ? {} : { wifi }),
  }
  const keyFile = values.get('TINYTWIN_KEY')
  const secretFiles = [file, ...keyFile === undefined ? [] : [resolve(dirname(file), keyFile)]]
  return {
    settings,
    shown: shownFields(settings),
    warnings: secretFiles
      .filter((path) => process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0)
      .map((path) => `${path} holds secrets and can be read by other users. Run: chmod 600 ${path}`),
  }
}

function shownFields({ wifi = [], ...rest }: DeviceSettings): { name: string, bytes: number }[] {
  return [
    ...Object.entries(rest).map(([name, value]) => ({ name, bytes: Buffer.byteLength(typeof value === 'number' ? String(value) : value as string | Uint8Array) })),
    ...wifi.map(({ name, password }) => ({ name: 'wifi', bytes: Buffer.byteLength(`${name}\0${password}`) })),
  ]
}

function networksOf(values: ReadonlyMap<string, string>, file: string): { name: string, password: string }[] {
  return ['', '_2', '_3', '_4', '_5', '_6', '_7', '_8', '_9'].flatMap((number) => {
    const name = values.get(`TINYTWIN_WIFI${number}`)
    const password = values.get(`TINYTWIN_WIFI${number}_PASSWORD`) ?? ''
    if (name === undefined && password !== '') throw new FlashError(`${file} has TINYTWIN_WIFI${number}_PASSWORD, but no TINYTWIN_WIFI${number}`)
    if (name === undefined) return []
    // IEEE 802.11: a name has at most 32 bytes; WPA: a passphrase 8 to 63, or 64 hex digits.
    if (Buffer.byteLength(name) > 32) throw new FlashError(`${file}: TINYTWIN_WIFI${number} is longer than the 32 bytes a network's name has`)
    if (password !== '' && (Buffer.byteLength(password) < 8 || Buffer.byteLength(password) > 64)) throw new FlashError(`${file}: TINYTWIN_WIFI${number}_PASSWORD has ${Buffer.byteLength(password)} bytes; WPA wants 8 to 64`)
    return [{ name, password }]
  })
}

// Only what shows a string of something else; the device reads it in full.
function checkConnection(connection: string, file: string): void {
  const names = connection.split(/[;\n]/).map((pair) => pair.split('=', 1)[0]?.trim().toLowerCase() ?? '')
  if (names.includes('sharedaccesskeyname')) throw new FlashError(`${file}: TINYTWIN_CONNECTION is a service's connection string; a device's has DeviceId`)
  const hub = names.includes('hostname') && names.includes('deviceid')
  const dps = names.includes('idscope') && names.includes('registrationid')
  if (!hub && !dps) throw new FlashError(`${file}: TINYTWIN_CONNECTION must have HostName and DeviceId, or for DPS IdScope and RegistrationId`)
}

function read(file: string): string {
  return Buffer.from(bytesOf(file, 'the credentials')).toString('utf8')
}

function bytesOf(path: string, what: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new FlashError(`${what}: '${path}' cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
}
