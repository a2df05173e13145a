/** Runs AssemblyScript's compiler in this process, with every file it read noted. Knows nothing of boards and caches. */

import { readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { projectRoot, shown } from '../board/root.js'
import { BuildError, describeProblem, type SourceProblem } from './error.js'
import { modelUses, type ModelUse } from './model_uses.js'
import { namedPins, type NamedPin } from './pins.js'

export interface Compiled {
  /** As the compiler made it: with names, which do not move the code. */
  readonly wasm: Uint8Array
  /** Source map, JSON; its sources relative to the project, or absolute. */
  readonly map: string
  readonly pins: readonly NamedPin[]
  readonly modelUses: readonly ModelUse[]
  /** Absolute path and text of every file asked for; null where there was none. */
  readonly read: ReadonlyMap<string, string | null>
}

/** What the compiler found wrong, and what the app was seen to do with its model all the same. */
export class CompileError extends BuildError {
  readonly modelUses: readonly ModelUse[]

  constructor(problems: readonly [SourceProblem, ...SourceProblem[]], uses: readonly ModelUse[]) {
    super(describeProblem(problems[0]) + more(problems.length - 1), { problems })
    this.modelUses = uses
  }
}

export interface CompileOptions {
  readonly entry: string
  /** The board's N: --lowMemoryLimit. */
  readonly guestBytes: number
  /** asconfig.json's target. */
  readonly target: 'release' | 'debug'
}

// The part of asc's interface used here. Its own declarations would put AssemblyScript's globals (i32, load, …) into every host file.
interface Asc {
  main(argv: readonly string[], options: {
    readonly stdout: { write(chunk: unknown): void }
    readonly stderr: { write(chunk: unknown): void }
    readonly readFile: (name: string, baseDir: string) => Promise<string | null>
    readonly writeFile: (name: string, contents: Uint8Array | string) => void
    readonly listFiles: () => string[]
    readonly reportDiagnostic: (diagnostic: Diagnostic) => void
    readonly transforms: readonly { afterParse(parser: unknown): void }[]
  }): Promise<{ readonly error: Error | null }>
}

interface Diagnostic {
  readonly message: string
  readonly code: number
  readonly category: number
  readonly range: { readonly start: number, readonly source: { readonly normalizedPath: string } | null } | null
}

const diagnosticError = 3
/** Low memory limit exceeded by static data: {taken} > {limit} */
const lowMemory = 104
const compilerModule: string = 'assemblyscript/asc'

let last: Promise<unknown> = Promise.resolve()

/** Throws BuildError with the compiler's findings. One compilation at a time: the compiler is full of globals. */
export function compile(options: CompileOptions): Promise<Compiled> {
  const next = last.then(() => compileNow(options))
  last = next.catch(() => {})
  return next
}

async function compileNow({ entry, guestBytes, target }: CompileOptions): Promise<Compiled> {
  const { main } = await import(compilerModule) as Asc
  const read = new Map<string, string | null>()
  const written = new Map<string, Uint8Array | string>()
  const diagnostics: Diagnostic[] = []
  let pins: NamedPin[] = []
  let uses: ModelUse[] = []
  const fileOf = (path: string): string => sourceName(path, read)
  const silent = { write: () => {} }
  const argv = [
    entry, '--config', 'asconfig.json', '--baseDir', projectRoot, '--target', target, '--lowMemoryLimit', String(guestBytes),
    // In asconfig.json asc would look for it among packages.
    '--transform', join(projectRoot, 'assembly', 'transform.mjs'),
    // Names for messages; they change no code, and the build takes them out of what runs.
    '--debug', '--outFile', 'app.wasm', '--sourceMap', 'app.wasm.map',
  ]
  const { error } = await main(argv, {
    stdout: silent,
    stderr: silent,
    readFile: async (name, baseDir) => {
      const path = resolve(baseDir, name)
      const content = await readFile(path, 'utf8').catch(() => null)
      read.set(path, content)
      return content
    },
    writeFile: (name, contents) => { written.set(name, contents) },
    listFiles: () => [],
    reportDiagnostic: (diagnostic) => { diagnostics.push(diagnostic) },
    transforms: [{
      afterParse: (parser) => {
        pins = namedPins(parser, fileOf)
        uses = modelUses(parser, fileOf)
      },
    }],
  })
  const problems = diagnostics.filter(({ category }) => category === diagnosticError).map((diagnostic) => problemOf(diagnostic, read))
  const wasm = written.get('app.wasm')
  const map = written.get('app.wasm.map')
  if (error !== null || !(wasm instanceof Uint8Array) || typeof map !== 'string') {
    const [first, ...others] = problems
    if (first === undefined) throw new BuildError(`the compiler stopped: ${error?.message ?? 'it wrote nothing'}`, { cause: error })
    throw new CompileError([first, ...others], uses)
  }
  return { wasm, map: renamed(map, read), pins, modelUses: uses, read }
}

function more(count: number): string {
  return count === 0 ? '' : `\n(and ${count} more)`
}

function problemOf({ message, code, range }: Diagnostic, read: ReadonlyMap<string, string | null>): SourceProblem {
  const said = code === lowMemory
    ? message.replace(/^.*: (\d+) > (\d+)$/, 'the app\'s static data takes $1 bytes, more than the board\'s guestBytes of $2')
    : `${message} (AS${code})`
  const path = range?.source?.normalizedPath
  if (range === null || path === undefined) return { message: said }
  const file = sourceName(path, read)
  const content = read.get(resolve(projectRoot, file))
  if (typeof content !== 'string') return { message: said, file }
  const before = content.slice(0, range.start)
  const line = before.split('\n').length
  return {
    message: said, file: shown(resolve(projectRoot, file)), line,
    column: range.start - (before.lastIndexOf('\n') + 1) + 1,
    text: content.split('\n')[line - 1]?.trimEnd() ?? '',
  }
}

function renamed(map: string, read: ReadonlyMap<string, string | null>): string {
  const parsed = JSON.parse(map) as { sourceRoot?: string, sources: string[] }
  return JSON.stringify({ ...parsed, sourceRoot: '', sources: parsed.sources.map((source) => sourceName(source, read)) })
}

// asc's name of a source is relative to the project, or ~lib/… for what was found by --path or is asc's own.
// Ours is relative to the project, or absolute: the same from whatever folder the command runs in.
function sourceName(path: string, read: ReadonlyMap<string, string | null>): string {
  if (!path.startsWith('~lib/')) return path.startsWith('../') ? resolve(projectRoot, path) : path
  const ending = path.slice('~lib'.length)
  for (const [file, content] of read) {
    if (content !== null && file.replaceAll('\\', '/').endsWith(ending)) return relative(projectRoot, file)
  }
  return path
}
