/** `tinytwin trust`: roots that devices trust, signed into a bundle and brought to a device by a direct method. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { trustBundle, trustMethod, trustPieces, trustPublicKey } from '../firmware/index.js'
import { CliError, type Arguments, type Command } from './command.js'
import { writeFiles } from './files.js'
import { addressOptions, hubAddress } from './remote/address.js'
import { callHub } from './remote/rest.js'
import type { Terminal } from './terminal.js'

export const trustCommand: Command = {
  name: 'trust',
  summary: 'Makes a signed bundle of root certificates, or installs one on a device.',
  doc: 'A device with a trust partition and an update key takes new roots as data: a bundle with a version above all before, signed by that key (P-256). make writes one, install brings it to a device that is connected, which reconnects with it; roots that verify no server are given up after five attempts. key prints the public half that devices are given, in hex.',
  arguments: [{ name: 'ACTION', doc: 'make, install or key.' }, { name: 'FILE', doc: 'make: the bundle to write. install: the one to send. key: the private key, PEM.' }],
  options: [
    { name: 'root', value: 'FILE', repeat: true, doc: 'make: certificates of authorities, PEM. May be repeated.' },
    { name: 'version', value: 'NUMBER', doc: 'make: of the bundle; above that of every bundle before.' },
    { name: 'key', value: 'FILE', doc: 'make: the private key that signs, PEM.' },
    { name: 'device', value: 'ID', doc: 'install: the device.' },
    ...addressOptions,
  ],
  examples: [
    ['trust make r.bin --version 2 --key k.pem --root a.pem --root b.pem', 'Two roots.'],
    ['trust install r.bin --device grinder-1', 'Over the air.'],
  ],
  run: async ({ args, terminal }) => {
    const [action, file] = args.positionals
    if (file === undefined) throw new CliError('name a FILE')
    switch (action) {
      case 'make': return make(args, terminal, file)
      case 'install': return install(args, terminal, file)
      case 'key':
        terminal.print(`${Buffer.from(trustPublicKey(read(file).toString('utf8'))).toString('hex')}\n`)
        return 0
      default: throw new CliError(`'${action ?? ''}' is not make, install or key`)
    }
  },
}

function read(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new CliError(`'${file}' cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`, { cause: error })
  }
}

function make(args: Arguments, terminal: Terminal, file: string): number {
  const version = args.whole('version', { min: 1, max: 2 ** 32 - 1 })
  const key = args.text('key')
  if (version === undefined || key === undefined) throw new CliError('make wants --version and --key')
  const bundle = trustBundle({ version, roots: args.texts('root').map((root) => read(root).toString('utf8')), key: read(key).toString('utf8') })
  writeFiles([{ path: resolve(file), content: bundle, kind: 'trust' }])
  terminal.print(args.json ? `${JSON.stringify({ type: 'trust', version, bytes: bundle.length })}\n` : `${bundle.length} bytes, version ${version}\n`)
  return 0
}

async function install(args: Arguments, terminal: Terminal, file: string): Promise<number> {
  const device = args.text('device')
  if (device === undefined) throw new CliError('install wants --device')
  const bundle = read(file)
  if (bundle.toString('latin1', 0, 4) !== 'TTTB') throw new CliError(`'${file}' is no bundle of roots. One is made by: tinytwin trust make`)
  const address = hubAddress(args)
  let answer: unknown
  for (const payload of trustPieces(bundle)) {
    const { body } = await callHub(address, { method: 'POST', path: ['twins', device, 'methods'], body: { methodName: trustMethod, payload, responseTimeoutInSeconds: 60 } })
    const { status, payload: said } = body as { status: number, payload: { error?: string } }
    if (status !== 200) throw new CliError(`the device does not take the bundle: ${said.error ?? `status ${status}`}`)
    answer = said
  }
  terminal.print(`${JSON.stringify(answer)}\n`)
  return 0
}
