/** What happens in `tinytwin dev`, as JSON for programs and as text for people. Knows no device and no terminal. */

import { visible } from './terminal.js'

export type DevEvent =
  | { readonly type: 'ready', readonly app: string, readonly board: string, readonly build: string, readonly hub: string, readonly ca: string, readonly device: string, readonly auth: 'sas' | 'x509' | 'dps' | 'given' }
  | { readonly type: 'provisioned', readonly device: string, readonly hub: string }
  | { readonly type: 'connected', readonly device: string, readonly tls: string, readonly cipher: string, readonly verified: boolean }
  | { readonly type: 'disconnected', readonly device: string, readonly reason: string }
  | { readonly type: 'refused', readonly device?: string, readonly reason: string, readonly message: string }
  | { readonly type: 'telemetry', readonly device: string, readonly body: unknown, readonly properties: object }
  | { readonly type: 'twin', readonly device: string, readonly part: 'desired' | 'reported', readonly version: number, readonly value: object }
  | { readonly type: 'method', readonly device: string, readonly method: string, readonly status: number, readonly payload: unknown }
  | { readonly type: 'log', readonly device: string, readonly level: string, readonly text: string }
  | { readonly type: 'crash', readonly device: string, readonly reason: string, readonly build: string, readonly function: string, readonly offset: number, readonly at?: string }
  | { readonly type: 'safeMode', readonly device: string, readonly reason: string }
  | { readonly type: 'network', readonly up: boolean }
  | { readonly type: 'build', readonly app: string, readonly build: string }
  | { readonly type: 'problem', readonly message: string }
  | { readonly type: 'stopped', readonly telemetry: number, readonly seconds: number }

/** One line, but for compiler messages, which have more. */
export function eventText(event: DevEvent): string {
  switch (event.type) {
    case 'ready': return `${event.app} (build ${event.build}) on ${event.board}, as device '${event.device}' of ${event.auth === 'given' ? '' : 'the local hub '}${event.hub}${event.auth === 'given' || event.auth === 'sas' ? '' : `, by ${event.auth}`}`
    case 'provisioned': return visible(`provisioned: DPS assigned ${event.hub}`)
    case 'connected': return `connected over ${event.tls}${event.verified ? ', the hub\'s certificate verified' : ''} (${event.cipher})`
    case 'disconnected': return `disconnected: ${event.reason}`
    case 'refused': return visible(`the hub refused ${event.device ?? 'a connection'}: ${event.message}`)
    case 'telemetry': return visible(`telemetry ${typeof event.body === 'string' ? event.body : JSON.stringify(event.body)}`)
    case 'twin': return visible(`${event.part} ${JSON.stringify(event.value)}`)
    case 'method': return visible(`method ${event.method}: ${event.status} ${JSON.stringify(event.payload)}`)
    case 'log': return visible(`${event.level}: ${event.text}`)
    case 'crash': return visible(`crash: ${event.reason} at ${event.at ?? (event.function === '' ? 'an unknown place' : event.function)} (build ${event.build}, offset ${event.offset})`)
    case 'safeMode': return `safe mode: ${event.reason}`
    case 'network': return event.up ? 'network up' : 'network down'
    case 'build': return `rebuilt, now running build ${event.build}`
    case 'problem': return event.message
    case 'stopped': return `stopped after ${event.seconds.toFixed(1)} s, ${event.telemetry} messages received by the hub`
    default: return event satisfies never
  }
}
