/** Runs a firmware in QEMU with a network that reaches the hub's port of this computer, that of DPS, and nothing else. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Board } from '../board/index.js'
import { FirmwareError } from './error.js'
import { machineOf } from './machine.js'
import { openPanel, type Panel } from './panel.js'
import { connectQmp, type Qmp } from './qmp.js'
import { howToInstall, runTools } from './tools.js'

export interface RunOptions {
  readonly board: Board
  readonly elf: string
  /** Made by writeFlash; the device goes on where it was. */
  readonly flash: string
  /** Of the local hub; without it there is no network beyond the emulator. */
  readonly hubPort?: number
  /** Of the local DPS. */
  readonly dpsPort?: number
  /** Of the modem, see openModem, on a board that has one. */
  readonly modemPort?: number
  /** One instruction is 64 ns of the device's time, so that its figures count instructions. Slower. */
  readonly counted?: boolean
  /** Longest that a line of the device is waited for; 60,000 if not given. */
  readonly patienceMs?: number
  /** Each line of the device's log. */
  readonly log?: (line: string) => void
}

interface Waiting {
  readonly pattern: RegExp
  readonly resolve: (line: string) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
}

interface RunParts {
  readonly ended: Promise<unknown>
  readonly qmp: Qmp
  readonly panel: Panel
  readonly folder: string
  readonly patienceMs: number
}

/** A device that runs until it is killed: the power is cut, its flash file stays. */
export class RunningFirmware implements AsyncDisposable {
  readonly panel: Panel
  readonly lines: string[] = []
  readonly #qemu: ChildProcess
  readonly #qmp: Qmp
  readonly #folder: string
  readonly #ended: Promise<unknown>
  readonly #patienceMs: number
  #waiting: Waiting[] = []

  constructor(qemu: ChildProcess, { ended, qmp, panel, folder, patienceMs }: RunParts) {
    this.#qemu = qemu
    this.#ended = ended
    this.#qmp = qmp
    this.#folder = folder
    this.#patienceMs = patienceMs
    this.panel = panel
    qemu.once('exit', () => {
      for (const { pattern, reject, timer } of this.#waiting.splice(0)) {
        clearTimeout(timer)
        reject(this.#unsaid('QEMU ended', pattern))
      }
    })
  }

  #unsaid(what: string, pattern: RegExp): FirmwareError {
    return new FirmwareError(`${what} before the device said ${pattern.source}. It said last:\n${this.lines.slice(-20).join('\n') || '(nothing)'}`)
  }

  /** For the run that owns it. */
  said(line: string): void {
    this.lines.push(line)
    const met = this.#waiting.filter(({ pattern }) => pattern.test(line))
    this.#waiting = this.#waiting.filter((entry) => !met.includes(entry))
    for (const { resolve, timer } of met) {
      clearTimeout(timer)
      resolve(line)
    }
  }

  /** The first line from now on that matches. Throws FirmwareError with what the device said last when it does not come in time. */
  next(pattern: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((entry) => entry.timer !== timer)
        reject(this.#unsaid(`${this.#patienceMs} ms passed`, pattern))
      }, this.#patienceMs)
      this.#waiting.push({ pattern, resolve, reject, timer })
    })
  }

  /** The first line since the start that matches, now or once it comes. */
  async line(pattern: RegExp): Promise<string> {
    return this.lines.find((line) => pattern.test(line)) ?? await this.next(pattern)
  }

  /** Plugs the network cable in or pulls it. */
  async cable(plugged: boolean): Promise<void> {
    await this.#qmp.execute('set_link', { name: 'cable', up: plugged })
  }

  /** Cuts the power. */
  async kill(): Promise<void> {
    this.#qemu.kill('SIGKILL')
    await this.#ended
    this.#qmp.close()
    this.panel.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (existsSync(this.#folder)) await this.kill()
  }
}

export async function runFirmware({ board, elf, flash, hubPort, dpsPort, modemPort, counted = false, patienceMs = 60_000, log = () => {} }: RunOptions): Promise<RunningFirmware> {
  const install = howToInstall(runTools(board))
  if (install !== undefined) throw new FirmwareError(`the emulator is missing. Run: ${install}`)
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-qemu-'))
  const qmpPath = join(folder, 'qmp')
  const machine = machineOf(board)
  const qemu = spawn(machine.program, [
    '-display', 'none', '-monitor', 'none', '-serial', 'stdio', // the first serial port, whatever the machine adds
    ...machine.args({ elf, memory: flash, ...(hubPort === undefined ? {} : { hubPort }), ...(dpsPort === undefined ? {} : { dpsPort }), ...(modemPort === undefined ? {} : { modemPort }) }),
    '-qmp', `unix:${qmpPath},server=on,wait=off`,
    ...(counted ? machine.counted : []),
    // Started once the machine's socket is there and everything it says is heard.
    '-S',
  ], { stdio: ['ignore', 'pipe', 'pipe'] })
  const kill = (): void => { qemu.kill('SIGKILL') }
  process.once('exit', kill)
  qemu.once('exit', () => { process.off('exit', kill) })
  let complaint = ''
  qemu.stderr.on('data', (bytes: Buffer) => { complaint += bytes.toString() })
  const ended = once(qemu, 'exit').catch(() => {})
  let qmp: Qmp | undefined
  const giveUpAt = performance.now() + patienceMs
  while (performance.now() < giveUpAt && qmp === undefined && qemu.exitCode === null && qemu.signalCode === null) {
    qmp = await connectQmp(qmpPath).catch(() => undefined)
    if (qmp === undefined) await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
  if (qmp === undefined) {
    kill()
    rmSync(folder, { recursive: true, force: true })
    throw new FirmwareError(`QEMU cannot start: ${complaint.trim() || 'it ended at once, or said nothing'}`)
  }
  const panel = openPanel(flash, board)
  panel.clear()
  const device = new RunningFirmware(qemu, { ended, qmp, panel, folder, patienceMs })
  createInterface({ input: qemu.stdout }).on('line', (line) => {
    log(line)
    device.said(line)
  })
  await qmp.execute('cont')
  return device
}
