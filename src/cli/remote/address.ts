/** Which hub a command speaks to, and as whom: a connection string, or what `tinytwin hub` left in its data folder. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CliError, type Arguments, type Option } from '../command.js'

export interface HubAddress {
  readonly host: string
  /** HTTPS, and AMQP as well. */
  readonly port: number
  readonly policy: string
  /** Base64; a secret. */
  readonly key: string
  /** PEM; absent means the system's roots. */
  readonly ca?: string
}

/** In the data folder while a hub runs; holds the key of a policy, hence readable by its owner only. */
export const addressFile = 'hub.json'

const defaultData = '.tinytwin/hub'
const variable = 'TINYTWIN_HUB'

export const addressOptions: readonly Option[] = [
  { name: 'login', value: 'STRING', doc: `Connection string of the hub, HostName=…;SharedAccessKeyName=…;SharedAccessKey=…; better given as ${variable} in the environment, which other users cannot read.` },
  { name: 'ca', value: 'FILE', doc: 'Certificate authority of that hub, PEM. Default: the system\'s.' },
  { name: 'data', value: 'DIR', doc: `Without a connection string: the data folder of a running 'tinytwin hub'. Default: ${defaultData}.` },
]

/** Throws CliError without repeating the key. */
export function hubAddress(args: Arguments): HubAddress {
  const login = args.text('login') ?? process.env[variable]
  if (login !== undefined) return parsed(login, args.text('ca'))
  const folder = args.text('data') ?? defaultData
  const file = join(folder, addressFile)
  if (!existsSync(file)) {
    throw new CliError(`no hub runs in '${folder}'. Start one with: tinytwin hub${folder === defaultData ? '' : ` --data ${folder}`}; or give another with --data, or its connection string in ${variable}`)
  }
  try {
    const { service, ca } = JSON.parse(readFileSync(file, 'utf8')) as { service: string, ca: string }
    return parsed(service, ca)
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`'${file}' cannot be read (${(error as Error).name}); start the hub again`, { cause: error })
  }
}

function parsed(connectionString: string, caFile: string | undefined): HubAddress {
  const fields = new Map(connectionString.split(';').filter((pair) => pair !== '').map((pair): [string, string] => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, Math.max(equals, 0)), pair.slice(equals + 1)]
  }))
  const host = /^([^:\s]+)(?::(\d{1,5}))?$/.exec(fields.get('HostName') ?? '')
  const policy = fields.get('SharedAccessKeyName')
  const key = fields.get('SharedAccessKey')
  if (host === null || !policy || !key) {
    throw new CliError('the connection string must be HostName=…;SharedAccessKeyName=…;SharedAccessKey=… of a service policy such as iothubowner')
  }
  return { host: host[1] ?? '', port: Number(host[2] ?? 443), policy, key, ...(caFile === undefined ? {} : { ca: readCa(caFile) }) }
}

function readCa(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError(`the certificate authority '${file}' cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
}
