// Third-party C sources: fetched, verified, unpacked and patched as native/third_party.json says, and in no other way.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fetchDebianPackage, fetchDebianSource } from './debian.mjs'
import { SetupError } from './error.mjs'
import { filesUnder, hashFiles, readStamp, sha256, writeStamp } from './hash.mjs'
import { capture, run } from './run.mjs'

const STAMP = '.stamp'

/** The entries of native/third_party.json. */
export function readThirdParty(root) {
  const file = join(root, 'native', 'third_party.json')
  if (!existsSync(file)) return []
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new SetupError(`native/third_party.json is not JSON: ${cause.message}`, { cause })
  }
}

/** What an unpacked source depends on: its description and its patches. The stamp inside its folder holds this. */
export function sourceHash(root, entry) {
  return hashFiles(root, patchesOf(root, entry), JSON.stringify(entry))
}

export function sourceIsCurrent(root, entry) {
  return readStamp(join(folderOf(root, entry), STAMP)) === sourceHash(root, entry)
}

/**
 * Makes native/third_party/<name> anew. The folder appears whole, by a rename, or not at all.
 * `local` is a folder of tarballs that is looked at first (TINYTWIN_SOURCES).
 * @param {string} root
 * @param {object} entry
 * @param {{ local?: string, aptEtc?: string }} [options]
 */
export async function installSource(root, entry, { local = process.env.TINYTWIN_SOURCES, aptEtc } = {}) {
  const logDir = join(root, 'build', 'setup', 'log')
  const tarball = await obtain(root, entry, { local, logDir, aptEtc })
  const parent = join(root, 'native', 'third_party')
  const target = folderOf(root, entry)
  sweep(parent, entry.name)
  const fresh = join(parent, `.new-${entry.name}`)
  mkdirSync(fresh, { recursive: true })
  await unpack(tarball, entry, fresh, logDir)
  for (const patch of patchesOf(root, entry)) await applyPatch(patch, fresh, logDir)
  writeFileSync(join(fresh, 'NOTICE.tinytwin'), notice(entry))
  writeStamp(join(fresh, STAMP), sourceHash(root, entry))
  if (existsSync(target)) renameSync(target, join(parent, `.old-${entry.name}`))
  renameSync(fresh, target)
  sweep(parent, entry.name)
}

/** Throws with both hashes when the file is not the pinned one. */
export function verify(file, entry) {
  const bytes = readFileSync(file)
  const got = sha256(bytes)
  if (got !== entry.sha256) {
    throw new SetupError(`${basename(file)} is not ${entry.name} ${entry.version}: its SHA-256 is ${got}, ` +
      `native/third_party.json pins ${entry.sha256}. It was not used.`)
  }
  const { integrity } = entry.source
  if (integrity !== undefined && integrity !== `sha512-${createHash('sha512').update(bytes).digest('base64')}`) {
    throw new SetupError(`${basename(file)} does not have the pinned integrity ${integrity}. It was not used.`)
  }
}

async function obtain(root, entry, { local, logDir, aptEtc }) {
  const downloads = join(root, 'build', 'setup', 'downloads')
  mkdirSync(downloads, { recursive: true })
  const cached = join(downloads, `${entry.name}-${entry.sha256.slice(0, 16)}`)
  if (existsSync(cached) && sha256(readFileSync(cached)) === entry.sha256) return cached
  const given = local === undefined || local === '' ? null : findLocal(local, entry)
  const arriving = `${cached}.new`
  rmSync(arriving, { force: true })
  if (given !== null) {
    await copyFile(given, arriving)
  } else {
    await download(root, entry, { target: arriving, logDir, aptEtc })
  }
  try {
    verify(arriving, entry)
  } catch (error) {
    rmSync(arriving, { force: true })
    throw error
  }
  renameSync(arriving, cached)
  return cached
}

