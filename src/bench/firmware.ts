/** What the firmware of a board takes: bytes, and instructions as QEMU counts them. The same on every machine, within two percent. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appContent, buildFirmware, hubAddress, runFirmware, settingsContent, writeFlash, type Figures, type RunningFirmware } from '../firmware/index.js'
import type { Board } from '../board/index.js'
import { projectRoot } from '../board/root.js'
import { createHub, listen, loadAuthority, memoryStore, type Hub } from '../hub/index.js'
import { rounded, type Figure, type Measurement } from './measure.js'

const host = '127.0.0.1'
const deviceId = 'bench'
/** An instruction is 64 ns, a count of the 25 MHz counter 40 ns. */
const perCount = 40 / 64
const spanMs = 10_000

/** Where the hub is known to send no larger records. */
function withSmallRecords(board: Board): Board {
  const { firmware, network: { tls, ...network } } = board
  if (firmware === undefined) return board
  const saved = tls.receiveBytes - 4096
  return { ...board, name: `${board.name}-4k`, network: { ...network, tls: { ...tls, receiveBytes: 4096 } }, firmware: { ...firmware, tlsBytes: firmware.tlsBytes - saved } }
}

async function sizes(board: string): Promise<readonly Figure[]> {
  const { size, app, board: whole } = await buildFirmware({ board, app: 'coffee-machine' })
  const small = await buildFirmware({ board: withSmallRecords(whole), app: 'coffee-machine' })
  return [
    { name: 'firmware and coffee-machine, flash', value: size.flash + app.sizes.wasm, unit: 'bytes', limit: 230 * 1024 },
    { name: `firmware, RAM with TLS records of ${whole.network.tls.receiveBytes}`, value: size.ram, unit: 'bytes', limit: 128 * 1024 },
    { name: 'firmware, RAM with TLS records of 4096', value: small.size.ram, unit: 'bytes', limit: 112 * 1024 },
  ]
}

/** Runs one app against a hub of its own until `measure` has what it wants. */
async function measured<T>(board: string, app: string, measure: (device: RunningFirmware, hub: Hub) => Promise<T>): Promise<T> {
  const firmware = await buildFirmware({ board, app })
  const authority = await loadAuthority()
  const hub = createHub({ hostName: host, store: memoryStore() })
  const listener = await listen(hub, { host, port: 0, certificate: await authority.issueServer({ hosts: [host] }) })
  hub.devices.create({ deviceId })
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-bench-'))
  const flash = join(folder, 'flash.bin')
  const connectionString = hub.connectionString(deviceId, { port: listener.port })
  writeFlash(flash, firmware.board, [
    appContent(firmware.board, firmware.app.wasm),
    settingsContent(firmware.board, { connection: connectionString, ca: authority.caPem, ...hubAddress }),
  ])
  try {
    await using device = await runFirmware({ board: firmware.board, elf: firmware.elf, flash, hubPort: listener.port, counted: true })
    await device.line(/connected to/)
    return await measure(device, hub)
  } finally {
    await hub.close()
    await listener.close()
    rmSync(folder, { recursive: true })
  }
}

