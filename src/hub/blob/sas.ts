// Shared access signatures of Azure Storage, version 2020-10-02: for one blob, and for the containers of an account. It knows no network.

import { createHmac } from 'node:crypto'

export interface StorageAccount {
  readonly name: string
  /** Base64. */
  readonly key: string
}

const VERSION = '2020-10-02'

/** ISO 8601 in whole seconds, as the service wants it. */
const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

function sign({ key }: StorageAccount, lines: readonly string[]): string {
  return createHmac('sha256', Buffer.from(key, 'base64')).update(lines.join('\n')).digest('base64')
}

/** The query, with its `?`, that allows `permissions` (such as `cw`) on this one blob until `expiresAt`, in milliseconds since 1970. */
export function blobSas(account: StorageAccount, { container, blobName, permissions, expiresAt }: { container: string; blobName: string; permissions: string; expiresAt: number }): string {
  const expiry = timeOf(expiresAt)
  // permissions, start, expiry, resource, identifier, IP, protocol, version, kind, snapshot, and five headers of an answer
  const signature = sign(account, [permissions, '', expiry, `/blob/${account.name}/${container}/${blobName}`, '', '', 'https', VERSION, 'b', '', '', '', '', '', ''])
  return `?${new URLSearchParams({ sv: VERSION, spr: 'https', se: expiry, sr: 'b', sp: permissions, sig: signature })}`
}

/** The same for all containers of the account: to make one. */
export function containerSas(account: StorageAccount, { permissions, expiresAt }: { permissions: string; expiresAt: number }): string {
  const expiry = timeOf(expiresAt)
  // account, permissions, services, kinds of resource, start, expiry, IP, protocol, version, and an empty line
  const signature = sign(account, [account.name, permissions, 'b', 'c', '', expiry, '', 'https', VERSION, ''])
  return `?${new URLSearchParams({ sv: VERSION, ss: 'b', srt: 'c', spr: 'https', se: expiry, sp: permissions, sig: signature })}`
}
