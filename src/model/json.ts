/** JSON text as values that remember where they stand. Knows nothing of models. */

import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'
import type { ModelProblem } from './error.js'

/** A text and its name. */
export class Source {
  /** As a person would name the file. */
  readonly file: string
  readonly text: string

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
  }

  problem(offset: number, message: string): ModelProblem {
    const before = this.text.slice(0, offset)
    const begin = before.lastIndexOf('\n') + 1
    const end = this.text.indexOf('\n', offset)
    return {
      message, file: this.file,
      line: before.split('\n').length,
      column: offset - begin + 1,
      text: this.text.slice(begin, end < 0 ? undefined : end).trimEnd(),
    }
  }
}

/** A JSON value at its place. */
export class Json {
  readonly source: Source
  readonly #node: Node
  #members: Map<string, Json> | undefined

  constructor(source: Source, node: Node) {
    this.source = source
    this.#node = node
  }

  get offset(): number {
    return this.#node.offset
  }

  /** Of its text. */
  get length(): number {
    return this.#node.length
  }

  get kind(): 'object' | 'array' | 'text' | 'number' | 'flag' | 'null' {
    const kinds = { object: 'object', array: 'array', string: 'text', number: 'number', boolean: 'flag', null: 'null', property: 'object' } as const
    return kinds[this.#node.type]
  }

  /** The text of a text, else undefined. */
  get text(): string | undefined {
    return typeof this.#node.value === 'string' ? this.#node.value : undefined
  }

  get number(): number | undefined {
    return typeof this.#node.value === 'number' ? this.#node.value : undefined
  }

  get flag(): boolean | undefined {
    return typeof this.#node.value === 'boolean' ? this.#node.value : undefined
  }

  /** Of an array; empty for anything else. */
  get items(): Json[] {
    return this.#node.type === 'array' ? (this.#node.children ?? []).map((child) => new Json(this.source, child)) : []
  }

  /** Of an object, by name; empty for anything else. Of several of one name the first. */
  get members(): ReadonlyMap<string, Json> {
    return this.#members ??= new Map(this.pairs.toReversed().map(([name, value]) => [name, value]))
  }

  /** Of an object in their order: name, value, and where the name stands. */
  get pairs(): (readonly [name: string, value: Json, offset: number])[] {
    if (this.#node.type !== 'object') return []
    return (this.#node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
      key === undefined || value === undefined ? [] : [[key.value as string, new Json(this.source, value), key.offset] as const])
  }

  at(name: string): Json | undefined {
    return this.members.get(name)
  }

  problem(message: string): ModelProblem {
    return this.source.problem(this.offset, message)
  }
}

/** RFC 8259, without comments and trailing commas; a name that comes twice is a problem too. */
export function parseJson(source: Source): Json | ModelProblem[] {
  const errors: ParseError[] = []
  let root: Node | undefined
  try {
    root = parseTree(source.text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return [source.problem(0, 'the JSON is nested too deeply')]
  }
  if (errors.length > 0 || root === undefined) {
    const [{ error, offset } = { error: 0, offset: 0 }] = errors
    return [source.problem(offset, root === undefined && errors.length === 0 ? 'there is no JSON in it' : `this is not JSON: ${words(printParseErrorCode(error))}`)]
  }
  const json = new Json(source, root)
  const repeated: ModelProblem[] = []
  const pending = [json]
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    const names = new Set<string>()
    for (const [name, member, offset] of value.pairs) {
      if (names.has(name)) repeated.push(source.problem(offset, `the name '${name}' comes twice`))
      names.add(name)
      pending.push(member)
    }
    pending.push(...value.items)
  }
  return repeated.length > 0 ? repeated : json
}

// CommaExpected: 'comma expected'
function words(code: string): string {
  return code.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()
}
