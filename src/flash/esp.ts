/** Writes an ESP32 by Espressif's own esptool-js, unmodified, over a port. Knows nothing of apps. */

import { createHash } from 'node:crypto'
import type * as EspTool from 'esptool-js'
import type { Board } from '../board/index.js'
import { FlashError } from './error.js'
import type { Flasher, WriteNews, WritePart } from './flasher.js'
import type { Port } from './port.js'
import { WebSerialPort } from './web_serial.js'

export interface EspOptions {
  readonly board: Board
  /** Open; stays so. */
  readonly port: Port
  /** While it writes; the loader in ROM always begins at 115,200. */
  readonly baud: number
  readonly signal: AbortSignal
}

const romBaud = 115_200
/** Each is up to five questions, with a reset before them where the port can. */
const attempts = 4
const flashReadMax = 4096

/** Throws FlashError when nothing answers, or what answers is not the board's chip; nothing is written then. */
export async function connectEsp({ board, port, baud, signal }: EspOptions): Promise<Flasher> {
  const target = board.chip.esp?.target
  if (target === undefined) throw new FlashError(`board '${board.name}' has no ESP32; esptool cannot write it`)
  const { ESPLoader, Transport } = await esptool()
  let ended: string | undefined
  port.onLost((reason) => { ended ??= `${port.name} was lost (${reason})` })
  signal.addEventListener('abort', () => { ended ??= 'interrupted' }, { once: true })
  const check = (): void => { if (ended !== undefined || signal.aborted) throw new FlashError(ended ?? 'interrupted') }

  // Its own prints to stdout, and waits its time out for a port that is gone.
  class QuietTransport extends Transport {
    override trace(): void {}

    override async read(timeout: number): Promise<Uint8Array> {
      const giveUpAt = performance.now() + timeout
      while (performance.now() < giveUpAt && !hasFrame(this.peek())) {
        check()
        await new Promise((resolve) => { setTimeout(resolve, 1) })
      }
      check()
      return await super.read(hasFrame(this.peek()) ? timeout : 1)
    }

    override async write(data: Uint8Array): Promise<void> {
      check()
      await super.write(data)
    }
  }
  const transport = new QuietTransport(new WebSerialPort(port) as unknown as ConstructorParameters<typeof Transport>[0])
  const loader = new ESPLoader({ transport, baudrate: baud, romBaudrate: romBaud, terminal: { clean: () => {}, write: () => {}, writeLine: () => {} } })

  /** Every failure of its own as a sentence of ours. */
  const asked = async <Result>(what: (error: Error) => string, work: () => Promise<Result>): Promise<Result> => {
    try {
      check()
      return await work()
    } catch (error) {
      check()
      if (error instanceof FlashError) throw error
      throw new FlashError(what(error as Error), { cause: error })
    }
  }

  await asked((error) => cannotConnect(error, port), () => loader.connect(port.canReset ? 'default_reset' : 'no_reset', attempts))
  const found = loader.chip.CHIP_NAME
  if (found.toLowerCase().replaceAll('-', '') !== target) {
    throw new FlashError(`the chip at ${port.name} is ${article(found)} ${found}, but board '${board.name}' has ${article(target)} ${board.chip.name}. Nothing was written`)
  }
  if (loader.secureDownloadMode) throw new FlashError(`the ${found} at ${port.name} allows its secure download mode only, in which flash cannot be read back. Nothing was written`)
  await asked(({ message }) => `the ${found} at ${port.name} answers, but does not run Espressif's loader (${message}). Press reset and run this again`, async () => {
    await loader.chip.postConnect?.(loader)
    await loader.runStub()
    if (port.hasBaud && baud !== romBaud) await loader.changeBaud()
  })
  if (!loader.IS_STUB) throw new FlashError(`esptool-js has no loader for the ${found} at ${port.name}. Nothing was written`)
  const size = await asked(({ message }) => `the flash of the ${found} at ${port.name} does not answer (${message}). Nothing was written`, () => loader.detectFlashSize())
  const flashBytes = bytesOf(size)
  if (flashBytes === undefined) throw new FlashError(`the flash of the ${found} at ${port.name} does not say how large it is; is it connected? Nothing was written`)
  if (flashBytes < board.flash.kib * 1024) {
    throw new FlashError(`the ${found} at ${port.name} has ${flashBytes / 1024} KiB of flash, but board '${board.name}' has ${board.flash.kib}. Nothing was written`)
  }

  const readable = async (offset: number, length: number): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < length; at += flashReadMax) {
      const wanted = Math.min(flashReadMax, length - at)
      const piece = await loader.readFlash(offset + at, wanted)
      if (piece.length !== wanted) throw new Error(`${piece.length} bytes instead of ${wanted}`)
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  const writeOne = async (part: WritePart, news: WriteNews): Promise<void> => {
    news.begin(part)
    await asked((error) => cannotWrite(error, part), () => loader.writeFlash({
      fileArray: [{ data: part.bytes, address: part.offset }],
      flashMode: 'keep', flashFreq: 'keep', flashSize: 'keep', eraseAll: false, compress: true,
      calculateMD5Hash: (image) => createHash('md5').update(image).digest('hex'),
      // All but the last step is its own; that one is the MD5.
      reportProgress: (_, done, all) => { news.progress(0.99 * done / all) },
    }))
    news.progress(1)
  }

  return {
    what: `${found}, ${flashBytes / 1024 / 1024} MiB of flash, at ${port.name}`,
    read: (offset, length) => asked(({ message }) => `flash cannot be read at 0x${offset.toString(16)} (${message})`, () => readable(offset, length)),
    write: async (parts, news) => { for (const part of parts) await writeOne(part, news) },
    restart: async () => {
      if (!port.canReset) return false
      // RTS is the chip's reset, on boards that have the wire.
      await asked(({ message }) => `the board cannot be reset (${message})`, () => loader.after('custom_reset', false, 'D0|R1|W100|R0'))
      return true
    },
  }
}

// The package's other door loads its loaders as JSON modules, at which Node 20 warns of an experiment.
async function esptool(): Promise<Pick<typeof EspTool, 'ESPLoader' | 'Transport'>> {
  return await import('esptool-js/bundle.js' as string) as typeof EspTool
}

/** A whole SLIP frame, or what can be none. */
function hasFrame(bytes: Uint8Array): boolean {
  return bytes.length > 0 && (bytes[0] !== 0xc0 || bytes.indexOf(0xc0, 1) > 0)
}

function cannotConnect(error: Error, port: Port): string {
  if (error.name === 'UnexpectedChipIdError' || error.name === 'UnexpectedChipMagicError') return `the chip at ${port.name} is none that esptool-js knows. Nothing was written`
  return `nothing answers at ${port.name} as an ESP32 in its download mode does. Hold BOOT, press and release RESET (or EN), let BOOT go, and run this again; `
    + 'a cable that only charges is another cause. Nothing was written'
}

function cannotWrite({ message }: Error, { label, offset }: WritePart): string {
  if (message.startsWith('MD5')) return `${label} at 0x${offset.toString(16)} reads back as something else than was written. Try --baud 115200; if that does not help, the flash is worn`
  return `${label} cannot be written at 0x${offset.toString(16)} (${message.replaceAll(/\s+/g, ' ')})`
}

function bytesOf(size: string | undefined): number | undefined {
  const [, count, unit] = /^(\d+)(KB|MB)$/.exec(size ?? '') ?? []
  return count === undefined ? undefined : Number(count) * (unit === 'KB' ? 1024 : 1024 * 1024)
}

const article = (name: string): string => /^[aeiou]/i.test(name) ? 'an' : 'a'
