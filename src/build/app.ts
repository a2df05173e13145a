/** Finds an app's source by name or path; knows nothing of compiling it. */

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { suggestion } from '../board/nearest.js'
import { projectRoot, shown } from '../board/root.js'
import { isObject } from '../board/schema.js'
import { BuildError } from './error.js'

export interface App {
  readonly name: string
  /** The entry file, absolute. */
  readonly entry: string
  /** The board its author had in mind (app.json beside the entry), else `host`. */
  readonly board: string
  /** The id of the interface the device announces (app.json), which model.json or the folder model beside the entry has; undefined for none. */
  readonly model: string | undefined
  /** What single keys do in the live view (app.json). */
  readonly keys: readonly AppKey[]
}

/** A key that calls a direct method, or moves a desired property by a step from what it is, or from `from`. */
export type AppKey = { readonly key: string, readonly title: string } & (
  | { readonly method: string, readonly payload?: unknown }
  | { readonly desired: string, readonly step: number, readonly from: number }
)

const appsFolder = join(projectRoot, 'assembly', 'apps')

/** The names of the apps that come with TinyTwin. */
export function appNames(): string[] {
  if (!existsSync(appsFolder)) return []
  return readdirSync(appsFolder).filter((name) => existsSync(join(appsFolder, name, 'index.ts'))).sort()
}

/** An app by its name, or by the path of its .ts file or of a folder with an index.ts. Throws BuildError. */
export function findApp(nameOrPath: string): App {
  if (/^[a-z0-9][a-z0-9-]*$/.test(nameOrPath) && existsSync(join(appsFolder, nameOrPath, 'index.ts'))) {
    return describe(nameOrPath, join(appsFolder, nameOrPath, 'index.ts'))
  }
  if (/[\\/.]/.test(nameOrPath)) {
    const path = resolve(nameOrPath)
    if (!existsSync(path)) throw new BuildError(`there is no file or folder '${nameOrPath}'`)
    if (statSync(path).isDirectory()) {
      const entry = join(path, 'index.ts')
      if (!existsSync(entry)) throw new BuildError(`the folder '${nameOrPath}' has no index.ts`)
      return describe(basename(path), entry)
    }
    if (!path.endsWith('.ts') || path.endsWith('.d.ts')) throw new BuildError(`'${nameOrPath}' is no TypeScript file`)
    return describe(basename(path) === 'index.ts' ? basename(dirname(path)) : basename(path, '.ts'), path)
  }
  const names = appNames()
  throw new BuildError(`there is no app '${nameOrPath}' (apps: ${names.join(', ')}; or give the path of a .ts file).${suggestion(nameOrPath, names)}`)
}

/** The app a folder is to hold, which need not have an index.ts yet; undefined without an app.json. */
export function plannedApp(folder: string): App | undefined {
  return existsSync(join(folder, 'app.json')) ? describe(basename(resolve(folder)), join(resolve(folder), 'index.ts')) : undefined
}

function describe(name: string, entry: string): App {
  const clean = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '') || 'app'
  const file = join(dirname(entry), 'app.json')
  return { name: clean, entry, ...existsSync(file) ? readNotes(file) : { board: 'host', model: undefined, keys: [] } }
}

function readNotes(file: string): Pick<App, 'board' | 'model' | 'keys'> {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new BuildError(`${shown(file)} is not JSON: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`, { cause: error })
  }
  const { board = 'host', model, keys = [] } = isObject(value) ? value : { board: 0 }
  if (typeof board !== 'string') throw new BuildError(`${shown(file)} must be an object such as {"board": "host"}`)
  if (!Array.isArray(keys) || !keys.every(isKey)) {
    throw new BuildError(`${shown(file)} at /keys: each must be such as {"key": "b", "title": "brew", "method": "brew"} or {"key": "u", "title": "warmer", "desired": "target", "step": 1, "from": 90}`)
  }
  if (model !== undefined && typeof model !== 'string') throw new BuildError(`${shown(file)} at /model: it must be the id of an interface such as "dtmi:com:example:Thermostat;1"`)
  return { board, model, keys }
}

function isKey(value: unknown): value is AppKey {
  if (!isObject(value) || typeof value['key'] !== 'string' || value['key'].length !== 1 || typeof value['title'] !== 'string') return false
  return typeof value['method'] === 'string'
    || (typeof value['desired'] === 'string' && Number.isFinite(value['step']) && Number.isFinite(value['from']))
}
