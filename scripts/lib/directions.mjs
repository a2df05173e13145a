// Who may depend on whom, by folder; reads import and include lines and knows nothing of what the code does.

import { readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { filesUnder } from './hash.mjs'

/**
 * For each folder the folders of ours it may name besides itself. The longest matching folder decides;
 * a file in a folder that is not listed here may name nothing of ours outside it.
 */
export const allowed = {
  'assembly/apps': ['assembly/sdk'],
  'assembly/sdk': [],
  'native/port': [],
  'native/core': ['native/port'],
  'native/engine': ['native/core', 'native/port'],
  'native/port/sim': ['native/port', 'native/core'],
  'native/port/sockets': ['native/port'], // of the ports whose system has BSD sockets
  'native/port/posix': ['native/port', 'native/core', 'native/port/sockets'],
  'native/port/esp_idf': ['native/port', 'native/port/mcu', 'native/port/sockets'],
  'native/port/mcu': ['native/port'], // what the ports of microcontrollers share
  'native/port/freertos': ['native/port', 'native/port/mcu'],
  'native/port/lwip': ['native/port'],
  'native/port/esp_at': ['native/port'],
  'native/port/stm32': ['native/port'],
  'native/port/qemu_stm32': ['native/port', 'native/port/stm32'],
  'native/port/qemu': ['native/port'], // what the emulated machines share
  'native/port/qemu_mps2': ['native/port', 'native/port/qemu'],
  'native/port/bare': ['native/port', 'native/port/mcu'],
  'native/port/qemu_rv32': ['native/port', 'native/port/qemu'],
  'native/port/template': ['native/port', 'native/core'],
  'native/port/contract': ['native/port', 'native/core'],
  'native/addon': ['native/core', 'native/port', 'native/port/sim', 'native/engine'],
  'native/main': ['native/core', 'native/port', 'native/engine', 'native/port/posix', 'native/port/mcu', 'native/port/lwip', 'native/port/esp_at', 'native/port/stm32', 'native/port/qemu_stm32', 'native/port/qemu', 'native/port/qemu_mps2', 'native/port/qemu_rv32', 'native/port/esp_idf'],
  'native/test': ['native/core', 'native/port', 'native/engine', 'native/port/sim', 'native/port/posix', 'native/port/template', 'native/port/contract', 'native/port/mcu', 'native/port/lwip', 'native/port/esp_at', 'native/port/stm32'],
  'native/fuzz': ['native/core', 'native/port', 'native/port/esp_at'],
  'src/abi': [],
  'src/board': ['src/abi'],
  'src/model': ['src/board'],
  'src/build': ['src/abi', 'src/board', 'src/model'],
  'src/sim': ['src/abi', 'src/board', 'src/build', 'src/hub'],
  'src/hub': [],
  'src/cli': ['src/abi', 'src/board', 'src/build', 'src/model', 'src/sim', 'src/hub', 'src/firmware', 'src/flash'],
  'src/flash': ['src/board', 'src/build', 'src/firmware'],
  'src/firmware': ['src/board', 'src/build'],
  'src/bench': ['src/board', 'src/build', 'src/sim', 'src/hub', 'src/firmware'],
}

/** Core sees the contracts of native/port, never a port. */
const roomOf = (path) => {
  const folder = dirname(path)
  const rooms = Object.keys(allowed).filter((room) => folder === room || folder.startsWith(room + '/'))
  return rooms.toSorted((a, b) => b.length - a.length)[0]
}

const importLine = /^\s*(?:import|export)\b[^'"]*?\bfrom\s*['"](\.[^'"]+)['"]|^\s*import\s*(?:\(\s*)?['"](\.[^'"]+)['"]/gm
const includeLine = /^\s*#\s*include\s+"([^"]+)"/gm

/** The sentences that tell of each forbidden dependency of the given source. `path` is relative to the root, with slashes. */
export function violationsIn(path, text, { exists = () => true } = {}) {
  const room = roomOf(path)
  if (room === undefined) return []
  const targets = path.endsWith('.ts')
    ? [...text.matchAll(importLine)].map((match) => join(dirname(path), match[1] ?? match[2]))
    : [...text.matchAll(includeLine)].map((match) => join(dirname(path), match[1]))
  return targets.map((target) => normalize(target).split(sep).join('/')).flatMap((target) => {
    if (!path.endsWith('.ts') && !exists(target)) return [] // a system or third-party header
    const other = roomOf(target)
    if (other === room || (other !== undefined && allowed[room].includes(other))) return []
    if (other === undefined && !/^(assembly|native|src)\//.test(target)) {
      return target.startsWith('..') || path.startsWith('src/') ? [`${path} reaches ${target}, outside src`] : []
    }
    return [`${path} names ${target}: ${room} may name ${[room, ...allowed[room]].join(', ')} only`]
  })
}

/** Every forbidden dependency in the checkout. */
export function violations(root) {
  const folders = ['assembly', 'native', 'src'].map((name) => join(root, name))
  const skip = (folder) => ['native/third_party', 'native/patches'].includes(slashed(root, folder))
  const files = folders.flatMap((folder) => filesUnder(folder, { skip })).filter((file) => /\.(ts|c|h)$/.test(file))
  const known = new Set(files.map((file) => slashed(root, file)))
  return files.flatMap((file) => violationsIn(slashed(root, file), readFileSync(file, 'utf8'), { exists: (path) => known.has(path) }))
}

const slashed = (root, path) => relative(root, path).split(sep).join('/')
