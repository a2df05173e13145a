/** Devices that publish at a steady rate and report twins while their hub is killed again and again; they remember what was acknowledged. */

import { generate, type IPublishPacket } from 'mqtt-packet'
import { serveParent } from './child.js'
import { connectDevice, deviceName, publishPacket, type Target } from './device.js'

type Connection = Awaited<ReturnType<typeof connectDevice>>

export interface KillReport {
  /** By device: the last number that was sent, and the last that was acknowledged; numbers begin at 1. */
  readonly telemetry: readonly { readonly sent: number; readonly acknowledged: number }[]
  readonly twins: number
  readonly connects: number
  readonly violations: readonly string[]
}

const payloadBytes = 200
const twinEveryMs = 50
const retryMs = 30
/** A device that is not answered waits. */
const maxInFlight = 50

let target: Target
const run: { isOver: boolean; readonly violations: string[] } = { isOver: false, violations: [] }

class SteadyDevice {
  readonly #id: string
  #connection: Connection | undefined
  #sent = 0
  #acknowledged = 0
  #twinSent = 0
  #twinAcknowledged = 0
  /** Of a twin that was never reported. */
  #versionAcknowledged = 1
  #isTwinKnown = false
  twins = 0
  connects = 0

  constructor(number: number) {
    this.#id = deviceName(number)
  }

  get isConnected(): boolean {
    return this.#isTwinKnown
  }

  get telemetry(): { sent: number; acknowledged: number } {
    return { sent: this.#sent, acknowledged: this.#acknowledged }
  }

  async connect(): Promise<void> {
    this.#connection = undefined
    this.#isTwinKnown = false
    while (!run.isOver && this.#connection === undefined) {
      try {
        this.#connection = await connectDevice(this.#id, target, {
          acknowledged: (messageId) => this.#onAcknowledged(messageId),
          received: (packet) => this.#onReceived(packet),
          closed: () => { if (this.#connection !== undefined) { void this.connect() } },
        })
      } catch {
        await new Promise((resolve) => { setTimeout(resolve, retryMs) })
      }
    }
    this.connects++
    this.#connection?.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] }))
    // [MQTT-4.4.0-1] what was not acknowledged is sent again, in order
    for (let number = this.#acknowledged + 1; number <= this.#sent; number++) { this.#publish(number, true) }
    this.#twin('GET', 'get', '')
  }

  tick(): void {
    if (this.#connection === undefined || this.#sent - this.#acknowledged >= maxInFlight) { return }
    this.#publish(++this.#sent, false)
  }

  report(): void {
    if (!this.#isTwinKnown) { return }
    this.#twinSent++
    this.#twin('PATCH/properties/reported', `patch-${this.#twinSent}`, JSON.stringify({ n: this.#twinSent }))
  }

  stop(): void {
    this.#connection?.drop()
  }

  #publish(number: number, dup: boolean): void {
    const payload = `{"n":${number}}`.padEnd(payloadBytes)
    this.#connection?.write(publishPacket(this.#id, { messageId: idOf(number), payload, dup }))
  }

  #twin(what: string, requestId: string, payload: string): void {
    this.#connection?.write(generate({ cmd: 'publish', topic: `$iothub/twin/${what}/?$rid=${requestId}`, payload, qos: 0, dup: false, retain: false }))
  }

  #onAcknowledged(messageId: number): void {
    const expected = this.#acknowledged + 1
    if (messageId !== idOf(expected)) { run.violations.push(`${this.#id}: PUBACK ${messageId} where ${idOf(expected)} was due`) }
    this.#acknowledged = expected
  }

  #onReceived({ topic, payload }: IPublishPacket): void {
    const [, status, requestId, version] = /^\$iothub\/twin\/res\/(\d+)\/\?\$rid=([^&]+)(?:&\$version=(\d+))?/.exec(topic) ?? []
    if (requestId === 'get') { return this.#onTwin(JSON.parse(payload.toString()) as { reported: { n?: number; $version: number } }) }
    if (status !== '204') {
      run.violations.push(`${this.#id}: a patch was answered with ${status}`)
      return
    }
    this.#twinAcknowledged = Number(requestId?.slice('patch-'.length))
    this.#versionAcknowledged = Number(version)
    this.twins++
  }

  /** A patch makes one version: those after the last acknowledged may be there in part, in order, and nothing else. */
  #onTwin({ reported: { n = 0, $version } }: { reported: { n?: number; $version: number } }): void {
    const isInRange = n >= this.#twinAcknowledged && n <= this.#twinSent
    if (!isInRange || $version - this.#versionAcknowledged !== n - this.#twinAcknowledged) {
      run.violations.push(`${this.#id}: the twin is ${n} in version ${$version}; ${this.#twinAcknowledged} in version ${this.#versionAcknowledged} was acknowledged and ${this.#twinSent} sent`)
    }
    this.#twinSent = this.#twinAcknowledged = n
    this.#versionAcknowledged = $version
    this.#isTwinKnown = true
  }
}

const idOf = (number: number): number => (number - 1) % 0xffff + 1

let devices: SteadyDevice[] = []
const timers: NodeJS.Timeout[] = []

serveParent({
  start({ count, perSecond, ...given }: Target & { count: number; perSecond: number }) {
    target = given
    devices = Array.from({ length: count }, (_, number) => new SteadyDevice(number))
    for (const device of devices) { void device.connect() }
    const began = performance.now()
    let ticks = 0
    // a timer that was late catches up
    timers.push(setInterval(() => {
      for (; ticks < (performance.now() - began) / 1000 * perSecond / count; ticks++) { for (const device of devices) { device.tick() } }
    }, 5))
    timers.push(setInterval(() => { for (const device of devices) { device.report() } }, twinEveryMs))
  },
  connected: () => devices.every(({ isConnected }) => isConnected),
  stop(): KillReport {
    run.isOver = true
    for (const timer of timers) { clearInterval(timer) }
    for (const device of devices) { device.stop() }
    const sum = (of: (device: SteadyDevice) => number): number => devices.reduce((total, device) => total + of(device), 0)
    return { telemetry: devices.map(({ telemetry }) => telemetry), twins: sum(({ twins }) => twins), connects: sum(({ connects }) => connects), violations: run.violations }
  },
})
