// Certificates and DPS on an emulated Cortex-M3 over real TLS: a board of its own, for its firmware has all that one may do without.

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { appContent, buildFirmware, dpsAddress, hubAddress, runFirmware, settingsContent, writeFlash, type BuiltFirmware, type DeviceSettings, type RunningFirmware } from '../../src/firmware/index.js'
import { createDps, listenDps, type Dps } from '../../src/hub/dps/index.js'
import { createHub, listen, loadAuthority, type Authority, type Hub, type HubListener } from '../../src/hub/index.js'
import { certificate, type Party } from '../hub/certificates.js'
import { install, unless, within } from './bench.js'

const variant = {
  name: 'qemu-mps2-identity', title: 'QEMU\'s MPS2 AN385 with every way of being somebody', extends: 'qemu-mps2',
  network: { identity: ['certificate', 'dps', 'trust'] },
}
const dayMs = 86_400_000
const scope = '0ne00TWIN00'
const groupKey = Buffer.alloc(32, 0x11).toString('base64')

describe.skipIf(install !== undefined)(`who a device on qemu-mps2 can be${unless}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-identity-'))
  const flash = join(folder, 'flash.bin')
  const listeners: HubListener[] = []
  let firmware: BuiltFirmware
  let authority: Authority
  let party: Party
  let hub: Hub
  let dps: Dps

  beforeAll(async () => {
    const file = join(folder, 'variant.json')
    writeFileSync(file, JSON.stringify(variant))
    firmware = await buildFirmware({ board: loadBoard(file), app: 'coffee-machine' })
    authority = await loadAuthority()
    party = await certificate('by-certificate', { notBefore: Date.now() - dayMs, notAfter: Date.now() + dayMs })
    hub = createHub({ hostName: hubAddress.address })
    listeners.push(await listen(hub, { host: '127.0.0.1', port: 0, certificate: await authority.issueServer({ hosts: [hub.hostName] }) }))
    dps = createDps({ hostName: dpsAddress.address, idScope: scope, retryAfterSeconds: 1, linkedHubs: [{ hostName: hub.hostName, hub }] })
    listeners.push(await listenDps(dps, { host: '127.0.0.1', port: 0, certificate: await authority.issueServer({ hosts: [dps.hostName] }) }))
  }, 240_000)
  afterAll(async () => {
    await (dps as Dps | undefined)?.close()
    await (hub as Hub | undefined)?.close()
    for (const listener of listeners) await listener.close()
    rmSync(folder, { recursive: true, force: true })
  })

  async function powerOn(settings: DeviceSettings): Promise<RunningFirmware> {
    const { board, elf, app } = firmware
    rmSync(flash, { force: true })
    writeFlash(flash, board, [appContent(board, app.wasm), settingsContent(board, { ca: authority.caPem, ...settings })])
    const device = await runFirmware({ board, elf, flash, hubPort: listeners[0]!.port, dpsPort: listeners[1]!.port })
    device.panel.set('probe', 1450) // 95 °C
    return device
  }

  /** Connected as this device: the hub says who it was, and a method goes through. */
  async function isThere(device: RunningFirmware, deviceId: string): Promise<void> {
    expect(await device.line(/TLS-/)).toMatch(/TLSv1\.2 TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256$/)
    expect(await hub.invoke(deviceId, { method: 'brew', connectTimeoutMs: 20_000 })).toMatchObject({ status: 200 })
    const since = device.panel.figures().uptimeMs // when they were last written
    await expect.poll(() => device.panel.figures().uptimeMs, within).toBeGreaterThan(since)
    const { refused, appStackFree, linkStackFree } = device.panel.figures()
    expect(refused).toBe(0)
    expect(appStackFree).toBeGreaterThan(512)
    expect(linkStackFree).toBeGreaterThan(512)
  }

  const byCertificate = (): string => `HostName=${hub.hostName};DeviceId=by-certificate;x509=true`

  test('with a P-256 certificate and its key it is known to the hub by its thumbprint', async () => {
    const thumbprint = createHash('sha1').update(party.der).digest('hex').toUpperCase()
    hub.devices.create({ deviceId: 'by-certificate', authentication: { type: 'selfSigned', primaryThumbprint: thumbprint } })
    await using device = await powerOn({ connection: byCertificate(), certificate: party.pem, key: party.keyPem })
    await isThere(device, 'by-certificate')
  })

  test('with a key that is not its certificate\'s it does not start, and says why', async () => {
    const other = await certificate('other')
    await using device = await powerOn({ connection: byCertificate(), certificate: party.pem, key: other.keyPem })
    expect(await device.line(/key/)).toMatch(/certificate/)
    expect(device.lines.join('\n')).not.toContain(other.keyPem.split('\n')[1])
  })

  test('its firmware fits the budget of a board with all of it', () => {
    const { flash: flashBytes, ram } = firmware.size
    expect(flashBytes).toBeLessThanOrEqual(230 * 1024)
    expect(ram).toBeLessThanOrEqual(128 * 1024)
  })

  test('with its group\'s key it asks DPS for its hub and goes there, also after a power cut without asking again', async () => {
    dps.enrollGroup('machines', { attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey, secondaryKey: groupKey } } })
    const connection = `GlobalEndpoint=${dps.hostName};IdScope=${scope};RegistrationId=by-dps;GroupSharedAccessKey=${groupKey}`
    await using device = await powerOn({ connection })
    await isThere(device, 'by-dps')
    expect(device.lines.join('\n')).not.toContain(groupKey)
    await device.kill()
    await using again = await runFirmware({ board: firmware.board, elf: firmware.elf, flash, hubPort: listeners[0]!.port })
    again.panel.set('probe', 1450)
    await isThere(again, 'by-dps')
  })
})