/** Until the device's own clock has gone on by `ms`. */
async function after(device: RunningFirmware, ms: number): Promise<Figures> {
  const until = device.panel.figures().uptimeMs + ms
  for (;;) {
    const figures = device.panel.figures()
    if (figures.uptimeMs >= until) return figures
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
}

/** Instructions of each loop in a second of the device. */
async function perSecond(device: RunningFirmware): Promise<{ readonly app: number, readonly link: number }> {
  const from = await after(device, 1_000)
  const to = await after(device, spanMs)
  const seconds = (to.uptimeMs - from.uptimeMs) / 1000
  return { app: (to.appCounts - from.appCounts) * perCount / seconds, link: (to.linkCounts - from.linkCounts) * perCount / seconds }
}

const tickApp = join(projectRoot, 'assembly', 'bench', 'tick.ts')

async function tick(board: string): Promise<readonly Figure[]> {
  const { app } = await measured(board, tickApp, perSecond)
  return [{ name: 'tick of one ADC read and two pin writes, 1 Hz', value: rounded(app, 3), unit: 'instructions', limit: 4_000 }]
}

async function coffee(board: string): Promise<readonly Figure[]> {
  return await measured(board, 'coffee-machine', async (device, hub) => {
    device.panel.set('probe', 1450)
    hub.twin(deviceId).patchDesired({ telemetryInterval: 3600 })
    const { app } = await perSecond(device)
    const { connectCounts, appStackFree, linkStackFree, tlsPeakBytes, vmPeakBytes } = device.panel.figures()
    return [
      { name: 'TLS handshake ECDHE-ECDSA P-256, DHCP to CONNACK', value: rounded(connectCounts * perCount, 4), unit: 'instructions', limit: 1.1 * 68e6 },
      { name: 'tick of coffee-machine, 1 Hz', value: rounded(app, 3), unit: 'instructions' },
      { name: 'heap of TLS, peak', value: tlsPeakBytes, unit: 'bytes' },
      { name: 'heap of the interpreter, peak', value: vmPeakBytes, unit: 'bytes' },
      { name: 'stack of the app loop, least free', value: appStackFree, unit: 'bytes' },
      { name: 'stack of the link loop, least free', value: linkStackFree, unit: 'bytes' },
    ]
  })
}

/** Of an app that makes garbage; the coffee machine makes none. */
async function collection(board: string): Promise<readonly Figure[]> {
  const { collectCounts } = await measured(board, 'strings', (device) => after(device, 1_000))
  return [{ name: "collection of the guest's garbage, app strings", value: rounded(collectCounts * perCount, 3), unit: 'instructions' }]
}

async function telemetry(board: string): Promise<readonly Figure[]> {
  return await measured(board, 'bench', async (device, hub) => {
    const idle = await perSecond(device)
    await hub.invoke(deviceId, { method: 'pace', connectTimeoutMs: 20_000 })
    const paced = await perSecond(device)
    const { publishCounts } = device.panel.figures()
    const [app, link] = [(paced.app - idle.app) / 10, (paced.link - idle.link) / 10]
    return [
      { name: 'telemetry of 64 bytes, QoS 1: guest event to TLS record', value: rounded(app + publishCounts * perCount, 3), unit: 'instructions', limit: 40_000 },
      { name: 'telemetry of 64 bytes, QoS 1: outbox to TLS record', value: rounded(publishCounts * perCount, 3), unit: 'instructions' },
      { name: 'telemetry of 64 bytes, QoS 1: link loop, PUBACK and TCP included', value: rounded(link, 3), unit: 'instructions' },
      { name: 'telemetry of 64 bytes, QoS 1: app loop, the guest writing JSON included', value: rounded(app, 3), unit: 'instructions' },
      { name: 'link loop without traffic, a second', value: rounded(idle.link, 3), unit: 'instructions' },
      { name: 'app loop without events, a second', value: rounded(idle.app, 3), unit: 'instructions' },
    ]
  })
}

/** A timer of 1 ms runs while the device does its handshake again. */
async function jitter(board: string): Promise<readonly Figure[]> {
  return await measured(board, 'bench', async (device, hub) => {
    await hub.invoke(deviceId, { method: 'tick', connectTimeoutMs: 20_000 })
    const again = device.next(/connected to/)
    hub.disconnect(deviceId)
    await again
    const { lateMs } = await after(device, 500)
    return [{ name: 'timer of 1 ms during a TLS handshake, latest', value: lateMs, unit: 'ms', limit: 1 }]
  })
}

export const firmwareMeasurements = (board: string): readonly Measurement[] => [
  { title: 'size', run: () => sizes(board) },
  { title: 'handshake and coffee', run: () => coffee(board) },
  { title: 'tick', run: () => tick(board) },
  { title: 'collection', run: () => collection(board) },
  { title: 'telemetry', run: () => telemetry(board) },
  { title: 'jitter', run: () => jitter(board) },
]
