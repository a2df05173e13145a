/** The whole local cloud: a hub on all its ports, device provisioning beside it, a blob endpoint where one is wanted. */

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDps, listenDps, type Dps } from '../hub/dps/index.js'
import { blobContainer, folderStore, startAzurite, type Container, type Hub, type HubListener, type ThrottleOptions } from '../hub/index.js'
import { startService, type HubService } from '../hub/service.js'
import { CliError } from './command.js'
import { codeOf, dataFolder, openAuthority, openHub, portError } from './local_hub.js'
import { addressFile } from './remote/address.js'

export interface LocalServiceOptions {
  readonly data: string
  readonly host: string
  /** In connection strings; the address if not given. */
  readonly name?: string
  /** 0 takes a free one. */
  readonly mqtts: number
  readonly amqps: number
  /** undefined: 443 where this user may, else 8443. */
  readonly https?: number
  /** Device provisioning has an address of its own, for its clients know the same ports only; undefined: none. */
  readonly dpsHost?: string
  /** A storage connection string, or 'azurite' to start one. */
  readonly blobs?: string
  readonly throttle?: ThrottleOptions
}

export interface LocalService {
  readonly hub: Hub
  readonly dps?: Dps
  readonly data: string
  readonly caFile: string
  readonly ports: HubService['ports']
  /** Secrets, both. */
  readonly serviceConnectionString: string
  readonly eventHubsConnectionString: string
  readonly close: () => Promise<void>
}

/** For `blobs`: start one. */
export const azuriteWord = 'azurite'
const restPort = 443
const unprivilegedRestPort = 8443
const containerName = 'uploads'

/** Throws CliError when folder, address or endpoint cannot be used, and then leaves nothing running. */
export async function startLocalService({ data: folder, host, name = host, mqtts, amqps, https, dpsHost, blobs, throttle }: LocalServiceOptions): Promise<LocalService> {
  const data = dataFolder(folder)
  const endings: (() => Promise<unknown>)[] = []
  const close = async (): Promise<void> => {
    for (const end of endings.splice(0).toReversed()) await end()
  }
  try {
    const authority = await openAuthority(data)
    let container: Container | undefined
    if (blobs !== undefined) {
      let connectionString = blobs
      if (blobs === azuriteWord) {
        const azurite = await startAzurite({ host, authority, folder: join(data, 'blobs') })
        endings.push(async () => azurite[Symbol.asyncDispose]())
        ;({ connectionString } = azurite)
      }
      container = blobContainer({ connectionString, containerName, ca: authority.caPem })
      await container.prepare()
    }
    const { hub, caFile, metrics } = await openHub(authority, {
      data, name,
      ...(container === undefined ? {} : { blobs: container }),
      ...(throttle === undefined ? {} : { throttle }),
    })
    endings.push(() => hub.close())
    const certificate = await authority.issueServer({ hosts: [...new Set([name, host, 'localhost'])] })
    const listenAt = async (port: number): Promise<HubService> => {
      try {
        return await startService(hub, { host, ports: { mqtts, amqps, https: port }, certificate, metrics, ...(container === undefined ? {} : { blobs: container }) })
      } catch (error) {
        if (https === undefined && port === restPort && codeOf(error) === 'EACCES') return listenAt(unprivilegedRestPort)
        throw portError(error, host, '--mqtts, --amqps or --https')
      }
    }
    const service = await listenAt(https ?? restPort)
    endings.push(() => service.close())
    const { ports } = service
    const dps = dpsHost === undefined ? undefined : await startDps({ host: dpsHost, data, hub, hubPort: ports.mqtts, ports, certificate: await authority.issueServer({ hosts: [dpsHost] }), endings })
    const named = ports.https === restPort ? name : `${name}:${ports.https}`
    const serviceConnectionString = hub.serviceConnectionString().replace(/^HostName=[^;]*/, `HostName=${named}`)
    const file = join(data, addressFile)
    writeFileSync(file, JSON.stringify({ service: serviceConnectionString, ca: caFile }), { mode: 0o600 })
    endings.push(async () => rmSync(file, { force: true }))
    return {
      hub, data, caFile, ports, close, serviceConnectionString,
      eventHubsConnectionString: hub.eventHubsConnectionString({ port: ports.amqps }),
      ...(dps === undefined ? {} : { dps }),
    }
  } catch (error) {
    await close()
    throw error instanceof CliError ? error : new CliError((error as Error).message, { cause: error })
  }
}

interface DpsStart {
  readonly host: string
  readonly data: string
  readonly hub: Hub
  readonly hubPort: number
  readonly ports: HubService['ports']
  readonly certificate: Parameters<typeof listenDps>[1]['certificate']
  readonly endings: (() => Promise<unknown>)[]
}

async function startDps({ host, data, hub, hubPort, ports, certificate, endings }: DpsStart): Promise<Dps> {
  const hostName = hubPort === 8883 ? hub.hostName : `${hub.hostName}:${hubPort}`
  const dps = createDps({ hostName: host, linkedHubs: [{ hostName, hub }], store: await folderStore(join(data, 'dps')) })
  endings.push(() => dps.close())
  const listeners: HubListener[] = []
  endings.push(() => Promise.all(listeners.map((listener) => listener.close())))
  try {
    for (const port of new Set([ports.mqtts, ports.amqps, ports.https])) listeners.push(await listenDps(dps, { host, port, certificate }))
  } catch (error) {
    throw portError(error, `${host} for device provisioning`, '--dps-host')
  }
  return dps
}
