/** A local hub with a folder of its own: what `hub` and `dev` both start; `dev` needs no more of it than MQTT over TLS. */

import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { createHub, folderStore, listen, loadAuthority, measureHub, processFigures, type Authority, type DeviceMessage, type FolderStore, type Hub, type HubListener, type Metrics, type HubOptions } from '../hub/index.js'
import { CliError } from './command.js'

export interface OpenHub {
  readonly hub: Hub
  readonly authority: Authority
  readonly metrics: Metrics
  /** Absolute path of the folder, and of the certificate authority in PEM. */
  readonly data: string
  readonly caFile: string
  readonly caPem: string
}

export interface LocalHub extends OpenHub {
  readonly listener: HubListener
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

export type OpenOptions = Omit<HubOptions, 'hostName' | 'store' | 'events'> & { readonly data: string, readonly name: string }

/** The folder itself, made if need be; throws CliError when it cannot be used. */
export function dataFolder(folder: string): string {
  const data = resolve(folder)
  try {
    makeFolder(data)
    accessSync(data, constants.W_OK)
  } catch (error) {
    throw new CliError(`the folder '${folder}' cannot be written (${codeOf(error)}); give another with --data`, { cause: error })
  }
  return data
}

/** A hub with its records and its authority, listening nowhere yet. Throws CliError when the folder cannot be used. */
export async function openHub(authority: Authority, { data, name, ...options }: OpenOptions): Promise<OpenHub> {
  const store = await openStore(data)
  const hub = createHub({ hostName: name, store, events: store.events, ...options })
  return { hub, authority, metrics: measureHub(hub, { store, process: processFigures }), data, caFile: authority.caPath ?? '', caPem: authority.caPem }
}

/** The authority in the data folder, made on first start. */
export const openAuthority = (data: string): Promise<Authority> => loadAuthority(join(data, 'authority'))

/** Throws CliError when the folder or the address cannot be used. */
export async function startLocalHub({ data: folder, host, port, name = host }: LocalHubOptions): Promise<LocalHub> {
  const data = dataFolder(folder)
  const open = await openHub(await openAuthority(data), { data, name })
  const { hub, authority } = open
  const hosts = [...new Set([name, host, 'localhost'])]
  let listener: HubListener
  try {
    listener = await listen(hub, { host, port, certificate: await authority.issueServer({ hosts }) })
  } catch (error) {
    await hub.close()
    throw portError(error, `${host}:${port}`, '--port')
  }
  return {
    ...open, listener,
    close: async () => {
      await hub.close()
      await listener.close()
    },
  }
}

/** Creates the device unless it exists. Its connection string, key and all. */
export function ensureDevice(hub: Hub, id: string, port: number): string {
  if (hub.devices.get(id) === undefined) hub.devices.create({ deviceId: id })
  return hub.connectionString(id, { port })
}

/** Why an address cannot be listened on, in one sentence. */
export function portError(error: unknown, address: string, option: string): CliError {
  const code = codeOf(error)
  const why = code === 'EADDRINUSE' ? 'another program has it' : code === 'EACCES' ? 'ports below 1024 are for root' : code
  return new CliError(`${address} cannot be listened on (${why}); give another with ${option}, 0 for a free one`, { cause: error })
}

async function openStore(data: string): Promise<FolderStore> {
  try {
    return await folderStore(data)
  } catch (error) {
    throw new CliError((error as Error).message, { cause: error })
  }
}

// With `recursive`, Node 20 never returns where the system says ENOENT to a folder whose parent is there, as in /proc.
function makeFolder(path: string): void {
  if (isFolder(path)) return
  if (!existsSync(dirname(path))) makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    if (!isFolder(path)) throw error // else another process was faster
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
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

export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
