/** What every part of a model file has: types, names, texts, allowed members. Collects problems instead of stopping at the first. */

import { suggestion } from '../board/nearest.js'
import { elementIdMax, idProblem } from './dtmi.js'
import type { ModelProblem } from './error.js'
import type { Json } from './json.js'
import { limits } from './limits.js'

export type Version = 2 | 3

/** What the @context of an interface says. */
export interface Dialect {
  readonly version: Version
  /** `quantitativeTypes` and others of v3. */
  readonly extensions: readonly string[]
}

const nameSyntax = /^[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?$/
const everywhere = ['@id', '@type', 'comment', 'description', 'displayName']

export class Findings {
  readonly problems: ModelProblem[] = []
  /** What is right and of no use to a device. */
  readonly notes: ModelProblem[] = []

  wrong(at: Json, message: string): undefined {
    this.problems.push(at.problem(message))
    return undefined
  }

  note(at: Json, message: string): void {
    this.notes.push(at.problem(message))
  }

  /** @type as a list of terms. */
  types(json: Json): { readonly at: Json, readonly term: string }[] {
    const types = json.at('@type')
    if (types === undefined) return []
    return (types.kind === 'array' ? types.items : [types]).flatMap((at) => {
      if (at.text === undefined) this.wrong(at, 'a type is a text')
      return at.text === undefined ? [] : [{ at, term: at.text }]
    })
  }

  /** An element's own members, each known and the common ones of the right shape; `known` are those beside the common. */
  members(json: Json, what: string, known: readonly string[], { version, extensions }: Dialect): void {
    const foreign = extensions.some((name) => name !== 'quantitativeTypes')
    for (const [name, value, offset] of json.pairs) {
      if (everywhere.includes(name) || known.includes(name)) continue
      if (foreign) this.note(value, `'${name}' belongs to an extension and is ignored`)
      else this.problems.push(json.source.problem(offset, `${what} has no '${name}' in DTDL v${version} (it has ${[...known, ...everywhere].join(', ')}).${suggestion(name, [...known, ...everywhere])}`))
    }
    const id = json.at('@id')
    if (id !== undefined) {
      const problem = id.text === undefined ? 'an @id is a text' : idProblem(id.text, { version, max: what === 'an interface' ? undefined : elementIdMax })
      if (problem !== undefined) this.wrong(id, problem)
    }
    this.#text(json.at('comment'), 'a comment', limits[version].text)
    this.#localized(json.at('description'), 'a description', limits[version].text)
    this.#localized(json.at('displayName'), 'a displayName', limits[version].displayName)
  }

  /** The element's `name`; undefined when it has none that could be used. */
  name(json: Json, what: string, { version }: Dialect): string | undefined {
    const name = json.at('name')
    if (name === undefined) return this.wrong(json, `${what} needs a name`)
    if (name.text === undefined) return this.wrong(name, 'a name is a text')
    const max = limits[version].name
    if (name.text.length > max) return this.wrong(name, `a name has at most ${max} characters in DTDL v${version}, this one ${name.text.length}`)
    if (!nameSyntax.test(name.text)) {
      return this.wrong(name, `'${name.text}' is no name: a letter, then letters, digits and underscores, the last no underscore`)
    }
    return name.text
  }

  /** What a person reads about the element; empty when it says nothing. */
  doc(json: Json): string {
    for (const name of ['description', 'displayName', 'comment']) {
      const value = json.at(name)
      const text = value?.text ?? value?.at('en')?.text ?? [...value?.members.values() ?? []][0]?.text
      if (text !== undefined) return text.replaceAll(/\s+/g, ' ').trim()
    }
    return ''
  }

  #text(at: Json | undefined, what: string, max: number): void {
    if (at === undefined) return
    if (at.text === undefined) this.wrong(at, `${what} is a text`)
    else if (at.text.length > max) this.wrong(at, `${what} has at most ${max} characters, this one ${at.text.length}`)
  }

  #localized(at: Json | undefined, what: string, max: number): void {
    if (at?.kind !== 'object') return this.#text(at, what, max)
    for (const [language, value, offset] of at.pairs) {
      if (!/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/.test(language)) this.problems.push(at.source.problem(offset, `'${language}' is no language such as en or de-CH`))
      this.#text(value, what, max)
    }
  }
}

/** One value or an array of them, as JSON-LD has it. */
export function each(json: Json | undefined): Json[] {
  if (json === undefined) return []
  return json.kind === 'array' ? json.items : [json]
}
