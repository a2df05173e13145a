/** A local hub with a folder of its own, listening over TLS: what `hub` and `dev` both start. */

import { accessSync, constants, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createHub, folderStore, listen, loadAuthority, type DeviceMessage, type FolderStore, type Hub, type HubListener } from '../hub/index.js'
import { CliError } from './command.js'

export interface LocalHub {
  readonly hub: Hub
  readonly listener: HubListener
  /** Absolute path of the folder, and of the certificate authority in PEM. */
  readonly data: string
  readonly caFile: string
  readonly caPem: string
  /** Creates the device unless it exists. Its connection string, key and all. */
  readonly ensureDevice: (id: string) => string
  readonly close: () => Promise<void>
}

export interface LocalHubOptions {
  /** The folder it keeps everything in. */
  readonly data: string
  /** Address to listen on. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** In connection strings and on the certificate; the address if not given. */
  readonly name?: string
}

/** Throws CliError when the folder or the address cannot be used. */
export async function startLocalHub({ data: folder, host, port, name = host }: LocalHubOptions): Promise<LocalHub> {
  const data = resolve(folder)
  try {
    mkdirSync(data, { recursive: true })
    accessSync(data, constants.W_OK)
  } catch (error) {
    throw new CliError(`the folder '${folder}' cannot be written (${codeOf(error)}); give another with --data`, { cause: error })
  }
  const authority = await loadAuthority(join(data, 'authority'))
  const caFile = authority.caPath ?? ''
  const hosts = [...new Set([name, host, 'localhost'])]
  const store = await openStore(data)
  const hub = createHub({ hostName: name, store, events: store.events })
  let listener: HubListener
  try {
    listener = await listen(hub, { host, port, certificate: await authority.issueServer({ hosts }) })
  } catch (error) {
    await hub.close()
    const code = codeOf(error)
    const why = code === 'EADDRINUSE' ? 'another program has it' : code === 'EACCES' ? 'ports below 1024 are for root' : code
    throw new CliError(`${host}:${port} cannot be listened on (${why}); give another with --port, 0 for a free one`, { cause: error })
  }
  return {
    hub, listener, data, caFile, caPem: authority.caPem,
    ensureDevice: (id) => {
      if (hub.devices.get(id) === undefined) hub.devices.create({ deviceId: id })
      return hub.connectionString(id, { port: listener.port })
    },
    close: async () => {
      await hub.close()
      await listener.close()
    },
  }
}

async function openStore(data: string): Promise<FolderStore> {
  try {
    return await folderStore(data)
  } catch (error) {
    throw new CliError((error as Error).message, { cause: error })
  }
}

/** JSON where the message is JSON, else its text. */
export function telemetryBody(message: Pick<DeviceMessage, 'body'>): unknown {
  const text = Buffer.from(message.body).toString('utf8')
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
