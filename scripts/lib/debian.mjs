// Downloads one file of a Debian source package, or a binary package, through apt, with a private state: no root, the system's own apt untouched.

import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './error.mjs'
import { capture, run } from './run.mjs'
import { onPath } from './tools.mjs'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const DEBIAN_SUITE = /^(bullseye|bookworm|trixie|forky|sid|oldstable|stable|testing|unstable)(-updates|-backports)?$/

/** Puts `source.file` of the package's newest revision of `source.upstreamVersion` at `target`. */
export async function fetchDebianSource({ source, target, workDir, logDir, aptEtc }) {
  await withPrivateApt({ type: 'deb-src', source, target, workDir, logDir, aptEtc }, async (options) => {
    const listing = await capture('apt-cache', [...options, 'showsrc', '--only-source', source.source], { cwd: workDir })
    const wanted = `${source.source}=${pickRevision(listing, source)}`
    await run('apt-get', [...options, '--download-only', '--only-source', 'source', wanted],
      { cwd: workDir, log: join(logDir, 'apt-source.log'), shown: `apt-get source ${wanted}` })
  })
}

/** Puts the binary package `source.package` of exactly `source.version` at `target`. */
export async function fetchDebianPackage({ source, target, workDir, logDir, aptEtc }) {
  await withPrivateApt({ type: 'deb', source, target, workDir, logDir, aptEtc }, async (options) => {
    const wanted = `${source.package}=${source.version}`
    await run('apt-get', [...options, 'download', wanted], { cwd: workDir, log: join(logDir, 'apt-download.log'), shown: `apt-get download ${wanted}` })
  })
}

// `download` leaves source.file in workDir.
async function withPrivateApt({ type, source, target, workDir, logDir, aptEtc = '/etc/apt' }, download) {
  if (!onPath('apt-get') || !onPath('apt-cache')) throw new SetupError('this machine has no apt')
  const mirrors = debianMirrors(readSourceLists(aptEtc))
  if (mirrors.length === 0) throw new SetupError(`no Debian mirror is named in ${aptEtc}/sources.list or sources.list.d`)
  const options = privateApt(workDir, type, source.suite, mirrors[0])
  try {
    await run('apt-get', [...options, 'update'], { cwd: workDir, log: join(logDir, 'apt-update.log'), shown: 'apt-get update' })
    await download(options)
    const file = join(workDir, source.file)
    if (!existsSync(file)) throw new SetupError(`what came of ${source.source ?? source.package} has no file ${source.file}`)
    renameSync(file, target)
  } finally {
    rmSync(workDir, { recursive: true, force: true })
  }
}

/** The newest Debian revision of the pinned upstream version; throws with what is offered and how to re-pin. */
export function pickRevision(listing, { suite, source, upstreamVersion }) {
  const offered = [...listing.matchAll(/^Version: (\S+)$/gm)].map((match) => match[1])
  const revision = offered.findLast((version) => upstreamOf(version) === upstreamVersion)
  if (revision !== undefined) return revision
  const instead = offered.length === 0 ? 'nothing' : offered.join(', ')
  throw new SetupError(`Debian ${suite} offers ${instead} for source package '${source}', not upstream ${upstreamVersion}. ` +
    "To re-pin, set version, upstreamVersion, file and sha256 of its entry in native/third_party.json")
}

// [epoch:]upstream[-revision]
function upstreamOf(version) {
  return version.replace(/^\d+:/, '').replace(/-[^-]*$/, '')
}

/** The mirror URIs of Debian's main archive in apt's source lists, deb822 or one-line, in order. */
export function debianMirrors(lists) {
  const uris = lists.flatMap(({ name, text }) => name.endsWith('.sources') ? deb822(text) : oneLine(text))
  return [...new Set(uris)]
}

function deb822(text) {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'mi').exec(stanza)?.[1]?.trim().split(/\s+/) ?? []
    const off = field('Enabled')[0]?.toLowerCase() === 'no'
    return !off && field('Suites').some(isDebian) && field('Components').includes('main') ? field('URIs') : []
  })
}

function oneLine(text) {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line)
    if (match === null) return []
    const [, uri, suite, components] = match
    return !uri.startsWith('cdrom:') && isDebian(suite) && components.split(/\s+/).includes('main') ? [uri] : []
  })
}

function isDebian(suite) {
  return DEBIAN_SUITE.test(suite)
}

function readSourceLists(etc) {
  const parts = join(etc, 'sources.list.d')
  const files = existsSync(parts) ? readdirSync(parts).sort().map((name) => join(parts, name)) : []
  return [join(etc, 'sources.list'), ...files]
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .map((name) => ({ name, text: readFileSync(name, 'utf8') }))
}

function privateApt(workDir, type, suite, uri) {
  rmSync(workDir, { recursive: true, force: true })
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(workDir, folder), { recursive: true })
  const signed = existsSync(KEYRING) ? `Signed-By: ${KEYRING}\n` : ''
  const list = join(workDir, 'private.sources')
  writeFileSync(list, `Types: ${type}\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\n${signed}`)
  const settings = {
    'Dir::Etc::sourcelist': list,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::State::lists': join(workDir, 'lists'),
    'Dir::Cache': join(workDir, 'cache'),
    'APT::Update::Error-Mode': 'any',
    ...(process.getuid?.() === 0 ? { 'APT::Sandbox::User': 'root' } : {}),
  }
  return Object.entries(settings).map(([key, value]) => `-o${key}=${value}`)
}
