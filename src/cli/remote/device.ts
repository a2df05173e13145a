/** `tinytwin device`: the identities of a hub. */

import { CliError, type Command, type Invocation } from '../command.js'
import { suggestion } from '../../board/nearest.js'
import { addressOptions, hubAddress } from './address.js'
import { printDocument } from './json.js'
import { callHub } from './rest.js'
import { derivedKey } from '../../hub/dps/derived-key.js'
import { secretText } from '../secret.js'

interface Identity {
  readonly deviceId: string
  readonly status: string
  readonly connectionState: string
  readonly lastActivityTime: string
  readonly authentication: { readonly type: string, readonly symmetricKey?: { readonly primaryKey?: string, readonly secondaryKey?: string } }
}

const actions = {
  create: async ({ args, terminal }: Invocation, id: string): Promise<void> => {
    const status = args.flag('disabled') ? 'disabled' : 'enabled'
    const thumbprint = args.text('thumbprint')
    const authentication = thumbprint === undefined
      ? { type: 'sas', symmetricKey: { primaryKey: '', secondaryKey: '' } }
      : { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: thumbprint, secondaryThumbprint: args.text('thumbprint2') ?? thumbprint } }
    const { body } = await callHub(hubAddress(args), { method: 'PUT', path: ['devices', id], body: { deviceId: id, status, authentication } })
    printDocument(terminal, args, withoutKeys(body as Identity))
  },
  list: async ({ args, terminal }: Invocation): Promise<void> => {
    const { body } = await callHub(hubAddress(args), { method: 'GET', path: ['devices', ''] })
    for (const identity of body as Identity[]) {
      const { deviceId, status, connectionState, lastActivityTime, authentication: { type } } = identity
      terminal.print(args.json
        ? `${JSON.stringify(withoutKeys(identity))}\n`
        : `${deviceId.padEnd(32)} ${status.padEnd(9)} ${connectionState.padEnd(13)} ${type.padEnd(20)} ${lastActivityTime}\n`)
    }
  },
  show: async ({ args, terminal }: Invocation, id: string): Promise<void> => {
    const address = hubAddress(args)
    const { body } = await callHub(address, { method: 'GET', path: ['devices', id] })
    const identity = body as Identity
    printDocument(terminal, args, args.flag('connection-string') ? { connectionString: connectionStringOf(address.host, identity) } : withoutKeys(identity))
  },
  delete: async ({ args, terminal }: Invocation, id: string): Promise<void> => {
    await callHub(hubAddress(args), { method: 'DELETE', path: ['devices', id], headers: { 'if-match': '*' } })
    terminal.print(args.json ? `${JSON.stringify({ deviceId: id, deleted: true })}\n` : `deleted ${id}, its twin and its queue\n`)
  },
  // Async like the others; it asks no hub.
  key: async ({ args, terminal }: Invocation, id: string): Promise<void> => {
    const registrationId = id.toLowerCase()
    if (!/^[a-z0-9\-._:]{1,128}$/.test(registrationId)) throw new CliError(`'${id}' is no registration id: 1 to 128 letters, digits and - . _ :`)
    const groupKey = secretText({ source: args.text('group-key'), variable: groupKeyVariable, what: 'the group\'s key' })
    // 64 bytes are the most that a device takes (native/core/connection.h).
    const bytes = Buffer.from(groupKey, 'base64')
    if (bytes.length === 0 || bytes.length > 64 || bytes.toString('base64') !== groupKey) throw new CliError('the group\'s key is not 1 to 64 bytes of base64')
    const key = derivedKey(groupKey, registrationId)
    terminal.print(args.json ? `${JSON.stringify({ registrationId, key })}\n` : `${key}\n`)
  },
} as const satisfies Record<string, (invocation: Invocation, id: string) => Promise<void>>

type Action = keyof typeof actions

const groupKeyVariable = 'TINYTWIN_GROUP_KEY'

// Keys are shown only where they are asked for.
function withoutKeys(identity: Identity): object {
  const { symmetricKey: _, ...authentication } = identity.authentication
  return { ...identity, authentication }
}

function connectionStringOf(host: string, { deviceId, authentication: { type, symmetricKey } }: Identity): string {
  const key = symmetricKey?.primaryKey
  if (!key) throw new CliError(`device '${deviceId}' has no key: it is of type '${type}'`)
  return `HostName=${host};DeviceId=${deviceId};SharedAccessKey=${key}`
}

export const deviceCommand: Command = {
  name: 'device',
  summary: 'Creates, lists, shows and deletes devices of a hub; derives keys.',
  doc: 'Works on the device identities of a running hub: the local one, or a real Azure IoT Hub by its connection string. Deleting a device deletes its twin and its queue with it. key asks no hub: it prints the key that a device of an enrollment group of DPS derives from the group\'s for its registration id.',
  arguments: [
    { name: 'ACTION', doc: `One of ${Object.keys(actions).join(', ')}.` },
    { name: 'ID', doc: 'The device id; for all but list. key: the registration id.', optional: true },
  ],
  options: [
    { name: 'disabled', doc: 'create: The device may not connect.' },
    { name: 'thumbprint', value: 'HEX', doc: 'create: Of the device\'s self-signed certificate; without it the hub makes keys.' },
    { name: 'thumbprint2', value: 'HEX', doc: 'create: Of its second certificate. Default: the first\'s.' },
    { name: 'connection-string', doc: 'show: The connection string, which holds the key, instead of the identity. A port other than 8883 is to be added.' },
    { name: 'group-key', value: 'FILE', doc: `key: A file with the group's key in base64; - reads it from stdin. Without it the environment variable ${groupKeyVariable} holds it: a command line can be read by every process.` },
    ...addressOptions,
  ],
  examples: [['device create grinder-1', 'A new device with keys.'], ['device show grinder-1 --connection-string', 'What the device needs.'], ['device list --json', 'One a line.'], ['device key sn-007 --group-key group.key', 'What goes into its connection string as SharedAccessKey.']],
  run: async (invocation) => {
    const [word = '', id] = invocation.args.positionals
    if (!Object.hasOwn(actions, word)) throw new CliError(`there is no action '${word}' (actions: ${Object.keys(actions).join(', ')}).${suggestion(word, Object.keys(actions))}`)
    const action = word as Action
    if (action !== 'list' && id === undefined) throw new CliError(`device ${action}: ID is missing`)
    await actions[action](invocation, id ?? '')
    return 0
  },
}
