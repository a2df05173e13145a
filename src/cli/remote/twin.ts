/** `tinytwin twin`, `method` and `query`: what a service asks of devices over REST. */

import { CliError, type Command } from '../command.js'
import { addressOptions, hubAddress } from './address.js'
import { jsonOption, printDocument } from './json.js'
import { callHub } from './rest.js'

function required(positionals: readonly string[], ...names: readonly string[]): string[] {
  return names.map((name, at) => {
    const value = positionals[at]
    if (value === undefined) throw new CliError(`${name} is missing`)
    return value
  })
}

export const twinCommand: Command = {
  name: 'twin',
  summary: 'Shows or changes the twin of a device.',
  doc: 'Prints the twin. With --desired or --tags it is changed first: members are merged, null removes one.',
  arguments: [{ name: 'ID', doc: 'The device id, or DEVICE/MODULE.' }],
  options: [
    { name: 'desired', value: 'JSON', doc: 'Patch of the desired properties.' },
    { name: 'tags', value: 'JSON', doc: 'Patch of the tags.' },
    ...addressOptions,
  ],
  examples: [['twin grinder-1', 'The whole twin.'], ['twin grinder-1 --desired \'{"targetTemperature":90}\'', 'The device hears of it at once.']],
  run: async ({ args, terminal }) => {
    const [id = ''] = required(args.positionals, 'ID')
    const desired = jsonOption(args, 'desired')
    const tags = jsonOption(args, 'tags')
    const address = hubAddress(args)
    const patch = { ...(desired === undefined ? {} : { properties: { desired } }), ...(tags === undefined ? {} : { tags }) }
    const { body } = await callHub(address, Object.keys(patch).length === 0
      ? { method: 'GET', path: twinPath(id) }
      : { method: 'PATCH', path: twinPath(id), body: patch, headers: { 'if-match': '*' } })
    printDocument(terminal, args, body)
    return 0
  },
}

function twinPath(id: string): string[] {
  const [device = '', module] = id.split('/')
  return module === undefined ? ['twins', device] : ['twins', device, 'modules', module]
}

const longestMs = 300_000

export const methodCommand: Command = {
  name: 'method',
  summary: 'Invokes a direct method of a device.',
  doc: 'Prints the device\'s answer, {"status":…,"payload":…}. The exit code is 0 whatever the status says; it is 1 when the device is not there or does not answer.',
  arguments: [{ name: 'ID', doc: 'The device id, or DEVICE/MODULE.' }, { name: 'NAME', doc: 'The method.' }],
  options: [
    { name: 'payload', value: 'JSON', doc: 'What the method gets. Default: null.' },
    { name: 'timeout', value: 'DURATION', doc: 'Longest wait for the answer, 5s to 5m. Default: 30s.' },
    { name: 'wait', value: 'DURATION', doc: 'Longest wait for the device to come online, up to 5m. Default: 0s.' },
    ...addressOptions,
  ],
  examples: [['method grinder-1 brew', 'Without a payload.'], ['method grinder-1 reboot --payload \'{"delay":5}\'', 'With one.']],
  run: async ({ args, terminal }) => {
    const [id = '', methodName = ''] = required(args.positionals, 'ID', 'NAME')
    const payload = jsonOption(args, 'payload') ?? null
    const timeoutMs = args.span('timeout') ?? 30_000
    const waitMs = args.span('wait') ?? 0
    if (timeoutMs < 5_000 || timeoutMs > longestMs) throw new CliError('--timeout: 5s to 5m')
    if (waitMs > longestMs) throw new CliError('--wait: at most 5m')
    const { body } = await callHub(hubAddress(args), {
      method: 'POST', path: [...twinPath(id), 'methods'],
      body: { methodName, payload, responseTimeoutInSeconds: Math.round(timeoutMs / 1000), connectTimeoutInSeconds: Math.round(waitMs / 1000) },
    })
    printDocument(terminal, args, body)
    return 0
  },
}

export const queryCommand: Command = {
  name: 'query',
  summary: 'Asks a hub in its query language.',
  doc: 'Prints what matches, one JSON object a line, page after page.',
  arguments: [{ name: 'TEXT', doc: 'Such as "SELECT deviceId FROM devices WHERE properties.reported.brewing = true".' }],
  options: [
    { name: 'most', value: 'NUMBER', doc: 'Stop after so many. Default: all.' },
    ...addressOptions,
  ],
  examples: [['query "SELECT * FROM devices"', 'Every twin.'], ['query "SELECT COUNT() AS n FROM devices WHERE connectionState = \'Connected\'"', 'How many are here.']],
  run: async ({ args, terminal }) => {
    const [query = ''] = required(args.positionals, 'TEXT')
    const most = args.whole('most', { min: 1, max: 1_000_000_000 }) ?? Infinity
    const address = hubAddress(args)
    let left = most
    let continuation: string | undefined
    do {
      const { body, headers } = await callHub(address, {
        method: 'POST', path: ['devices', 'query'], body: { query },
        headers: { 'x-ms-max-item-count': String(Math.min(left, 100)), ...(continuation === undefined ? {} : { 'x-ms-continuation': continuation }) },
      })
      const items = body as unknown[]
      for (const item of items.slice(0, left)) terminal.print(`${JSON.stringify(item)}\n`)
      left -= items.length
      continuation = headers['x-ms-continuation'] as string | undefined
    } while (continuation !== undefined && left > 0)
    return 0
  },
}