// By hash under any name; a file of the expected name with another hash is refused rather than passed over.
function findLocal(folder, entry) {
  if (!existsSync(folder)) throw new SetupError(`TINYTWIN_SOURCES names '${folder}', which does not exist`)
  const files = readdirSync(folder).map((name) => join(folder, name)).filter((file) => statSync(file).isFile())
  const match = files.find((file) => sha256(readFileSync(file)) === entry.sha256)
  if (match !== undefined) return match
  const named = files.find((file) => basename(file) === tarballName(entry))
  if (named !== undefined) verify(named, entry)
  return null
}

async function download(root, entry, { target, logDir, aptEtc }) {
  const workDir = join(root, 'build', 'setup', `fetch-${entry.name}`)
  try {
    switch (entry.source.kind) {
      case 'npm': return await packFromNpm(entry.source, { target, workDir })
      case 'debian-source': return await fetchDebianSource({ source: entry.source, target, workDir, logDir, aptEtc })
      case 'debian-package': return await fetchDebianPackage({ source: entry.source, target, workDir, logDir, aptEtc })
      default: throw new SetupError(`unknown source kind '${entry.source.kind}' in native/third_party.json`)
    }
  } catch (cause) {
    throw new SetupError(`cannot get ${entry.name} ${entry.version}: ${cause.message}\n` +
      `Or put ${tarballName(entry)} with SHA-256 ${entry.sha256} (upstream: ${entry.upstream}) ` +
      'in a folder and name that folder in TINYTWIN_SOURCES.', { cause })
  }
}

async function packFromNpm(source, { target, workDir }) {
  rmSync(workDir, { recursive: true, force: true })
  mkdirSync(workDir, { recursive: true })
  try {
    const spec = `${source.package}@${source.version}`
    const listing = await capture('npm', ['pack', spec, '--ignore-scripts', '--json', '--silent'], { cwd: workDir })
    renameSync(join(workDir, JSON.parse(listing)[0].filename), target)
  } finally {
    rmSync(workDir, { recursive: true, force: true })
  }
}

async function unpack(archive, { name, source, unpack: { from, paths } }, target, logDir) {
  const tarball = source.kind === 'debian-package' ? await tarballOf(archive, target, join(logDir, `unpack-${name}.log`)) : archive
  const strip = from.split('/').length + (source.kind === 'debian-package' ? 1 : 0)
  const members = paths.map((path) => `${source.kind === 'debian-package' ? './' : ''}${from}/${path}`)
  const args = ['-xf', tarball, '-C', target, `--strip-components=${strip}`, '--no-same-owner', ...members]
  await run('tar', args, { cwd: target, log: join(logDir, `unpack-${name}.log`) })
  rmSync(join(target, '.deb'), { recursive: true, force: true })
}

// A .deb is an archive of archives: the one with the files is taken out, and gone with `target`'s other scratch.
async function tarballOf(deb, target, log) {
  const folder = join(target, '.deb')
  mkdirSync(folder)
  await run('ar', ['x', '--output', folder, deb], { cwd: target, log })
  return join(folder, readdirSync(folder).find((name) => name.startsWith('data.tar')))
}

async function applyPatch(patch, target, logDir) {
  const log = join(logDir, `${basename(patch)}.log`)
  await run('patch', ['-p1', '-F0', '--force', '--no-backup-if-mismatch', '-i', patch], { cwd: target, log })
}

function patchesOf(root, { name }) {
  return filesUnder(join(root, 'native', 'patches', name)).filter((file) => file.endsWith('.patch'))
}

function folderOf(root, { name }) {
  return join(root, 'native', 'third_party', name)
}

function tarballName({ source }) {
  return source.kind === 'npm' ? `${source.package}-${source.version}.tgz` : source.file
}

function notice({ name, version, licence, holder, upstream }) {
  return `${name} ${version}\nLicence: ${licence}\nCopyright: ${holder}\nUpstream: ${upstream}\nPatched by native/patches/${name}.\n`
}

// What an interrupted set-up left behind.
function sweep(parent, name) {
  for (const prefix of ['.new-', '.old-']) rmSync(join(parent, `${prefix}${name}`), { recursive: true, force: true })
}
