/** Model files from disk: one file, or every .json below a folder. */

import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { shown } from '../board/root.js'
import { ModelError } from './error.js'
import { Source } from './json.js'
import { Library } from './library.js'

/** Bytes of the largest file that is looked into. */
const fileMax = 16 << 20

/** Throws ModelError. The files, absolute, are in the order they are read in. */
export function loadLibrary(path: string): { readonly library: Library, readonly files: readonly string[] } {
  const files = modelFiles(resolve(path))
  if (files.length === 0) throw new ModelError([{ message: 'there is no model: no .json file in this folder', file: shown(resolve(path)), line: 1, column: 1, text: '' }])
  return { library: new Library(files.map((file) => new Source(shown(file), readText(file)))), files }
}

function modelFiles(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new ModelError([{ message: 'there is no model file or folder of this name', file: shown(path), line: 1, column: 1, text: '' }])
  if (!found.isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && basename(name) !== 'app.json').sort().map((name) => join(path, name))
}

function readText(file: string): string {
  const wrong = (message: string): ModelError => new ModelError([{ message, file: shown(file), line: 1, column: 1, text: '' }])
  if (statSync(file).size > fileMax) throw wrong(`the file is larger than ${fileMax} bytes`)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (error) {
    throw Object.assign(wrong('the file is not UTF-8'), { cause: error })
  }
}
