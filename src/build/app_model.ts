/** The model an app declares and the stub it is written against: where they are, and whether they belong together. Compiles nothing. */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { shown } from '../board/root.js'
import { suggestion } from '../board/nearest.js'
import { Json, ModelError, Source, loadLibrary, parseJson, stubOf, type Model, type Stub } from '../model/index.js'
import type { App } from './app.js'
import { BuildError, describeProblem, type SourceProblem } from './error.js'

export const stubName = 'model.gen.ts'

export interface AppModel {
  readonly model: Model
  readonly stub: Stub
  /** Where the stub belongs, absolute. */
  readonly file: string
  /** What it was made of, absolute. */
  readonly inputs: readonly string[]
  /** The folder or file the models are in, as a person would name it. */
  readonly source: string
}

/** What the app's model says, or undefined for an app without one. Throws BuildError for a model that is not there or not right. */
export function appStub(app: Pick<App, 'entry' | 'model' | 'name'>): AppModel | undefined {
  const folder = dirname(app.entry)
  const notes = join(folder, 'app.json')
  const at = ['model.json', 'model'].find((name) => existsSync(join(folder, name)))
  if (app.model === undefined) {
    if (at === undefined || !existsSync(notes)) return undefined
    return stop([problemAt(notes, undefined, `the app has a ${at} but does not say which interface it is: add "model": "dtmi:…" to app.json`)])
  }
  if (at === undefined) return stop([problemAt(notes, 'model', `there is neither model.json nor a folder model beside it, where '${app.model}' would be`)])
  try {
    const { library, files } = loadLibrary(join(folder, at))
    const model = library.model(app.model)
    if (model === undefined) return stop([problemAt(notes, 'model', `${at} has no interface '${app.model}' (it has ${library.ids.join(', ')}).${suggestion(app.model, library.ids)}`)])
    return { model, stub: stubOf(model, at), file: join(folder, stubName), inputs: [notes, ...files], source: shown(join(folder, at)) }
  } catch (error) {
    if (error instanceof ModelError) return stop(error.problems)
    throw error
  }
}

/** Why the stub on disk is not the one the model makes, or undefined when it is. */
export function stubProblem({ stub, file, source, model }: AppModel): SourceProblem | undefined {
  const again = `Run: npx tinytwin model ${shown(dirname(file))}`
  if (!existsSync(file)) return { message: `there is no ${stubName} yet, which the app is to be written against. ${again}`, file: shown(file), line: 1 }
  const [is, should] = [readFileSync(file, 'utf8').split('\n'), stub.text.split('\n')]
  const differs = should.findIndex((line, index) => is[index] !== line)
  const line = differs >= 0 ? differs : should.length
  if (differs < 0 && is.length === should.length) return undefined
  const text = is[line] ?? ''
  const announced = /^export const modelId = "(.*)";$/.exec(text)?.[1]
  const message = announced !== undefined && announced !== model.root.id
    ? `the stub is of the model '${announced}', but app.json says '${model.root.id}'. ${again}`
    : `the stub is not what ${source} says any more. ${again}`
  return { message, file: shown(file), line: line + 1, column: 1, text }
}

// A place in app.json: the value of a member, or the beginning.
function problemAt(file: string, member: string | undefined, message: string): SourceProblem {
  const source = new Source(shown(file), readFileSync(file, 'utf8'))
  const json = parseJson(source)
  return json instanceof Json ? ((member === undefined ? undefined : json.at(member)) ?? json).problem(message) : { message, file: shown(file), line: 1 }
}

function stop(problems: readonly SourceProblem[]): never {
  throw new BuildError(problems.map(describeProblem).join('\n'), { problems })
}
