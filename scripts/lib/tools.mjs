// Finds the programs set-up cannot install by itself and names the command that does.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SetupError } from './error.mjs'

// Program → the Debian package that has it.
const REQUIRED = {
  cmake: 'cmake',
  make: 'make',
  gcc: 'gcc',
  'g++': 'g++',
  tar: 'tar',
  gzip: 'gzip',
  bzip2: 'bzip2',
  patch: 'patch',
}

/** Throws one message naming every missing tool and the one command that installs them all. */
export function requireTools({ path = process.env.PATH ?? '', asRoot = process.getuid?.() === 0 } = {}) {
  const missing = Object.keys(REQUIRED).filter((tool) => !onPath(tool, path))
  if (missing.length === 0) return
  const packages = missing.map((tool) => REQUIRED[tool]).join(' ')
  const how = onPath('apt-get', path)
    ? `Install with: ${asRoot ? '' : 'sudo '}apt-get install -y ${packages}`
    : `Install them with the system's package manager (on Debian: ${packages})`
  throw new SetupError(`missing ${missing.length === 1 ? 'tool' : 'tools'}: ${missing.join(', ')}. ${how}`)
}

export function onPath(tool, path = process.env.PATH ?? '') {
  return path.split(delimiter).some((folder) => isExecutable(join(folder, tool)))
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
