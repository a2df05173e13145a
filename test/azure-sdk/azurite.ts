// Azurite's blob service in a child process, on a free port with a certificate of the hub's authority.

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { Authority } from '../../src/hub/index.js'

export interface Azurite extends AsyncDisposable { readonly connectionString: string }

const ACCOUNT = 'files'
const KEY = Buffer.alloc(64, 0x5a).toString('base64')

export async function startAzurite(host: string, authority: Authority): Promise<Azurite> {
  const folder = await mkdtemp(join(tmpdir(), 'azurite-'))
  const { certPem, keyPem } = await authority.issueServer({ hosts: [host] })
  await writeFile(join(folder, 'cert.pem'), certPem)
  await writeFile(join(folder, 'key.pem'), keyPem)
  const main = fileURLToPath(import.meta.resolve('azurite/dist/src/blob/main.js'))
  const child = spawn(process.execPath, [
    main, '--blobHost', host, '--blobPort', '0', '--inMemoryPersistence', '--skipApiVersionCheck',
    '--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')
  ], { env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${KEY}` }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => { child.once('exit', () => resolve()) })
  const url = await new Promise<string>((resolve, reject) => {
    let said = ''
    const hear = (bytes: Buffer): void => {
      said += bytes.toString()
      const found = /successfully listens on (https:\S+)/.exec(said)
      if (found !== null) { resolve(found[1]!) }
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', () => reject(new Error(`Azurite ended: ${said}`)))
  })
  return {
    connectionString: `DefaultEndpointsProtocol=https;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${url}/${ACCOUNT}`,
    async [Symbol.asyncDispose]() {
      child.kill()
      await ended
      await rm(folder, { recursive: true })
    }
  }
}
