// Files that are either the old one or the new one, never half of it; it knows no contents.

import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** What a crash may leave beside a file; the next one is written over it. */
const UNFINISHED_SUFFIX = '.new'

/** Returns when the file would survive a power cut. */
export function writeWhole(path: string, text: string, mode: number): void {
  const unfinished = `${path}${UNFINISHED_SUFFIX}`
  const file = openSync(unfinished, 'w', mode)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(unfinished, path)
  syncFolder(dirname(path))
}

/** A rename or a removal is kept once the folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
