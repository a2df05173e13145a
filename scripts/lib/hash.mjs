// Hashes files and folders by content, and keeps stamps that say which inputs an output was made from.

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

export function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Every file under `folder`, sorted; empty when there is no such folder. `skip` takes a folder's path. */
export function filesUnder(folder, { skip = () => false } = {}) {
  if (!existsSync(folder)) return []
  const found = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!skip(path)) found.push(...filesUnder(path, { skip }))
    } else if (entry.isFile()) {
      found.push(path)
    }
  }
  return found.sort()
}

/** One hash over names and contents, so that a rename counts as a change. Absent files are skipped. */
export function hashFiles(root, files, salt = '') {
  const hash = createHash('sha256').update(salt)
  for (const file of files) {
    if (existsSync(file)) hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

export function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}

export function writeStamp(file, value) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, `${value}\n`)
  renameSync(`${file}.new`, file)
}

/** Removed before the work begins, so that interrupted work is done again. */
export function dropStamp(file) {
  rmSync(file, { force: true })
}
