/** Writes the C tables of the boards that the POSIX main can be, or with `--check` says that they differ. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadBoard } from './board.js'
import { boardsSource } from './emit_c.js'
import { projectRoot } from './root.js'

const path = 'native/main/posix/boards.gen.c'

/** The first is what the main is unless told otherwise. */
export const posixBoards = ['host', 'coffee-rev-a']

export function boardsFile(): { path: string, content: string } {
  return { path, content: boardsSource(posixBoards.map(loadBoard), 'boards.h') }
}

function main(args: readonly string[]): number {
  const { content } = boardsFile()
  const file = join(projectRoot, path)
  const current = (() => { try { return readFileSync(file, 'utf8') } catch { return undefined } })()
  if (current === content) { return 0 }
  if (args.includes('--check')) {
    console.error(`error: ${path} differs from the boards it is made of. Run: npm run generate`)
    return 1
  }
  writeFileSync(file, content)
  console.error(`wrote ${path}`)
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) { process.exitCode = main(process.argv.slice(2)) }
