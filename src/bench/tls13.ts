/** What TLS 1.3 costs a board beside 1.2: the bytes of one program linked with and without it, and the heap of one connection. */

import { execFileSync, type ExecFileSyncOptions } from 'node:child_process'
import { join } from 'node:path'
import { loadBoard, type Board } from '../board/index.js'
import { projectRoot } from '../board/root.js'
import { buildApp } from '../build/index.js'
import { createHub, listen, loadAuthority } from '../hub/index.js'
import { RealDevice } from '../sim/index.js'
import type { Figure, Measurement } from './measure.js'

/** Code, constants and initialized data of the POSIX program, unused functions left out as a firmware's linker does. */
function linkedBytes(tls13: boolean): number {
  const tree = join(projectRoot, 'build', tls13 ? 'native-tls13' : 'native-tls12')
  const quiet: ExecFileSyncOptions = { cwd: projectRoot, stdio: ['ignore', 'ignore', 'inherit'] }
  execFileSync('cmake', ['-S', 'native', '-B', tree, `-DTT_TLS13=${tls13 ? 'ON' : 'OFF'}`,
    '-DCMAKE_C_FLAGS=-ffunction-sections -fdata-sections', '-DCMAKE_EXE_LINKER_FLAGS=-Wl,--gc-sections'], quiet)
  execFileSync('cmake', ['--build', tree, '--target', 'tinytwin-posix', '-j', '2'], quiet)
  const [, row = ''] = execFileSync('size', [join(tree, 'tinytwin-posix')], { encoding: 'utf8' }).split('\n')
  const [text = 0, data = 0] = row.trim().split(/\s+/).map(Number)
  return text + data
}

async function code(): Promise<readonly Figure[]> {
  const without = linkedBytes(false)
  return [
    { name: 'program with TLS 1.2 (this computer, -O2)', value: without, unit: 'B' },
    { name: 'TLS 1.3 beside it, code and constants', value: linkedBytes(true) - without, unit: 'B more' },
  ]
}

const host = '127.0.0.1'
const versions = ['1.2', '1.3'] as const

/** Process-wide, hence what one more connection takes. */
async function heap(): Promise<readonly Figure[]> {
  const authority = await loadAuthority()
  const hub = createHub({ hostName: host })
  const listener = await listen(hub, { host, port: 0, certificate: await authority.issueServer({ hosts: [host] }) })
  const plain = loadBoard('host')
  const app = await buildApp({ app: 'blink', board: plain })
  const figures: Figure[] = []
  try {
    for (const version of versions) {
      const board: Board = { ...plain, network: { ...plain.network, tls: { ...plain.network.tls, version } } }
      const deviceId = `tls-${version}`
      hub.devices.create({ deviceId })
      let told: (words: string) => void
      const said = new Promise<string>((resolve) => { told = resolve })
      const device = new RealDevice(app, {
        board,
        hub: { connection: hub.connectionString(deviceId), port: listener.port, ca: authority.caPem },
        notice: (kind, _code, text) => { if (kind === 'connected' || kind === 'disconnected') { told(`${kind}: ${text}`) } },
      })
      const before = device.machine.state.heapBytes
      const words = await said
      const bytes = device.machine.state.heapBytes - before
      device.close()
      if (!words.startsWith('connected')) { throw new Error(words) }
      figures.push({ name: `heap of a connection, TLS ${version}`, value: bytes, unit: 'B' })
    }
  } finally {
    await hub.close()
    await listener.close()
  }
  return figures
}

export const tls13: readonly Measurement[] = [
  { title: 'TLS 1.3: code', run: code, onlyNamed: true },
  { title: 'TLS 1.3: heap', run: heap, onlyNamed: true },
]
