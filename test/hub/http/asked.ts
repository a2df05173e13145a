// A hub in virtual time behind real TLS sockets, and requests to it whose every byte is the test's own.

import type { TLSSocket } from 'node:tls'
import { createHub, loadAuthority, signSas, type Authority, type Hub, type HubEvent, type HubLogEntry, type HubOptions } from '../../../src/hub/index.js'
import { listenHub, type ListenHubOptions } from '../../../src/hub/http/serve.js'
import { HOST, KEY, OTHER_KEY, START_MS, VirtualClock } from '../bench.js'
import { ADDRESS, answerOn, tls, type Answer } from './wire.js'

export interface Request {
  readonly headers?: Record<string, string>
  readonly body?: unknown
  /** 'none', a policy's name, or a whole token; iothubowner if not given. */
  readonly as?: string
}

export interface Asked extends AsyncDisposable {
  readonly hub: Hub
  readonly clock: VirtualClock
  readonly events: HubEvent[]
  readonly log: HubLogEntry[]
  readonly authority: Authority
  readonly port: number
  tokenOf(policy: string, resource?: string): string
  open(): Promise<TLSSocket>
  /** On a connection of its own. */
  ask(line: string, request?: Request): Promise<Answer>
}

export const deviceToken = (deviceId = 'd1', key = KEY, lifeSeconds = 3600): string =>
  signSas({ resource: `${HOST}/devices/${deviceId}`, key, expiry: START_MS / 1000 + lifeSeconds })

let made: Promise<Authority> | undefined

export async function asked(options: Partial<HubOptions> = {}, listening: Partial<ListenHubOptions> = {}): Promise<Asked> {
  const authority = await (made ??= loadAuthority())
  const clock = new VirtualClock()
  const log: HubLogEntry[] = []
  const events: HubEvent[] = []
  const hub = createHub({ hostName: HOST, clock, log: (entry) => log.push(entry), ...options })
  hub.onEvent((event) => events.push(event))
  hub.devices.create({ deviceId: 'd1', primaryKey: KEY, secondaryKey: OTHER_KEY })
  const listener = await listenHub(hub, { host: ADDRESS, port: 0, certificate: await authority.issueServer({ hosts: [ADDRESS] }), ...listening })
  const tokenOf = (policy: string, resource = HOST): string =>
    `${signSas({ resource, key: hub.context.policies.get(policy)!.primaryKey, expiry: START_MS / 1000 + 3600 })}&skn=${policy}`
  const open = (): Promise<TLSSocket> => tls(listener.port, authority.caPem)
  return {
    hub, clock, events, log, authority, port: listener.port, tokenOf, open,
    async ask(line, { headers = {}, body, as = 'iothubowner' } = {}) {
      const socket = await open()
      const bytes = body === undefined ? Buffer.alloc(0) : body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
      const token = as === 'none' ? {} : { Authorization: as.startsWith('Shared') ? as : tokenOf(as) }
      const fields = Object.entries({ Host: HOST, ...token, ...(body === undefined ? {} : { 'Content-Length': String(bytes.length) }), ...headers })
      socket.write(Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`, 'latin1'), bytes]))
      try {
        return await answerOn(socket)
      } finally {
        socket.destroy()
      }
    },
    async [Symbol.asyncDispose]() {
      await hub.close()
      await listener.close()
    }
  }
}

/** What an answer's body says went wrong, if it is the body that Microsoft's clients take apart. */
export function errorOf({ status, headers, body }: Answer): string {
  const { Message, ExceptionMessage } = JSON.parse(body) as { Message: string; ExceptionMessage: string }
  const code = /^ErrorCode:(\w+);./.exec(Message)?.[1]
  if (code === undefined || code !== headers['iothub-errorcode'] || !/^Tracking ID:[0-9a-f]{32}-TimeStamp:/.test(ExceptionMessage)) { throw new Error(`not an error's body: ${body}`) }
  return `${status} ${code}`
}
