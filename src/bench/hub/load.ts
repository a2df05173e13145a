/** What a message costs the hub, beside what it costs mosquitto: one run, the same load in turns. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rounded, type Figure } from '../measure.js'
import { certificateForBench } from './certificate.js'
import { Child, Cleanup, cpuUs, freePort, startProgram } from './child.js'
import { HOST } from './device.js'

const devices = 50
const inFlight = 10
const payloadBytes = 200
/** Of each device in each round. */
const messages = 800
/** The first is to warm up. */
const rounds = 6

interface Runner {
  readonly pid: number
  readonly client: Child
  /** Microseconds of processor time for a message, by round. */
  readonly costs: number[]
}

async function measured(runner: Runner): Promise<void> {
  const before = cpuUs(runner.pid)
  await runner.client.ask('publish', { count: messages, inFlight })
  runner.costs.push((cpuUs(runner.pid) - before) / (devices * messages))
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const cost = ({ costs }: Runner): number => median(costs.slice(1))

export async function load(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-load-'))
  const { ca, certificate } = await certificateForBench()
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  await using cleanup = new Cleanup()
  cleanup.defer(() => rmSync(folder, { recursive: true }))
  const runnerOf = async (pid: number, port: number): Promise<Runner> => {
    const client = cleanup.use(new Child('./client.js'))
    await client.ask('target', { port, ca, payloadBytes })
    const errors = await client.ask<string[]>('connect', { count: devices, parallel: devices })
    if (errors.length > 0) { throw new Error(`not every device could connect: ${errors[0]}`) }
    return { pid, client, costs: [] }
  }

  const port = await freePort()
  const settings = file('mosquitto.conf', [
    `listener ${port} ${HOST}`, 'allow_anonymous true', 'persistence false', 'user root', 'log_type error', 'log_type information',
    `certfile ${file('cert.pem', certificate.certPem)}`, `keyfile ${file('key.pem', certificate.keyPem)}`,
  ].join('\n'))
  const mosquitto = await startProgram('mosquitto', ['-c', settings], 'running').catch((error: unknown) => {
    throw new Error(`mosquitto is what the hub is measured against: apt-get install -y mosquitto (${(error as Error).message})`)
  })
  cleanup.defer(() => mosquitto.stop())
  const memory = cleanup.use(new Child('./server.js'))
  const durable = cleanup.use(new Child('./server.js'))
  const runners = {
    mosquitto: await runnerOf(mosquitto.pid, port),
    memory: await runnerOf(memory.pid, await memory.ask<number>('start', { port: 0, devices, certificate })),
    durable: await runnerOf(durable.pid, await durable.ask<number>('start', { folder: join(folder, 'data'), port: 0, devices, certificate })),
  }
  for (let round = 0; round < rounds; round++) {
    for (const runner of Object.values(runners)) { await measured(runner) }
  }
  const { mosquitto: theirs, memory: inMemory, durable: onDisk } = runners
  return [
    { name: 'mosquitto, processor time of a QoS 1 message', value: rounded(cost(theirs), 3), unit: 'µs' },
    { name: 'hub, store in memory', value: rounded(cost(inMemory), 3), unit: 'µs' },
    { name: 'hub, durable store', value: rounded(cost(onDisk), 3), unit: 'µs' },
    { name: 'hub in memory against mosquitto', value: rounded(cost(inMemory) / cost(theirs), 3), unit: 'times', limit: 2 },
    { name: 'durable hub against mosquitto', value: rounded(cost(onDisk) / cost(theirs), 3), unit: 'times', limit: 4 },
  ]
}
