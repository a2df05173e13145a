/** A line of bytes to a board: a serial port of this computer, or a TCP socket that leads to one. Knows no protocol. */

import { existsSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { FlashError } from './error.js'
import { usbIdsOf, type UsbIds } from './ports.js'

export interface Signals {
  readonly dtr?: boolean
  readonly rts?: boolean
  readonly brk?: boolean
}

/** Open until `close`, or until it is lost. */
export interface Port {
  /** As a person named it. */
  readonly name: string
  /** Whether it has lines that reset a board. */
  readonly canReset: boolean
  /** Whether this side decides how fast it is. */
  readonly hasBaud: boolean
  /** Of the USB device it is, where that is known. */
  readonly usb?: UsbIds
  /** Takes what arrives from now on; what arrived while nobody listened is lost. */
  listen(data: (bytes: Uint8Array) => void): void
  /** Calls at once when it is lost already; not for a `close` of ours. */
  onLost(lost: (reason: string) => void): void
  /** Rejects when it is lost. */
  write(bytes: Uint8Array): Promise<void>
  signals(signals: Signals): Promise<void>
  setBaud(baud: number): Promise<void>
  close(): Promise<void>
}

const connectMs = 5000
const goneCheckMs = 200
const ignore = (): void => {}

/** `spec`: a path such as /dev/ttyUSB0, or socket://host:port. Throws FlashError. */
export async function openPort(spec: string, baud: number): Promise<Port> {
  if (/^[a-z]+:\/\//.test(spec)) return await openSocket(spec)
  return await openSerial(spec, baud)
}

/** Whoever waits for the end of a line, and whoever comes later. */
class Loss {
  #reason: string | undefined
  #ended = false
  readonly #told: ((reason: string) => void)[] = []

  on(told: (reason: string) => void): void {
    if (this.#reason !== undefined) told(this.#reason)
    else this.#told.push(told)
  }

  set(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#reason = reason
    for (const told of this.#told.splice(0)) told(reason)
  }

  /** From now on nothing is lost. */
  end(): void {
    this.#ended = true
  }
}

async function openSocket(spec: string): Promise<Port> {
  const [, host = '', port = ''] = /^socket:\/\/(\[[^\]]+\]|[^/:@]+):(\d{1,5})\/?$/.exec(spec) ?? []
  if (host === '' || Number(port) < 1 || Number(port) > 65535) throw new FlashError(`'${spec}' is no port: a socket is written as socket://HOST:PORT`)
  const socket = await dial(spec, host.replaceAll(/[[\]]/g, ''), Number(port))
  const loss = new Loss()
  let take: (bytes: Uint8Array) => void = ignore
  socket.on('data', (bytes) => { take(bytes) })
  socket.on('error', (error: NodeJS.ErrnoException) => { loss.set(error.code ?? error.message) })
  socket.on('close', () => { loss.set('the other side closed it') })
  return {
    name: spec,
    canReset: false,
    hasBaud: false,
    listen: (data) => { take = data },
    onLost: (lost) => { loss.on(lost) },
    write: (bytes) => new Promise((resolve, reject) => {
      socket.write(bytes, (error) => {
        if (error == null) resolve()
        else reject(new FlashError(`${spec} was lost (${(error as NodeJS.ErrnoException).code ?? error.message})`, { cause: error }))
      })
    }),
    signals: async () => {},
    setBaud: async () => {},
    close: async () => {
      loss.end()
      socket.destroy()
    },
  }
}

function dial(spec: string, host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    const give = (why: string, cause?: Error): void => {
      clearTimeout(timer)
      socket.destroy()
      reject(new FlashError(`${spec} cannot be opened (${why})`, { cause }))
    }
    const timer = setTimeout(() => { give('no answer') }, connectMs)
    socket.once('error', (error: NodeJS.ErrnoException) => { give(error.code ?? error.message, error) })
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

async function openSerial(path: string, baud: number): Promise<Port> {
  const { autoDetect } = await import('@serialport/bindings-cpp')
  const line = await autoDetect().open({ path, baudRate: baud, hupcl: false }).catch((error: unknown) => { throw cannotOpen(path, error) })
  const loss = new Loss()
  const usb = usbIdsOf(path)
  let take: (bytes: Uint8Array) => void = ignore
  let canReset = true
  const read = async (): Promise<void> => {
    const buffer = Buffer.alloc(64 * 1024)
    while (line.isOpen) {
      const { bytesRead } = await line.read(buffer, 0, buffer.length)
      if (bytesRead === 0) throw new Error('end of file')
      take(Uint8Array.from(buffer.subarray(0, bytesRead)))
    }
  }
  const reading = read().catch((error: unknown) => { loss.set((error as Error).message) })
  // A terminal that hung up reads as 0 bytes, which the binding asks for again and again: only its name tells that it is gone.
  const watching = setInterval(() => {
    if (existsSync(path)) return
    clearInterval(watching)
    loss.set('it was pulled out')
    if (line.isOpen) line.close().catch(() => {})
  }, goneCheckMs)
  return {
    name: path,
    get canReset() { return canReset },
    hasBaud: true,
    ...(usb === undefined ? {} : { usb }),
    listen: (data) => { take = data },
    onLost: (lost) => { loss.on(lost) },
    write: async (bytes) => {
      try {
        await line.write(Buffer.from(bytes))
      } catch (error) {
        loss.set((error as Error).message)
        throw new FlashError(`${path} was lost (${(error as Error).message})`, { cause: error })
      }
    },
    signals: async (signals) => {
      try {
        await line.set(signals)
      } catch {
        canReset = false // a terminal without modem lines: a pty, some serial servers
      }
    },
    setBaud: async (rate) => { await line.update({ baudRate: rate }) },
    close: async () => {
      loss.end()
      clearInterval(watching)
      if (line.isOpen) await line.close().catch(() => {})
      await reading
    },
  }
}

function cannotOpen(path: string, error: unknown): FlashError {
  const { message } = error as Error
  if (/No such file|ENOENT/i.test(message)) return new FlashError(`there is no port '${path}'. See: tinytwin flash --help`, { cause: error })
  if (/permission denied|EACCES/i.test(message)) {
    return new FlashError(`you may not open ${path}. On Debian join its group and log in again: sudo usermod -a -G dialout $USER`, { cause: error })
  }
  if (/busy|lock|temporarily unavailable/i.test(message)) return new FlashError(`${path} is in use by another program`, { cause: error })
  return new FlashError(`${path} cannot be opened as a serial port (${message.replace(/^Error:? /, '')})`, { cause: error })
}
