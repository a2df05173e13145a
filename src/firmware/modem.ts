/**
 * A Wi-Fi modem that speaks Espressif's ESP-AT commands, at a TCP port instead of a UART: the other end of native/port/esp_at.
 * Its network is this computer's loopback and nothing else. What can go wrong with a modem can be made to.
 */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/** What the modem has for a connection before TCP's window closes. */
const windowBytes = 5760
const links = 5
const loopback: readonly string[] = ['127.0.0.1', 'localhost']

export interface ModemOptions {
  /** The network it knows, and joins by itself as long as no command named another. */
  readonly network?: { readonly name: string, readonly password: string }
  /** Its SNTP: milliseconds since 1970, or undefined while it has no answer. */
  readonly clock?: () => number | undefined
  /** ESP-AT 2 has another command for what arrives. */
  readonly version?: 2 | 3
  /** Each command, as it came. A password in it is the network's. */
  readonly log?: (command: string) => void
}

interface Link {
  readonly socket: Socket
  received: Buffer[]
  bytes: number
  open: boolean
}

export class Modem implements AsyncDisposable {
  /** Where QEMU's serial port connects to. */
  readonly port: number
  /** Every command since it was made. */
  readonly commands: string[] = []
  readonly #server: Server
  readonly #options: Required<Omit<ModemOptions, 'log'>> & Pick<ModemOptions, 'log'>
  readonly #links: (Link | undefined)[] = Array.from({ length: links }, () => undefined)
  #wire: Socket | undefined
  #waiting: { readonly pattern: RegExp, readonly resolve: () => void }[] = []
  #line = ''
  #echo = true
  #passive = false
  #joined = false
  #present = true // of the network
  #silent = false
  #plugged = true
  #failingSends = 0
  #busy = 0
  #sending: { readonly id: number, left: number, readonly parts: Buffer[] } | undefined

