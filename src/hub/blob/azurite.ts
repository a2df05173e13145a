// Azurite's blob service in a child process, if it is installed: the blob endpoint of a hub that was given none. It knows no hub.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Authority } from '../authority.js'

export interface AzuriteOptions {
  readonly host: string
  /** 0, a free one, if not given; devices keep no URL, so it may change. */
  readonly port?: number
  /** Issues its certificate: whoever trusts the hub trusts it. */
  readonly authority: Authority
  /** Keeps the blobs and the account's key; without it both end with the process. */
  readonly folder?: string
}

export interface Azurite extends AsyncDisposable {
  /** For blobContainer; holds the account's key. */
  readonly connectionString: string
}

const ACCOUNT = 'files'
const KEY_BYTES = 64
const MAX_SAID_CHARS = 2000

async function keyIn(folder: string): Promise<string> {
  const path = join(folder, 'account-key')
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') { throw error }
  }
  const key = randomBytes(KEY_BYTES).toString('base64')
  await writeFile(path, key, { mode: 0o600 })
  return key
}

function installed(): string {
  try {
    return fileURLToPath(import.meta.resolve('azurite/dist/src/blob/main.js'))
  } catch (cause) {
    throw new Error('azurite is not installed. Run npm install azurite, or give a storage connection string', { cause })
  }
}

/** Resolves when it accepts connections; rejects with what Azurite said if it ends before. */
export async function startAzurite({ host, port = 0, authority, folder }: AzuriteOptions): Promise<Azurite> {
  const main = installed()
  const secrets = await mkdtemp(join(tmpdir(), 'azurite-'))
  if (folder !== undefined) { await mkdir(folder, { recursive: true, mode: 0o700 }) }
  const key = folder === undefined ? randomBytes(KEY_BYTES).toString('base64') : await keyIn(folder)
  const { certPem, keyPem } = await authority.issueServer({ hosts: [host] })
  await writeFile(join(secrets, 'cert.pem'), certPem)
  await writeFile(join(secrets, 'key.pem'), keyPem, { mode: 0o600 })
  const child = spawn(process.execPath, [
    main, '--blobHost', host, '--blobPort', String(port), '--cert', join(secrets, 'cert.pem'), '--key', join(secrets, 'key.pem'),
    // the device SDK's storage client sends headers that strict mode refuses
    '--loose', '--skipApiVersionCheck',
    ...(folder === undefined ? ['--inMemoryPersistence'] : ['--location', folder])
  ], { env: { ...process.env, AZURITE_ACCOUNTS: `${ACCOUNT}:${key}` }, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<void>((resolve) => { child.once('close', () => resolve()) })
  const end = async (): Promise<void> => {
    child.kill()
    await ended
    await rm(secrets, { recursive: true, force: true })
  }
  try {
    const url = await listening(child)
    return { connectionString: `DefaultEndpointsProtocol=https;AccountName=${ACCOUNT};AccountKey=${key};BlobEndpoint=${url}/${ACCOUNT}`, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}

function listening(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    // read to the end, or it would stop at a full pipe
    const hear = (bytes: Buffer): void => {
      if (said.length > MAX_SAID_CHARS) { return }
      said += bytes.toString()
      const found = /successfully listens on (https:\S+)/.exec(said)
      if (found !== null) { resolve(found[1]!) }
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('error', reject)
    child.once('close', () => reject(new Error(`Azurite ended before it listened: ${said.trim()}`)))
  })
}
