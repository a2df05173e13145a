/** The hub is killed in the midst of a load, again and again: what was acknowledged is counted, and what is there. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { folderStore, type DeviceMessage, type EventLog } from '../../hub/index.js'
import { rounded, type Figure } from '../measure.js'
import { certificateForBench } from './certificate.js'
import { Child, Cleanup, freePort } from './child.js'
import { deviceName } from './device.js'
import type { KillReport } from './kill_client.js'

export interface KillResult {
  readonly kills: number
  readonly acknowledged: number
  readonly perSecond: number
  /** Acknowledged and not in the log. */
  readonly lost: number
  /** In the log after one with a larger number, and not because it was sent again. */
  readonly outOfOrder: number
  readonly sentAgain: number
  readonly twinsAcknowledged: number
  /** Sentences: twins that are not what was acknowledged, PUBACKs in the wrong order. */
  readonly violations: readonly string[]
}

const devices = 20
const perSecond = 2_000
const shortestMs = 300
const spreadMs = 700

async function untilConnected(client: Child): Promise<void> {
  while (!await client.ask<boolean>('connected')) { await sleep(10) }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

async function numbersIn(events: EventLog): Promise<Map<string, number[]>> {
  const numbers = new Map<string, number[]>()
  const note = ({ deviceId, body }: DeviceMessage): void => {
    const { n } = JSON.parse(Buffer.from(body).toString()) as { n: number }
    const list = numbers.get(deviceId)
    if (list === undefined) { numbers.set(deviceId, [n]) } else { list.push(n) }
  }
  for (let partition = 0; partition < events.partitionCount; partition++) {
    const { isEmpty, lastSequence } = events.info(partition)
    if (isEmpty) { continue }
    await new Promise<void>((resolve) => {
      events.read(partition, { at: 'earliest' }, (message) => {
        note(message)
        if (message.sequence === lastSequence) { resolve() }
      }).addCredit(Infinity)
    })
  }
  return numbers
}

/** New numbers come one after the other; a smaller one was sent again after a cut, and then those after it as well. */
function judged(numbers: readonly number[], acknowledged: number): { lost: number; outOfOrder: number; sentAgain: number } {
  let largest = 0
  let before = 0
  let outOfOrder = 0
  let sentAgain = 0
  for (const number of numbers) {
    const isNext = number === largest + 1
    const isAgain = number <= largest
    // what is sent again goes on from one to the next, or begins anew
    if (!isNext && !isAgain) { outOfOrder++ }
    if (isAgain) { sentAgain++ }
    if (isNext && number !== before + 1) { outOfOrder++ }
    largest = Math.max(largest, number)
    before = number
  }
  const there = new Set(numbers)
  let lost = 0
  for (let number = 1; number <= acknowledged; number++) { if (!there.has(number)) { lost++ } }
  return { lost, outOfOrder, sentAgain }
}

export async function killRepeatedly(kills: number): Promise<KillResult> {
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-kill-'))
  await using cleanup = new Cleanup()
  cleanup.defer(() => rmSync(folder, { recursive: true }))
  const { ca, certificate } = await certificateForBench()
  const port = await freePort()
  const client = cleanup.use(new Child('./kill_client.js'))
  let loadedMs = 0
  for (let round = 0; round < kills; round++) {
    const server = cleanup.use(new Child('./server.js'))
    await server.ask('start', { folder, port, devices, certificate })
    if (round === 0) { await client.ask('start', { port, ca, count: devices, perSecond }) }
    await untilConnected(client)
    const began = performance.now()
    await sleep(shortestMs + Math.random() * spreadMs)
    loadedMs += performance.now() - began
    await server.kill()
  }
  // the last twins are compared by one more hub
  const server = cleanup.use(new Child('./server.js'))
  await server.ask('start', { folder, port, devices, certificate })
  await untilConnected(client)
  const report = await client.ask<KillReport>('stop')
  await server.kill()

  const store = await folderStore(folder)
  const numbers = await numbersIn(store.events)
  await store.events.close()
  await store.close()
  const verdicts = report.telemetry.map(({ acknowledged }, i) => judged(numbers.get(deviceName(i)) ?? [], acknowledged))
  const sum = (of: (verdict: typeof verdicts[number]) => number): number => verdicts.reduce((total, verdict) => total + of(verdict), 0)
  const acknowledged = report.telemetry.reduce((total, device) => total + device.acknowledged, 0)
  return {
    kills, acknowledged, perSecond: acknowledged / loadedMs * 1000,
    lost: sum(({ lost }) => lost), outOfOrder: sum(({ outOfOrder }) => outOfOrder), sentAgain: sum(({ sentAgain }) => sentAgain),
    twinsAcknowledged: report.twins, violations: report.violations,
  }
}

const fullKills = 50

export async function killed(): Promise<readonly Figure[]> {
  const { kills, acknowledged, perSecond: rate, lost, outOfOrder, sentAgain, twinsAcknowledged, violations } = await killRepeatedly(fullKills)
  for (const violation of violations.slice(0, 10)) { process.stderr.write(`${violation}\n`) }
  return [
    { name: 'kill -9 of the hub in the midst of a load', value: kills, unit: 'times' },
    { name: 'messages acknowledged', value: acknowledged, unit: '' },
    { name: 'while the hub was up', value: rounded(rate, 3), unit: '/s' },
    { name: 'acknowledged and lost', value: lost, unit: '', limit: 0 },
    { name: 'out of order for a device', value: outOfOrder, unit: '', limit: 0 },
    { name: 'received twice, sent again after a cut', value: sentAgain, unit: '' },
    { name: 'twin changes acknowledged', value: twinsAcknowledged, unit: '' },
    { name: 'twins or PUBACKs that were not as they must be', value: violations.length, unit: '', limit: 0 },
  ]
}
