/** Power that goes in the middle of flash writes: whether anything stored is lost, and how the flash wears. */

import { loadBoard, type Board } from '../board/index.js'
import { simulate, type Device, type Summary } from '../sim/index.js'
import type { Figure, Measurement } from './measure.js'

/** A board whose outbox is so small that its ring goes round often. */
function smallOutbox(): Board {
  const board = loadBoard('coffee-rev-a')
  const partitions = board.flash.partitions.map((partition) => partition.use === 'outbox' ? { ...partition, kib: 64 } : partition)
  return { ...board, flash: { ...board.flash, partitions } }
}

/** Numbers from 0 to `below` - 1 that are the same in each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor(state / 2 ** 32 * below)
  }
}

async function machine(): Promise<Device> {
  const device = await simulate('coffee-machine', { board: smallOutbox(), seed: 7 })
  await device.desired({ telemetryInterval: 1 })
  return device
}

async function settled(device: Device): Promise<Summary> {
  device.machine.failFlash({ write: 0 })
  device.network.up()
  await device.advance('10m')
  await device.drain('60s')
  return device.summary()
}

/** One device that goes on and off line, its power cut in `count` writes at random, each torn somewhere. */
export async function randomCuts(count: number): Promise<Summary> {
  await using device = await machine()
  const random = numbers(11)
  for (let cuts = 0; cuts < count;) {
    device.machine.cutAtFlash({ write: 1 + random(40), tornBytes: random(70) })
    const before = device.summary().powerCuts
    while (device.summary().powerCuts === before) {
      if (random(2) === 0) device.network.down()
      else device.network.up()
      await device.advance(1000 * (1 + random(20)))
    }
    cuts += device.summary().powerCuts - before
  }
  return settled(device)
}

/** A short script, once for each of its flash writes: the power goes in that one. */
export async function everyCut(tornBytes: number): Promise<readonly Summary[]> {
  const summaries: Summary[] = []
  for (let write = 1; ; write++) {
    await using device = await machine()
    await device.advance('3s')
    device.machine.cutAtFlash({ write, tornBytes })
    device.network.down()
    await device.advance('30s')
    device.network.up()
    await device.advance('2m')
    const summary = await settled(device)
    if (summary.powerCuts === 0) return summaries
    summaries.push(summary)
  }
}

function figuresOf(name: string, summaries: readonly Summary[]): readonly Figure[] {
  const sum = (key: 'powerCuts' | 'telemetry' | 'lost' | 'reordered' | 'pending' | 'duplicates' | 'cuts' | 'dropped'): number => summaries.reduce((total, summary) => total + summary[key], 0)
  return [
    { name: `${name}: power cuts`, value: sum('powerCuts'), unit: '' },
    { name: `${name}: messages lost, of ${sum('telemetry')}`, value: sum('lost') + sum('pending'), unit: '', limit: 0 },
    { name: `${name}: messages out of order`, value: sum('reordered'), unit: '', limit: 0 },
    { name: `${name}: duplicates`, value: sum('duplicates'), unit: '', limit: sum('cuts') },
    { name: `${name}: in RAM only when the power went`, value: sum('dropped'), unit: '' },
  ]
}

async function cuts(): Promise<readonly Figure[]> {
  const every = [...await everyCut(0), ...await everyCut(5), ...await everyCut(40)]
  return [...figuresOf('random writes', [await randomCuts(10_000)]), ...figuresOf('every write of a script', every)]
}

/** What 72 hours offline cost the flash, and how evenly. */
async function wear(): Promise<readonly Figure[]> {
  await using device = await simulate('coffee-machine', { board: 'coffee-rev-a', seed: 7 })
  await device.advance('1h')
  const figures: Figure[] = []
  const round = async () => {
    device.network.down()
    await device.advance('72h')
    device.network.up()
    await device.advance('1h')
  }
  await round()
  const { outboxErases } = device.machine
  const total = () => outboxErases.reduce((sum, count) => sum + count, 0)
  figures.push({ name: 'erases of 4 KiB for 72 h offline, 25,920 messages', value: total(), unit: '' })
  for (let rounds = 1; rounds < 20; rounds++) await round()
  const used = [...outboxErases].filter((count) => count > 0)
  figures.push(
    { name: 'twenty times 72 h offline: erases of the most used block', value: Math.max(...used), unit: '' },
    { name: 'the same: of the least used one of the ring', value: Math.min(...used), unit: '' },
    { name: 'the same: blocks of the ring', value: used.length, unit: '' },
    { name: 'the same: messages lost', value: device.summary().lost + device.summary().pending, unit: '', limit: 0 },
  )
  return figures
}

export const powerCuts: readonly Measurement[] = [
  { title: 'power cuts in flash writes', onlyNamed: true, run: cuts },
  { title: 'wear of the outbox', run: wear },
]
