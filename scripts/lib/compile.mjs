// Compiles the host TypeScript and the native addon into build/, each only when its inputs changed.

import { existsSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { dropStamp, filesUnder, hashFiles, readStamp, writeStamp } from './hash.mjs'
import { run } from './run.mjs'
import { readThirdParty, sourceHash } from './sources.mjs'

/** Where the addon is after set-up. */
export function addonPath(root) {
  return join(root, 'build', 'native', 'Release', 'tinytwin.node')
}

export function hostIsCurrent(root) {
  const files = hostFiles(root)
  return files.length === 0 || (existsSync(hostOut(root)) && readStamp(hostStamp(root)) === hostHash(root))
}

export async function compileHost(root, log) {
  const hash = hostHash(root)
  dropStamp(hostStamp(root))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  await run(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: root, log })
  removeOrphans(root)
  writeStamp(hostStamp(root), hash)
}

export function addonIsCurrent(root) {
  if (addonFiles(root).length === 0) return true
  return existsSync(addonPath(root)) && readStamp(addonStamp(root)) === addonHash(root)
}

export async function compileAddon(root, log) {
  const hash = addonHash(root)
  dropStamp(addonStamp(root))
  const out = join(root, 'build', 'native')
  // A configuration that was cut off leaves a cache and nothing to build from.
  const configured = ['build.ninja', 'Makefile'].some((name) => existsSync(join(out, name)))
  if (!configured) rmSync(join(out, 'CMakeCache.txt'), { force: true })
  const cmakeJs = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js')
  // 'build' rather than 'compile', which answers an error by building everything once more.
  const args = ['build', '-d', 'native', '--out', out, '--config', 'Release', '-p', '2']
  await run(process.execPath, [cmakeJs, ...args, '--target', 'tinytwin'], { cwd: root, log })
  writeStamp(addonStamp(root), hash)
}

function hostFiles(root) {
  return filesUnder(join(root, 'src'))
}

function hostHash(root) {
  return hashFiles(root, [...hostFiles(root), join(root, 'tsconfig.json'), join(root, 'package-lock.json')])
}

function hostOut(root) {
  return join(root, 'build', 'host')
}

function hostStamp(root) {
  return join(root, 'build', 'setup', 'host.stamp')
}

// A module whose source is gone must not stay importable.
function removeOrphans(root) {
  for (const file of filesUnder(hostOut(root))) {
    const stem = join(root, 'src', relative(hostOut(root), file)).replace(/\.js(\.map)?$/, '')
    const known = ['', '.ts', '.tsx'].some((end) => existsSync(stem + end))
    if (!known) rmSync(file)
  }
}

function addonFiles(root) {
  return filesUnder(join(root, 'native', 'addon')).filter((file) => file.endsWith('.c'))
}

function addonHash(root) {
  const native = join(root, 'native')
  const outside = ['third_party', 'patches', 'test', 'fuzz'].map((name) => join(native, name))
  const files = filesUnder(native, { skip: (folder) => outside.includes(folder) })
  const third = readThirdParty(root).map((entry) => sourceHash(root, entry))
  return hashFiles(root, files, [process.platform, process.arch, ...third].join('\n'))
}

function addonStamp(root) {
  return join(root, 'build', 'setup', 'addon.stamp')
}
