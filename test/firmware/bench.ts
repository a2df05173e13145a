// A hub, a flash file and a device in QEMU for one test file; what they hold is gone with it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appContent, buildFirmware, buildTools, howToInstall, hubAddress, openModem, runFirmware, runTools, settingsContent, writeFlash, type BuiltFirmware, type Modem, type RunningFirmware } from '../../src/firmware/index.js'
import { loadBoard, type Board } from '../../src/board/index.js'
import { createHub, listen, loadAuthority, memoryStore, type Authority, type DeviceMessage, type Hub, type HubListener } from '../../src/hub/index.js'

/** Undefined where the tools are; otherwise the command that brings them. */
export const installFor = (board: Board): string | undefined => howToInstall([...buildTools(board), ...runTools(board)])
export const install = installFor(loadBoard('qemu-mps2'))
/** Behind the title of what cannot be run here. */
export const without = (missing: string | undefined): string => missing === undefined ? '' : ` (skipped: run ${missing})`
export const unless = without(install)

/** For expect.poll: the machine may be busy. */
export const within = { timeout: 20_000 }

const host = '127.0.0.1'
export const deviceId = 'coffee'

export class Bench implements AsyncDisposable {
  readonly firmware: BuiltFirmware
  readonly authority: Authority
  readonly folder = mkdtempSync(join(tmpdir(), 'tinytwin-firmware-'))
  readonly flash = join(this.folder, 'flash.bin')
  readonly messages: DeviceMessage[] = []
  readonly #store = memoryStore()
  hub: Hub
  #listener: HubListener | undefined
  #device: RunningFirmware | undefined
  readonly #modem: Modem | undefined
  #port = 0

  static async open(board = 'qemu-mps2'): Promise<Bench> {
    const firmware = await buildFirmware({ board, app: 'coffee-machine' })
    const modem = firmware.board.network.kind === 'modem' ? await openModem() : undefined
    const bench = new Bench(firmware, await loadAuthority(), modem)
    await bench.startHub()
    bench.hub.devices.create({ deviceId })
    bench.writeFlash()
    return bench
  }

  private constructor(firmware: BuiltFirmware, authority: Authority, modem: Modem | undefined) {
    this.firmware = firmware
    this.authority = authority
    this.#modem = modem
    this.hub = this.#newHub()
  }

  /** Of a board that has one. */
  get modem(): Modem {
    if (this.#modem === undefined) throw new Error(`board '${this.firmware.board.name}' has no modem`)
    return this.#modem
  }

  #newHub(): Hub {
    const hub = createHub({ hostName: host, store: this.#store })
    hub.onMessage((message) => { this.messages.push(message) })
    return hub
  }

  /** On the port it had before, if it had one. */
  async startHub(): Promise<void> {
    if (this.#port !== 0) { this.hub = this.#newHub() }
    this.#listener = await listen(this.hub, { host, port: this.#port, certificate: await this.authority.issueServer({ hosts: [host] }) })
    this.#port = this.#listener.port
  }

  async stopHub(): Promise<void> {
    await this.hub.close()
    await this.#listener?.close()
  }

  writeFlash(ca: string = this.authority.caPem, wifi = { name: 'home', password: 'secret' }): void {
    const { board, app } = this.firmware
    const connectionString = this.hub.connectionString(deviceId, { port: this.#port })
    writeFlash(this.flash, board, [appContent(board, app.wasm), settingsContent(board, { connection: connectionString, ca, ...(this.#modem === undefined ? hubAddress : { wifi: [wifi] }) })])
  }

  /** Power on: the device goes on with its flash. The boiler's probe says 95 °C. */
  async powerOn(): Promise<RunningFirmware> {
    const { board, elf } = this.firmware
    const way = this.#modem === undefined ? { hubPort: this.#port } : { modemPort: this.#modem.port }
    const device = await runFirmware({ board, elf, flash: this.flash, ...way })
    device.panel.set('probe', 1450)
    this.#device = device
    return device
  }

  connected(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.hub.onEvent((event) => {
        if (event.type !== 'connected') return
        stop()
        resolve()
      })
    })
  }

  /** The next message that arrives. */
  message(): Promise<DeviceMessage> {
    return new Promise((resolve) => {
      const stop = this.hub.onMessage((message) => {
        stop()
        resolve(message)
      })
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#device?.[Symbol.asyncDispose]()
    await this.#modem?.[Symbol.asyncDispose]()
    await this.stopHub()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** `<boot>-<sequence>` of a message. */
export function numberOf(message: DeviceMessage): { boot: number, sequence: number } {
  const [boot = '', sequence = ''] = (message.system.messageId ?? '').split('-')
  return { boot: Number(boot), sequence: Number(sequence) }
}
