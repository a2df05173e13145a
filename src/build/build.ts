/** From an app's TypeScript to a Wasm module that a board can run: compiled or taken from the cache, validated, held against the board. */

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { capabilities } from '../abi/abi.js'
import { loadBoard, type Board } from '../board/board.js'
import { projectRoot, shown } from '../board/root.js'
import { findApp } from './app.js'
import { appStub, stubProblem, type AppModel } from './app_model.js'
import { cacheKey, readCache, sha256, writeCache } from './cache.js'
import { CompileError, compile, type Compiled } from './compile.js'
import { BuildError, describeProblem, type SourceProblem } from './error.js'
import { checkModule, importedCapabilities } from './limits.js'
import { ModuleError, readModule, type ModuleExport, type ModuleImport, type ModuleInfo } from './module.js'
import { inModelWords, modelProblems, type ModelUse } from './model_uses.js'
import { pinProblem, type NamedPin } from './pins.js'
import { withModelId, withoutCustomSections } from './strip.js'

export interface BuildOptions {
  /** A name in assembly/apps, or the path of a .ts file or of a folder with an index.ts. */
  readonly app: string
  /** A board, its name or its path; without, the one the app's app.json names, else `host`. */
  readonly board?: Board | string
  /** False leaves the code unoptimized. */
  readonly release?: boolean
  /** Told before work that takes a second or more. */
  readonly progress?: (what: string) => void
}

export interface BuiltApp {
  readonly name: string
  readonly entry: string
  readonly board: Board
  /** As it runs on the device: no custom section but the id of the app's model, where it has one. */
  readonly wasm: Uint8Array
  /** Source map of `wasm`, JSON: offsets are columns of its only line, sources are relative to the project or absolute. */
  readonly map: string
  /** First 16 hex digits of the SHA-256 of `wasm`. */
  readonly buildId: string
  /** What the device announces itself as; undefined without a model. */
  readonly model: string | undefined
  readonly capabilities: readonly string[]
  readonly imports: readonly ModuleImport[]
  readonly exports: readonly ModuleExport[]
  /** Names of functions by index; the module itself carries none. */
  readonly functionNames: ReadonlyMap<number, string>
  /** Bytes. `staticData` is guest memory used before the first allocation. */
  readonly sizes: { readonly wasm: number, readonly code: number, readonly data: number, readonly staticData: number, readonly guest: number }
  /** The source files that went in, absolute: what to watch. */
  readonly sources: readonly string[]
  /** False when the cache had it. */
  readonly compiled: boolean
}

/** Throws BuildError (app or module) or BoardError; each message is a sentence for the person who wrote the app. */
export async function buildApp({ app: nameOrPath, board: wanted, release = true, progress = () => {} }: BuildOptions): Promise<BuiltApp> {
  const app = findApp(nameOrPath)
  const board = typeof wanted === 'object' ? wanted : loadBoard(wanted ?? app.board)
  const model = appStub(app)
  const stale = model === undefined ? undefined : stubProblem(model)
  if (stale !== undefined) throw refusal([stale])
  const target = release ? 'release' : 'debug'
  const guestBytes = board.memory.guestBytes
  const key = cacheKey(app.name, [app.entry, target, String(guestBytes)])
  let entry = readCache(key)
  const compiled = entry === undefined
  if (entry === undefined) {
    progress(`compiling ${app.name}`)
    const result = await compileFor(model, { entry: app.entry, guestBytes, target })
    const wasm = await validated(result.wasm, guestBytes)
    const data: Kept = { pins: result.pins, modelUses: result.modelUses, names: [...readModule(result.wasm).names] }
    writeCache(key, {
      owner: app.entry,
      data,
      files: { wasm, map: result.map },
      inputs: new Map([...result.read, ...toolInputs()]),
    })
    entry = readCache(key)
    // Someone is writing to the sources at this moment: what was compiled is still what was read.
    entry ??= { data, files: { wasm, map: Buffer.from(result.map) }, inputs: [...result.read.keys()] }
  }
  const kept = entry.data as Kept
  const compiledWasm = entry.files['wasm'] ?? new Uint8Array()
  const wasm = model === undefined ? compiledWasm : withModelId(compiledWasm, model.model.root.id)
  const module = readModule(wasm)
  checkPins(kept.pins, board)
  if (model !== undefined) checkModel(kept.modelUses, model)
  checkCapabilities(module, board, app.name)
  const section = (name: string): number => module.sections.find((found) => found.name === name)?.bytes ?? 0
  return {
    name: app.name,
    entry: app.entry,
    board,
    wasm,
    map: Buffer.from(entry.files['map'] ?? []).toString('utf8'),
    buildId: sha256(wasm).slice(0, 16),
    model: app.model,
    capabilities: importedCapabilities(module),
    imports: module.imports,
    exports: module.exports,
    functionNames: new Map(kept.names),
    sizes: { wasm: wasm.length, code: section('code'), data: section('data'), staticData: module.dataEnd, guest: guestBytes },
    sources: [...entry.inputs, ...model?.inputs ?? []],
    compiled,
  }
}

