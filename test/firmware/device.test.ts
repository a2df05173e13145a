// The same core and the same Wasm on an emulated Cortex-M3, against the local hub over TLS.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadAuthority } from '../../src/hub/index.js'
import type { RunningFirmware } from '../../src/firmware/index.js'
import { Bench, deviceId, install, numberOf, unless, within } from './bench.js'

describe.skipIf(install !== undefined)(`a device on qemu-mps2${unless}`, () => {
  let bench: Bench
  let device: RunningFirmware

  beforeAll(async () => {
    bench = await Bench.open()
    const connected = bench.connected()
    device = await bench.powerOn()
    await connected
  }, 240_000)
  afterAll(async () => { await (bench as Bench | undefined)?.[Symbol.asyncDispose]() })

  test('gets an address by DHCP, verifies the hub over TLS 1.2 and says so', async () => {
    expect(await device.line(/address/)).toMatch(/network: address 10\.0\.2\.15$/)
    expect(await device.line(/TLS-/)).toMatch(/TLSv1\.2 TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256$/)
  })

  test('takes a desired property, reports it and goes by it', async () => {
    bench.hub.twin(deviceId).patchDesired({ telemetryInterval: 1, targetTemperature: 96 })
    device.panel.set('probe', 1440) // 94 °C is not enough any more
    await expect.poll(() => device.panel.read('boiler'), within).toBe(1)
    await expect.poll(() => bench.hub.twin(deviceId).document().properties.reported['targetTemperature'], within)
      .toMatchObject({ value: 96, ac: 200 })
    bench.hub.twin(deviceId).patchDesired({ targetTemperature: 93 })
    device.panel.set('probe', 1450)
    await expect.poll(() => device.panel.read('boiler'), within).toBe(0)
  })

  test('sends telemetry once a second, each message once and in order', async () => {
    const messages = [await bench.message(), await bench.message(), await bench.message()]
    expect(JSON.parse(Buffer.from(messages[0]!.body).toString())).toEqual({ celsius: 95, heating: false, brewing: false })
    const [first] = messages.map(numberOf)
    expect(messages.map((message) => numberOf(message).sequence - first!.sequence)).toEqual([0, 1, 2])
  })

  test('answers a direct method and drives its pump', async () => {
    expect(await bench.hub.invoke(deviceId, { method: 'brew' })).toMatchObject({ status: 200, payload: { seconds: 25 } })
    expect(device.panel.read('pump')).toBe(1)
    expect(await bench.hub.invoke(deviceId, { method: 'brew' })).toMatchObject({ status: 409 })
  })

  test('loses nothing while its cable is cut, and goes on when it is plugged in', async () => {
    await bench.message()
    const cut = device.next(/no cable/)
    await device.cable(false)
    await cut
    const before = numberOf(bench.messages.at(-1)!)
    const plugged = device.next(/cable plugged in/)
    await device.cable(true)
    await plugged
    await bench.message()
    await bench.message()
    const since = bench.messages.map(numberOf).filter(({ sequence }) => sequence > before.sequence)
    expect(since.map(({ sequence }) => sequence - before.sequence)).toEqual(since.map((_, index) => index + 1))
  })

  test('connects again to a hub that was restarted', async () => {
    const lost = device.next(/next attempt/)
    await bench.stopHub()
    await lost
    await bench.startHub()
    await bench.connected()
    expect(numberOf(await bench.message()).boot).toBe(1)
  })

  test('keeps what its flash holds when the power is cut', async () => {
    await device.kill()
    const connected = bench.connected()
    device = await bench.powerOn()
    await connected
    expect(await device.line(/connected to/)).toBeDefined()
    bench.hub.twin(deviceId).patchDesired({ telemetryInterval: 2 })
    await expect.poll(() => bench.messages.map(numberOf).at(-1), within).toMatchObject({ boot: 2 })
  })

  test('what it stored while the hub was away arrives after a power cut, in order', async () => {
    await bench.message()
    const lost = device.next(/next attempt/)
    await bench.stopHub()
    await lost
    const before = bench.messages.map(numberOf).at(-1)!
    const since = device.panel.figures().uptimeMs
    await expect.poll(() => device.panel.figures().uptimeMs - since, within).toBeGreaterThan(8500) // RAM is not trusted after 5 s
    await device.kill()
    await bench.startHub()
    const connected = bench.connected()
    device = await bench.powerOn()
    await connected
    await expect.poll(() => bench.messages.map(numberOf).at(-1)?.boot, within).toBe(before.boot + 1)
    const kept = bench.messages.map(numberOf).filter(({ boot, sequence }) => boot === before.boot && sequence > before.sequence)
    expect(kept.length).toBeGreaterThan(1)
    expect(kept.map(({ sequence }) => sequence - before.sequence)).toEqual(kept.map((_, index) => index + 1))
  })

  test('starts again when a method asks for it', async () => {
    const { boot } = numberOf(await bench.message())
    const connected = bench.connected()
    expect(await bench.hub.invoke(deviceId, { method: 'reboot' })).toMatchObject({ status: 200 })
    await connected
    expect(numberOf(await bench.message()).boot).toBe(boot + 1)
  })

  test('had room on its stacks and in its heaps in all of this', () => {
    const { refused, appStackFree, linkStackFree } = device.panel.figures()
    expect(refused).toBe(0)
    expect(appStackFree).toBeGreaterThan(512)
    expect(linkStackFree).toBeGreaterThan(512)
  })

  test('does not talk to a hub whose certificate another authority signed', async () => {
    await device.kill()
    bench.writeFlash((await loadAuthority()).caPem)
    device = await bench.powerOn()
    expect(await device.line(/next attempt/)).toMatch(/tls: the server's certificate is not signed by a trusted authority/)
  })
})
