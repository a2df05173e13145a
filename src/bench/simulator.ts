/** What the simulator costs: a virtual day, an event, a host call, a start. */

import { simulate, type Device } from '../sim/index.js'
import { fastestMs, rounded, type Figure, type Measurement } from './measure.js'

const dayLimitMs = 2_000

async function day(): Promise<readonly Figure[]> {
  const walls: number[] = []
  for (let round = 0; round < 3; round++) {
    await using device = await simulate('coffee-machine', { seed: 7 })
    await device.advance('24h')
    await device.drain()
    walls.push(device.summary().wallMs)
  }
  return [{ name: 'virtual day of coffee-machine', value: Math.min(...walls), unit: 'ms', limit: dayLimitMs }]
}

const eventSpanMs = 200_000

async function events(): Promise<readonly Figure[]> {
  await using device = await simulate('bench')
  await device.invoke('tick')
  const before = await ticksOf(device)
  const ms = await fastestMs(1, () => device.advance(eventSpanMs))
  const ticks = await ticksOf(device) - before
  return [{ name: 'guest events', value: rounded(ticks / ms * 1000, 3), unit: '/s' }]
}

async function ticksOf(device: Device): Promise<number> {
  const { payload } = await device.invoke('ticks')
  return (payload as { ticks: number }).ticks
}

/** Well below the fuel of one event. */
const turns = 20_000
const callRounds = 20

async function hostCalls(): Promise<readonly Figure[]> {
  await using device = await simulate('bench')
  const bare = await fastestMs(callRounds, () => device.invoke('turns', { n: turns }))
  const calling = await fastestMs(callRounds, () => device.invoke('calls', { n: turns }))
  return [
    { name: 'turn of a guest loop', value: rounded(bare / turns * 1e6, 3), unit: 'ns' },
    { name: 'host call (gpio.write, traced)', value: rounded((calling - bare) / turns * 1e6, 3), unit: 'ns' },
  ]
}

async function start(): Promise<readonly Figure[]> {
  const ms = await fastestMs(20, async () => { await using device = await simulate('coffee-machine'); void device })
  return [{ name: 'start of a simulated device', value: rounded(ms, 3), unit: 'ms' }]
}

export const simulator: readonly Measurement[] = [
  { title: 'a virtual day', run: day },
  { title: 'guest events', run: events },
  { title: 'host calls', run: hostCalls },
  { title: 'start-up', run: start },
]