/** Checks a module from anywhere as strictly as one just compiled; throws BuildError. */
export async function checkWasm(wasm: Uint8Array, board: Board): Promise<ModuleInfo> {
  await validated(wasm, board.memory.guestBytes)
  const module = readModule(wasm)
  checkCapabilities(module, board, 'the module')
  return module
}

interface Kept {
  readonly pins: readonly NamedPin[]
  readonly modelUses: readonly ModelUse[]
  readonly names: readonly (readonly [index: number, name: string])[]
}

// What shapes the code besides the sources asc reads.
function toolInputs(): Map<string, string | null> {
  const files = ['assembly/transform.mjs', 'node_modules/assemblyscript/package.json'].map((file) => join(projectRoot, file))
  return new Map(files.map((file) => [file, existsSync(file) ? readFileSync(file, 'utf8') : null]))
}

// V8 decides whether it is valid, our own reader whether it is modest.
async function validated(wasm: Uint8Array, guestBytes: number): Promise<Uint8Array> {
  if (!WebAssembly.validate(wasm as BufferSource)) throw new BuildError('the module is not valid WebAssembly')
  try {
    const stripped = withoutCustomSections(wasm)
    checkModule(readModule(stripped), { guestBytes })
    return stripped
  } catch (error) {
    if (error instanceof ModuleError) throw new BuildError(error.message, { cause: error })
    throw error
  }
}

// The compiler's findings in the words of the model; what is wrong with handlers comes with them.
async function compileFor(model: AppModel | undefined, options: Parameters<typeof compile>[0]): Promise<Compiled> {
  try {
    return await compile(options)
  } catch (error) {
    if (model === undefined || !(error instanceof CompileError)) throw error
    const found = error.problems.map((problem) => inModelWords(withShownFile(problem), error.modelUses.map(withShownFile), model.stub))
    throw refusal(found)
  }
}

function withShownFile<Kind extends { readonly file?: string }>(at: Kind): Kind {
  return at.file === undefined ? at : { ...at, file: shown(resolve(projectRoot, at.file)) }
}

function checkModel(uses: readonly ModelUse[], { stub }: AppModel): void {
  const problems = modelProblems(uses, stub).map(withText)
  if (problems.length > 0) throw refusal(problems)
}

function withText(problem: SourceProblem): SourceProblem {
  if (problem.text !== undefined || problem.file === undefined || problem.line === undefined) return problem
  const path = resolve(projectRoot, problem.file)
  return { ...problem, file: shown(path), text: lineOf(path, problem.line) }
}

function refusal(problems: readonly SourceProblem[]): BuildError {
  return new BuildError(problems.map(describeProblem).join('\n'), { problems })
}

function checkPins(pins: readonly NamedPin[], board: Board): void {
  const problems: SourceProblem[] = []
  for (const pin of pins) {
    const message = pinProblem(pin, board)
    if (message === undefined) continue
    const path = resolve(projectRoot, pin.file)
    problems.push({ message, file: shown(path), line: pin.line, column: pin.column, text: lineOf(path, pin.line) })
  }
  if (problems.length > 0) throw refusal(problems)
}

function lineOf(file: string, line: number): string {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n')[line - 1]?.trimEnd() ?? '' : ''
}

function checkCapabilities(module: Pick<ModuleInfo, 'imports'>, board: Board, app: string): void {
  for (const name of importedCapabilities(module)) {
    const needs = capabilities.find((capability) => capability.name === name)?.needs ?? []
    if (needs.includes('upload') && board.memory.uploadBytes === 0) {
      throw new BuildError(`${app} uses '${name}', but board '${board.name}' has no RAM for it. Give its memory 'uploadBytes'`)
    }
    if (needs.includes('files') && !board.flash.partitions.some(({ use }) => use === 'files')) {
      throw new BuildError(`${app} uses '${name}', but board '${board.name}' has no partition for it. Add one whose use is 'files'`)
    }
    if (!needs.includes('upload') && !needs.includes('files') && needs.length > 0 && !board.pins.some(({ kind }) => needs.includes(kind))) {
      const pins = board.pins.map((pin) => `${pin.name} (${pin.kind})`).join(', ')
      throw new BuildError(`${app} uses '${name}', but board '${board.name}' has no pin of kind ${needs.join(' or ')} (its pins: ${pins})`)
    }
  }
}
