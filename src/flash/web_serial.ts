/** A port in the shape of the browser's Web Serial, which is what esptool-js speaks to. Closing it leaves the port open. */

import type { Port } from './port.js'

interface WebSignals {
  readonly dataTerminalReady?: boolean
  readonly requestToSend?: boolean
  readonly break?: boolean
}

/** What of Web Serial's SerialPort is used, and setBaudRate, which saves a reopening. */
export class WebSerialPort {
  readable: ReadableStream<Uint8Array> | null = null
  writable: WritableStream<Uint8Array> | null = null
  readonly #port: Port
  #arriving: ReadableStreamDefaultController<Uint8Array> | undefined

  constructor(port: Port) {
    this.#port = port
    port.listen((bytes) => { this.#arriving?.enqueue(bytes) })
    port.onLost((reason) => {
      this.#arriving?.error(new DOMException(reason, 'NetworkError'))
      this.#arriving = undefined
    })
  }

  getInfo(): { usbVendorId?: number, usbProductId?: number } {
    const { usb } = this.#port
    return usb === undefined ? {} : { usbVendorId: usb.vendor, usbProductId: usb.product }
  }

  async open({ baudRate }: { readonly baudRate: number }): Promise<void> {
    await this.setBaudRate(baudRate)
    this.readable = new ReadableStream({ start: (controller) => { this.#arriving = controller } })
    this.writable = new WritableStream({ write: (bytes) => this.#port.write(bytes) })
  }

  async setBaudRate(baud: number): Promise<void> {
    if (this.#port.hasBaud) await this.#port.setBaud(baud)
  }

  async setSignals({ dataTerminalReady: dtr, requestToSend: rts, break: brk }: WebSignals): Promise<void> {
    await this.#port.signals({ ...(dtr === undefined ? {} : { dtr }), ...(rts === undefined ? {} : { rts }), ...(brk === undefined ? {} : { brk }) })
  }

  async close(): Promise<void> {
    this.#arriving = undefined
    this.readable = null
    this.writable = null
  }
}
