/** Writes what is made of the boards, C tables and the README's, or with `--check` says what differs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadBoard } from './board.js'
import { boardsSource } from './emit_c.js'
import { readmeWithTables } from './readme.js'
import { projectRoot } from './root.js'

/** The first is what the POSIX main is unless told otherwise. */
export const posixBoards = ['host', 'coffee-rev-a']

/** Each generated file's content, made from what it is now where only a part of it is generated. */
export const generated: Readonly<Record<string, (current: string) => string>> = {
  'native/main/posix/boards.gen.c': () => boardsSource(posixBoards.map(loadBoard), 'boards.h'),
  'README.md': readmeWithTables,
}

const read = (path: string) => { try { return readFileSync(path, 'utf8') } catch { return '' } }

function main(args: readonly string[]): number {
  const check = args.includes('--check')
  let code = 0
  for (const [path, make] of Object.entries(generated)) {
    const file = join(projectRoot, path)
    const current = read(file)
    const content = make(current)
    if (current === content) { continue }
    if (check) {
      console.error(`error: ${path} differs from the boards it is made of. Run: npm run generate`)
      code = 1
    } else {
      writeFileSync(file, content)
      console.error(`wrote ${path}`)
    }
  }
  return code
}

if (process.argv[1] === fileURLToPath(import.meta.url)) { process.exitCode = main(process.argv.slice(2)) }
