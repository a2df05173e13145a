/** QEMU's machine protocol over its socket: one command, one answer. */

import { once } from 'node:events'
import { createConnection, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { FirmwareError } from './error.js'

export interface Qmp {
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>
  close(): void
}

interface Answer {
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}

/** The socket must be there; QEMU makes it before it starts the machine. */
export async function connectQmp(path: string): Promise<Qmp> {
  const socket: Socket = createConnection(path)
  await once(socket, 'connect')
  const waiting: { resolve: (value: unknown) => void, reject: (error: Error) => void }[] = []
  const lines = createInterface({ input: socket })
  lines.on('error', () => {}) // 'close' follows
  lines.on('line', (line) => {
    const answer = JSON.parse(line) as Answer
    if (answer.error !== undefined) waiting.shift()?.reject(new FirmwareError(`QEMU: ${answer.error.desc}`))
    else if ('return' in answer) waiting.shift()?.resolve(answer.return)
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    for (const { reject } of waiting.splice(0)) reject(new FirmwareError('QEMU has ended'))
  })
  const execute: Qmp['execute'] = (command, args) => new Promise((resolve, reject) => {
    waiting.push({ resolve, reject })
    socket.write(`${JSON.stringify({ execute: command, ...(args === undefined ? {} : { arguments: args }) })}\n`)
  })
  await execute('qmp_capabilities')
  return { execute, close: () => socket.destroy() }
}
