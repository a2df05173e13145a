/** How long the hub takes to begin on what it kept: ten thousand devices, and what it takes of memory then. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createHub, folderStore } from '../../hub/index.js'
import { rounded, type Figure } from '../measure.js'
import { residentBytes } from './child.js'

const devices = 10_000
const rounds = 5
const command = join(fileURLToPath(import.meta.url), '../../../../../scripts/tinytwin.mjs')

async function fill(folder: string): Promise<void> {
  const store = await folderStore(folder)
  const hub = createHub({ hostName: 'localhost', store, events: store.events })
  for (let i = 0; i < devices; i++) {
    const { deviceId } = hub.devices.create({ deviceId: `device-${i}` })
    hub.twin(deviceId).patchTags({ place: { building: 43, floor: '1' } })
  }
  await hub.close()
}

async function openMs(folder: string): Promise<number> {
  const began = performance.now()
  const store = await folderStore(folder)
  const hub = createHub({ hostName: 'localhost', store, events: store.events })
  const ms = performance.now() - began
  await hub.close()
  return ms
}

/** From the command to the line that says it listens. */
async function startOnce(folder: string): Promise<{ ms: number; resident: number }> {
  const began = performance.now()
  const child = spawn(process.execPath, [command, 'hub', '--data', folder, '--mqtts', '0', '--amqps', '0', '--https', '0', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const exit = once(child, 'exit')
  await Promise.race([once(child.stdout, 'data'), exit.then(() => { throw new Error('the hub did not start') })])
  const ms = performance.now() - began
  const resident = residentBytes(child.pid!)
  child.kill('SIGINT')
  await exit
  return { ms, resident }
}

export async function hubStart(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tinytwin-start-'))
  try {
    await fill(folder)
    const opens: number[] = []
    const starts: { ms: number; resident: number }[] = []
    // the first start makes the certificate authority
    await startOnce(folder)
    for (let round = 0; round < rounds; round++) {
      opens.push(await openMs(folder))
      starts.push(await startOnce(folder))
    }
    return [
      { name: `hub opens a folder with ${devices} devices`, value: rounded(Math.min(...opens), 3), unit: 'ms', limit: 300 },
      { name: `tinytwin hub on it, from command to ready`, value: rounded(Math.min(...starts.map(({ ms }) => ms)), 3), unit: 'ms', limit: 1000 },
      { name: 'its memory at rest', value: rounded(Math.min(...starts.map(({ resident }) => resident)) / 2 ** 20, 3), unit: 'MiB' },
    ]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
