// A hub with everything on port 443 of a loopback address of its own: the only port that Microsoft's REST clients know (reference E4).

import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHub, loadAuthority, type Authority, type Hub, type HubEvent, type HubOptions } from '../../src/hub/index.js'
import { startService, type ServiceOptions } from '../../src/hub/service.js'

/** Whether this user may listen on port 443 of `host`. */
export function maySpeak443(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(443, host, () => server.close(() => resolve(true)))
  })
}

export interface Served extends AsyncDisposable {
  readonly hub: Hub
  readonly authority: Authority
  readonly caPath: string
  eventOf(wanted: (event: HubEvent) => boolean): Promise<HubEvent>
}

export async function serveOn443(host: string, makeOptions: (authority: Authority) => Promise<Partial<HubOptions>> = () => Promise.resolve({}), listening: () => Partial<ServiceOptions> = () => ({})): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-'))
  const authority = await loadAuthority(folder)
  const hub = createHub({ hostName: host, ...await makeOptions(authority) })
  const service = await startService(hub, { host, ports: { mqtts: 443, amqps: 443, https: 443 }, certificate: await authority.issueServer({ hosts: [host] }), ...listening() })
  return {
    hub, authority, caPath: authority.caPath!,
    eventOf: (wanted) => new Promise((resolve) => {
      const stop = hub.onEvent((event) => {
        if (!wanted(event)) { return }
        stop()
        resolve(event)
      })
    }),
    async [Symbol.asyncDispose]() {
      await hub.close()
      await service.close()
      await rm(folder, { recursive: true })
    }
  }
}
