// The STM32's own port on QEMU's STM32F405: its start-up, USARTs, timers and interrupts, TLS to the local hub through an ESP-AT modem.
// What QEMU has no model of (RCC, GPIO, I2C, RNG, IWDG, the flash controller) is not tested here.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import type { RunningFirmware } from '../../src/firmware/index.js'
import { loadAuthority } from '../../src/hub/index.js'
import { Bench, deviceId, installFor, numberOf, within } from './bench.js'

const install = installFor(loadBoard('qemu-netduinoplus2'))

describe.skipIf(install !== undefined)(`a device on qemu-netduinoplus2${install === undefined ? '' : ` (skipped: run ${install})`}`, () => {
  let bench: Bench
  let device: RunningFirmware

  beforeAll(async () => {
    bench = await Bench.open('qemu-netduinoplus2')
    const connected = bench.connected()
    device = await bench.powerOn()
    await connected
    bench.hub.twin(deviceId).patchDesired({ telemetryInterval: 1 })
  }, 240_000)
  afterAll(async () => { await (bench as Bench | undefined)?.[Symbol.asyncDispose]() })

  /** Every message of this boot so far, without a gap. */
  const complete = (): void => {
    const numbers = bench.messages.map(numberOf)
    const { boot } = numbers.at(-1)!
    const sequences = [...new Set(numbers.filter((number) => number.boot === boot).map(({ sequence }) => sequence))]
    expect(sequences).toEqual(sequences.map((_, index) => sequences[0]! + index))
  }
  /** What `disturb` does ends the connection; a new one is made, and nothing is missing. */
  const survives = async (disturb: () => void | Promise<void>): Promise<void> => {
    await bench.message()
    const connected = bench.connected()
    await disturb()
    await connected
    await bench.message()
    await bench.message()
    complete()
  }

  test('the modem joins its network and tells the time; the hub is verified over TLS 1.2', async () => {
    expect(await device.line(/network/)).toMatch(/network: joined by the modem$/)
    expect(await device.line(/TLS-/)).toMatch(/TLSv1\.2 TLS-ECDHE-ECDSA-WITH-AES-128-GCM-SHA256$/)
    expect(bench.modem.commands.slice(0, 3)).toEqual(['AT', 'AT+RST', 'ATE0'])
  })

  test('it takes a desired property and reports it', async () => {
    bench.hub.twin(deviceId).patchDesired({ targetTemperature: 91 })
    await expect.poll(() => bench.hub.twin(deviceId).document().properties.reported['targetTemperature'], within)
      .toMatchObject({ value: 91, ac: 200 })
  })

  test('it sends telemetry once a second, in order, and answers a method', async () => {
    await bench.message()
    await bench.message()
    complete()
    // QEMU's converter counts up, so the water is sometimes hot enough.
    const { status } = await bench.hub.invoke(deviceId, { method: 'brew' })
    expect([200, 409]).toContain(status)
  })

  test('a failed send ends the connection; the next one loses nothing', async () => {
    await survives(() => { bench.modem.failSends(1) })
  })

  test('the peer that is cut off is called again', async () => {
    await survives(() => { bench.modem.cutLinks() })
  })

  test('a modem whose power failed is brought up again', async () => {
    await survives(() => { bench.modem.reset() })
    expect(await device.line(/lost by the modem/)).toBeDefined()
  })

  test('it comes back when its access point does', async () => {
    await survives(() => {
      bench.modem.network(false)
      bench.modem.network(true)
    })
  })

  test('a modem that is unplugged and plugged in again is used again', async () => {
    await survives(async () => {
      const unplugged = device.next(/next attempt|lost/)
      bench.modem.plug(false)
      bench.modem.plug(true)
      await unplugged
    })
  })

  test('noise on the wire and a busy modem do not end the connection', async () => {
    await bench.message()
    const before = device.lines.length
    bench.modem.noise(Buffer.from('\r\n+IPD,9,99999999\r\nERRO\0\xff\r\nSEND OK\r\n>\r\n', 'latin1'))
    bench.modem.beBusy(2)
    await bench.message()
    await bench.message()
    complete()
    expect(device.lines.slice(before)).toEqual([])
  })

  test('what its flash holds is there after the power was cut', async () => {
    await device.kill()
    const connected = bench.connected()
    device = await bench.powerOn()
    await connected
    await expect.poll(() => bench.messages.map(numberOf).at(-1)?.boot, within).toBe(2)
    expect(device.lines.join()).not.toContain('compiled code')
  })

  test('what was stored while the access point was away arrives after a power cut, in order', async () => {
    await bench.message()
    const lost = device.next(/lost by the modem/)
    bench.modem.network(false)
    await lost
    const before = bench.messages.map(numberOf).at(-1)!
    const since = device.panel.figures().uptimeMs
    await expect.poll(() => device.panel.figures().uptimeMs - since, within).toBeGreaterThan(6500) // RAM is not trusted after 5 s
    await device.kill()
    bench.modem.network(true)
    const connected = bench.connected()
    device = await bench.powerOn()
    await connected
    await expect.poll(() => bench.messages.map(numberOf).at(-1)?.boot, within).toBe(before.boot + 1)
    const kept = bench.messages.map(numberOf).filter(({ boot, sequence }) => boot === before.boot && sequence > before.sequence)
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.map(({ sequence }) => sequence - before.sequence)).toEqual(kept.map((_, index) => index + 1))
  })

  test('had room on its stacks and in its heaps in all of this', () => {
    const { refused, appStackFree, linkStackFree } = device.panel.figures()
    expect(refused).toBe(0)
    expect({ appStackFree, linkStackFree }).toEqual({ appStackFree: expect.toSatisfy((bytes: number) => bytes > 512), linkStackFree: expect.toSatisfy((bytes: number) => bytes > 512) })
  })

  test('a wrong password is told, and not said', async () => {
    await device.kill()
    bench.writeFlash(bench.authority.caPem, { name: 'home', password: 'wr"o,n\\g' })
    device = await bench.powerOn()
    expect(await device.line(/cannot join/)).toMatch(/the modem cannot join: wrong password, or out of reach$/)
    expect(bench.modem.commands).toContain('AT+CWJAP="home","wr\\"o\\,n\\\\g"')
    expect(device.lines.join()).not.toContain('wr"o')
  })

  test('it does not talk to a hub whose certificate another authority signed', async () => {
    await device.kill()
    bench.writeFlash((await loadAuthority()).caPem)
    device = await bench.powerOn()
    expect(await device.line(/tls: /)).toMatch(/the server's certificate is not signed by a trusted authority/)
  })
})