  /** For openModem. */
  constructor(server: Server, { network = { name: 'home', password: 'secret' }, clock = Date.now, version = 3, log }: ModemOptions) {
    this.#server = server
    this.#options = { network, clock, version, ...(log === undefined ? {} : { log }) }
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (wire) => {
      if (!this.#plugged) { wire.destroy(); return }
      this.#wire?.destroy()
      this.#wire = wire
      wire.setNoDelay(true)
      wire.on('error', () => {})
      wire.on('data', (bytes: Buffer) => { this.#hear(bytes) })
      this.#boot()
    })
  }

  /** Once a command that matches has come, from now on. */
  heard(pattern: RegExp): Promise<void> {
    return new Promise((resolve) => { this.#waiting.push({ pattern, resolve }) })
  }

  /** The next sends fail after their bytes were taken, which reach nobody. */
  failSends(count: number): void { this.#failingSends = count }

  /** The next commands are answered "busy". */
  beBusy(count: number): void { this.#busy = count }

  /** It hears and says nothing any more, until it is reset by its power. */
  hang(): void { this.#silent = true }

  /** Its power fails for a moment: every connection is lost, and it starts. */
  reset(): void {
    this.#silent = false
    this.#boot()
  }

  /** Takes the modem's wires off, or connects them again. */
  plug(plugged: boolean): void {
    this.#plugged = plugged
    if (!plugged) {
      this.#wire?.destroy()
      this.#wire = undefined
      this.#dropLinks(false)
    }
  }

  /** The access point goes away, or comes back. */
  network(present: boolean): void {
    this.#present = present
    if (!present && this.#joined) {
      this.#joined = false
      this.#dropLinks(true)
      this.#say('WIFI DISCONNECT')
    } else if (present && !this.#joined) {
      this.#join()
    }
  }

  /** The peer's side of every connection is cut. */
  cutLinks(): void { this.#dropLinks(true) }

  /** Bytes on its wire as noise would put them there. */
  noise(bytes: Uint8Array): void { this.#wire?.write(bytes) }

  async [Symbol.asyncDispose](): Promise<void> {
    this.plug(false)
    this.#server.close()
    await once(this.#server, 'close')
  }

  #boot(): void {
    this.#dropLinks(false)
    this.#line = ''
    this.#sending = undefined
    this.#echo = true
    this.#passive = false
    this.#joined = false
    this.#wire?.write(Buffer.from('\r\n\x9a\x00\xffrl\x8c\r\n\r\nready\r\n', 'latin1')) // its loader talks at another speed
    if (this.#present) this.#join()
  }

  #join(): void {
    this.#joined = true
    this.#say('WIFI CONNECTED', 'WIFI GOT IP')
  }

  #say(...lines: readonly string[]): void {
    if (!this.#silent) this.#wire?.write(lines.map((line) => `${line}\r\n`).join(''), 'latin1')
  }

  #answer(...lines: readonly string[]): void {
    this.#say(...lines, '', 'OK')
  }

  #dropLinks(told: boolean): void {
    for (const [id, link] of this.#links.entries()) {
      if (link === undefined) continue
      this.#links[id] = undefined
      link.socket.removeAllListeners('close').destroy()
      if (told && link.open) this.#say(`${id},CLOSED`)
    }
  }

  #hear(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#sending === undefined) {
        this.#hearByte(bytes[at++]!)
      } else {
        const part = bytes.subarray(at, at + this.#sending.left)
        at += part.length
        this.#take(part)
      }
    }
  }

  #hearByte(byte: number): void {
    if (this.#echo && !this.#silent) this.#wire?.write(Buffer.of(byte))
    if (byte !== 0x0a) {
      if (this.#line.length < 512) this.#line += String.fromCharCode(byte)
      return
    }
    const command = this.#line.replace(/\r$/, '')
    this.#line = ''
    if (command === '') return
    this.commands.push(command)
    this.#options.log?.(command)
    if (this.#silent) return
    if (this.#busy > 0) {
      this.#busy--
      this.#say('busy p...')
    } else {
      this.#obey(command)
    }
    const met = this.#waiting.filter(({ pattern }) => pattern.test(command))
    this.#waiting = this.#waiting.filter((entry) => !met.includes(entry))
    for (const { resolve } of met) resolve()
  }

  #obey(command: string): void {
    const [, name = '', text = ''] = /^(AT(?:\+?[A-Z0-9]*))[=]?(.*)$/.exec(command) ?? []
    const values = parameters(text)
    const { version, network, clock } = this.#options
    switch (text === '?' ? `${name}?` : name) {
      case 'AT': case 'AT+SYSSTORE': case 'AT+CWMODE': case 'AT+CIPMUX': case 'AT+CIPDINFO': case 'AT+CIPSNTPCFG':
        return this.#answer()
      case 'ATE0': case 'ATE1':
        this.#echo = name === 'ATE1'
        return this.#answer()
      case 'AT+RST':
        this.#answer()
        return this.#boot()
      case 'AT+CIPRECVTYPE': case 'AT+CIPRECVMODE':
        if ((name === 'AT+CIPRECVTYPE') !== (version === 3)) return this.#say('ERROR')
        this.#passive = values.at(-1) === '1'
        return this.#answer()
      case 'AT+CWJAP':
        if (!this.#present || values[0] !== network.name || values[1] !== network.password) return this.#say('+CWJAP:3', '', 'FAIL')
        this.#join()
        return this.#answer()
      case 'AT+SYSTIMESTAMP?':
        return this.#answer(`+SYSTIMESTAMP:${Math.floor((clock() ?? 0) / 1000)}`)
      case 'AT+CIPRECVLEN?':
        return this.#answer(`+CIPRECVLEN:${this.#links.map((link) => link?.bytes ?? 0).join(',')}`)
      case 'AT+CIPSTART': return this.#start(Number(values[0]), values[2] ?? '', Number(values[3]))
      case 'AT+CIPSEND': return this.#send(Number(values[0]), Number(values[1]))
      case 'AT+CIPRECVDATA': return this.#fetch(Number(values[0]), Number(values[1]))
      case 'AT+CIPCLOSE': return this.#close(Number(values[0]))
      default: return this.#say('ERROR')
    }
  }

  #start(id: number, host: string, port: number): void {
    if (!this.#joined) return this.#say('no ip', '', 'ERROR')
    if (this.#links[id]?.open === true) return this.#say('ALREADY CONNECTED', '', 'ERROR')
    if (!(id >= 0 && id < links)) return this.#say('ERROR')
    if (!loopback.includes(host)) return this.#say('DNS Fail', '', 'ERROR')
    const socket = connect({ host, port })
    const link: Link = { socket, received: [], bytes: 0, open: false }
    this.#links[id] = link
    socket.setNoDelay(true)
    socket.on('error', () => {})
    socket.on('connect', () => {
      link.open = true
      this.#answer(`${id},CONNECT`)
    })
    socket.on('data', (bytes) => { this.#arrived(id, link, bytes as Buffer) })
    socket.on('close', () => {
      if (this.#links[id] !== link) return
      if (!link.open) this.#links[id] = undefined
      this.#say(...(link.open ? [] : ['ERROR']), `${id},CLOSED`)
      link.open = false
    })
  }

  #arrived(id: number, link: Link, bytes: Buffer): void {
    if (!this.#passive) {
      this.#say(`+IPD,${id},${bytes.length}:${bytes.toString('latin1')}`)
      return
    }
    link.received.push(bytes)
    link.bytes += bytes.length
    if (link.bytes >= windowBytes) link.socket.pause()
    this.#say('', `+IPD,${id},${link.bytes}`)
  }

  #send(id: number, length: number): void {
    if (this.#links[id]?.open !== true) return this.#say('link is not valid', '', 'ERROR')
    if (!(length >= 1 && length <= 8192)) return this.#say('ERROR')
    this.#sending = { id, left: length, parts: [] }
    this.#wire?.write('\r\nOK\r\n\r\n>')
  }

  #take(part: Buffer): void {
    const sending = this.#sending!
    sending.parts.push(Buffer.from(part))
    sending.left -= part.length
    if (sending.left > 0) return
    this.#sending = undefined
    const bytes = Buffer.concat(sending.parts)
    this.#say('', `Recv ${bytes.length} bytes`)
    const link = this.#links[sending.id]
    if (this.#failingSends > 0 || link?.open !== true) {
      this.#failingSends = Math.max(0, this.#failingSends - 1)
      return this.#say('', 'SEND FAIL')
    }
    link.socket.write(bytes)
    this.#say('', 'SEND OK')
  }

  #fetch(id: number, length: number): void {
    const link = this.#links[id]
    if (!this.#passive || link === undefined || link.bytes === 0 || !(length > 0)) return this.#say('ERROR')
    const all = Buffer.concat(link.received)
    const part = all.subarray(0, length)
    link.received = part.length < all.length ? [all.subarray(part.length)] : []
    link.bytes = all.length - part.length
    if (link.bytes < windowBytes) link.socket.resume()
    this.#answer(`+CIPRECVDATA:${part.length},${part.toString('latin1')}`)
    if (link.bytes === 0 && !link.open) this.#links[id] = undefined
  }

  #close(id: number): void {
    const link = this.#links[id]
    if (link === undefined) return this.#say('ERROR')
    this.#links[id] = undefined
    link.socket.removeAllListeners('close').end()
    this.#answer(`${id},CLOSED`)
  }
}

/** Values between commas; a backslash takes the next character as it is. */
function parameters(text: string): string[] {
  return (text.match(/"(?:\\.|[^"\\])*"|[^,]+/g) ?? []).map((value) => value.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1'))
}

/** On a free port of 127.0.0.1. */
export async function openModem(options: ModemOptions = {}): Promise<Modem> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return new Modem(server, options)
}
