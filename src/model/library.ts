/** Reads interfaces from model files and puts together the one a device announces: what it extends, its components, its schemas. */

import { suggestion } from '../board/nearest.js'
import { ModelError, type ModelProblem } from './error.js'
import { Json, parseJson, type Source } from './json.js'
import { limits } from './limits.js'
import type { CommandElement, ComponentElement, Content, Field, Interface, Model, PropertyElement, Schema, TelemetryElement } from './model.js'
import { Findings, each, type Dialect, type Version } from './reader.js'
import { Schemas, containsArray } from './schemas.js'

/** An interface as its file has it. */
interface Declared {
  readonly id: string
  readonly json: Json
  readonly dialect: Dialect
}

const contentTypes = ['Telemetry', 'Property', 'Command', 'Component', 'Relationship'] as const
type ContentType = typeof contentTypes[number]
const ownMembers: Readonly<Record<ContentType, readonly string[]>> = {
  Telemetry: ['name', 'schema', 'unit'],
  Property: ['name', 'schema', 'unit', 'writable'],
  Command: ['name', 'request', 'response', 'commandType'],
  Component: ['name', 'schema'],
  Relationship: ['name', 'target', 'minMultiplicity', 'maxMultiplicity', 'properties', 'writable'],
}

/** All interfaces of some files, checked. */
export class Library {
  readonly #findings = new Findings()
  readonly #schemas = new Schemas(this.#findings)
  readonly #declared = new Map<string, Declared>()
  readonly #resolved = new Map<string, Interface | undefined>()
  readonly #resolving = new Set<string>()
  /** How many levels of bases an interface has. */
  readonly #levels = new Map<string, number>()
  /** Ids named by another interface, to know the roots. */
  readonly #used = new Set<string>()

  /** Throws ModelError with everything that is wrong in any of them. */
  constructor(sources: readonly Source[]) {
    for (const source of sources) this.#readFile(source)
    this.#stopIfWrong()
    for (const { json, dialect } of this.#declared.values()) {
      for (const schema of each(json.at('schemas'))) this.#schemas.declare(schema, dialect)
    }
    this.#schemas.finish()
    for (const id of this.#declared.keys()) this.#resolve(id)
    this.#stopIfWrong()
  }

  get ids(): string[] {
    return [...this.#declared.keys()]
  }

  /** Those no other extends or has as a component. */
  get roots(): string[] {
    return this.ids.filter((id) => !this.#used.has(id))
  }

  /** Undefined when there is no such interface. */
  model(id: string): Model | undefined {
    const root = this.#resolved.get(id)
    return root === undefined ? undefined : { root, notes: this.#findings.notes }
  }

  #stopIfWrong(): void {
    const [first, ...more] = this.#findings.problems
    if (first !== undefined) throw new ModelError([first, ...more])
  }

  #readFile(source: Source): void {
    const json = parseJson(source)
    if (!(json instanceof Json)) {
      this.#findings.problems.push(...json)
      return
    }
    const found = each(json)
    if (found.length === 0) this.#findings.wrong(json, 'there is no interface in it')
    for (const entry of found) this.#declare(entry)
  }

  /** The id of an interface at the top of a file, or in the place of its name. */
  #declare(json: Json, outer?: Dialect): string | undefined {
    const findings = this.#findings
    if (json.kind !== 'object') return findings.wrong(json, 'an interface is a JSON object')
    const types = findings.types(json)
    if (!types.some(({ term }) => term === 'Interface')) return findings.wrong(json.at('@type') ?? json, 'the @type must be Interface')
    for (const { at, term } of types) if (term !== 'Interface' && !(outer ?? { extensions: [] }).extensions.length) findings.note(at, `the type '${term}' of an interface is ignored`)
    const dialect = this.#dialect(json, outer)
    if (dialect === undefined) return undefined
    const id = json.at('@id')
    if (id?.text === undefined) return findings.wrong(id ?? json, 'an interface needs an @id such as dtmi:com:example:Thermostat;1')
    findings.members(json, 'an interface', ['@context', 'contents', 'extends', 'schemas'], dialect)
    const twin = this.#declared.get(id.text)
    if (twin !== undefined) return findings.wrong(id, `the interface '${id.text}' is in ${twin.json.source.file} too`)
    const bytes = Buffer.byteLength(json.source.text.slice(json.offset, json.offset + json.length))
    if (bytes > limits[dialect.version].bytes) findings.wrong(json, `an interface has at most ${limits[dialect.version].bytes} bytes, this one ${bytes}`)
    this.#declared.set(id.text, { id: id.text, json, dialect })
    return id.text
  }

  #dialect(json: Json, outer?: Dialect): Dialect | undefined {
    const context = json.at('@context')
    if (context === undefined) return outer ?? this.#findings.wrong(json, 'an interface needs an @context, "dtmi:dtdl:context;2" or "dtmi:dtdl:context;3"')
    let version: Version | undefined
    const extensions: string[] = []
    for (const at of each(context)) {
      const found = /^dtmi:dtdl:(context|extension:([A-Za-z]+));(\d+)$/.exec(at.text ?? '')
      if (found === null) {
        this.#findings.note(at, `the context ${JSON.stringify(at.text ?? null)} is unknown and ignored`)
      } else if (found[1] === 'context') {
        if (found[3] !== '2' && found[3] !== '3') return this.#findings.wrong(at, `DTDL version ${found[3]} is not supported: 2 and 3 are`)
        if (version !== undefined) return this.#findings.wrong(at, 'an interface is of one version of DTDL')
        version = found[3] === '2' ? 2 : 3
      } else {
        extensions.push(found[2] ?? '')
      }
    }
    return version === undefined ? this.#findings.wrong(context, 'the @context must name dtmi:dtdl:context;2 or dtmi:dtdl:context;3') : { version, extensions }
  }

  #resolve(id: string): Interface | undefined {
    if (!this.#resolved.has(id)) {
      this.#resolving.add(id)
      this.#resolved.set(id, this.#read(this.#declared.get(id)!))
      this.#resolving.delete(id)
    }
    return this.#resolved.get(id)
  }

  #read({ id, json, dialect }: Declared): Interface {
    const findings = this.#findings
    const bases = this.#bases(id, json, dialect)
    const contents = new Map<string, Content>()
    for (const base of bases) {
      for (const content of base.contents) {
        const other = contents.get(content.name)
        if (other !== undefined && other !== content) findings.wrong(json, `'${content.name}' comes from two of the interfaces that '${id}' extends`)
        contents.set(content.name, content)
      }
    }
    const relationships = new Set<string>()
    for (const entry of each(json.at('contents'))) {
      const content = this.#content(entry, dialect)
      const name = entry.at('name')
      if (name?.text === undefined) continue
      if (contents.has(name.text) || relationships.has(name.text)) findings.wrong(name, `'${name.text}' is there twice, here or in what is extended`)
      if (content === undefined) relationships.add(name.text)
      else contents.set(name.text, content)
    }
    const max = limits[dialect.version].contents
    if (contents.size > max) findings.wrong(json, `an interface has at most ${max} contents in DTDL v${dialect.version}, this one ${contents.size}`)
    return { id, doc: findings.doc(json), contents: [...contents.values()], place: (message) => (json.at('@id') ?? json).problem(message) }
  }

  #bases(id: string, json: Json, dialect: Dialect): Interface[] {
    const findings = this.#findings
    const named = each(json.at('extends'))
    const { extendsCount, extendsDepth } = limits[dialect.version]
    if (named.length > extendsCount) findings.wrong(named[extendsCount] ?? json, `an interface extends at most ${extendsCount} others in DTDL v${dialect.version}, this one ${named.length}`)
    const bases = named.flatMap((at) => this.#interface(at, 'extends', dialect) ?? [])
    const levels = Math.max(0, ...bases.map((base) => 1 + (this.#levels.get(base.id) ?? 0)))
    this.#levels.set(id, levels)
    if (levels === extendsDepth + 1) findings.wrong(json.at('extends') ?? json, `interfaces extend one another deeper than ${extendsDepth} levels`)
    return bases
  }

  /** The interface an id names, or the one in its place. */
  #interface(at: Json, why: 'extends' | 'component', dialect: Dialect): Interface | undefined {
    const findings = this.#findings
    const id = at.text ?? (at.kind === 'object' ? this.#declare(at, dialect) : findings.wrong(at, 'an interface is named by its id, or stands in the place of it'))
    if (id === undefined) return undefined
    if (at.kind === 'object') for (const schema of each(at.at('schemas'))) this.#schemas.declare(schema, this.#declared.get(id)!.dialect)
    this.#used.add(id)
    if (!this.#declared.has(id)) {
      return findings.wrong(at, `the interface '${id}' is not in the models that are there (${this.ids.join(', ')}).${suggestion(id, this.ids)}`)
    }
    if (this.#resolving.has(id)) return findings.wrong(at, why === 'extends' ? `'${id}' extends itself` : `'${id}' contains itself`)
    return this.#resolve(id)
  }

  #content(json: Json, dialect: Dialect): Content | undefined {
    const findings = this.#findings
    if (json.kind !== 'object') return findings.wrong(json, 'an element of contents is a JSON object')
    const types = findings.types(json)
    const kinds = types.filter(({ term }) => contentTypes.includes(term as ContentType))
    const [kind] = kinds
    if (kind === undefined || kinds.length > 1) {
      const [first] = types
      return findings.wrong(first?.at ?? json, `an element of contents has one of the types ${contentTypes.join(', ')}.${first === undefined ? '' : suggestion(first.term, contentTypes)}`)
    }
    const type = kind.term as ContentType
    const what = `a ${type.toLowerCase()}`
    findings.members(json, what, ownMembers[type], dialect)
    const name = findings.name(json, what, dialect)
    const place = (message: string): ModelProblem => (json.at('name') ?? json).problem(message)
    const common = { name: name ?? '', doc: findings.doc(json), place }
    let content: Content | undefined
    if (type === 'Telemetry' || type === 'Property') content = this.#value(json, type, common, dialect, types.filter((entry) => entry !== kind))
    else if (type === 'Command') content = this.#command(json, common, dialect)
    else if (type === 'Component') content = this.#component(json, common, dialect)
    else findings.note(json.at('name') ?? json, `the relationship '${name ?? ''}' is ignored: a device has none`)
    return name === undefined ? undefined : content
  }

  #value(json: Json, type: 'Telemetry' | 'Property', common: Omit<TelemetryElement, 'kind' | 'schema'>, dialect: Dialect, semantic: readonly { at: Json, term: string }[]): TelemetryElement | PropertyElement | undefined {
    const findings = this.#findings
    const schema = this.#schemas.read(json.at('schema'), json, `a ${type.toLowerCase()}`, dialect)
    const unit = this.#unit(json, schema, dialect, semantic)
    const writable = json.at('writable')
    if (writable !== undefined && writable.flag === undefined) findings.wrong(writable, 'writable is true or false')
    if (schema === undefined) return undefined
    if (type === 'Property' && dialect.version === 2 && containsArray(schema)) return findings.wrong(json.at('schema') ?? json, 'a property has no array in DTDL v2 (v3 allows it)')
    const value = { ...common, schema, ...unit === undefined ? {} : { unit } }
    return type === 'Telemetry' ? { ...value, kind: 'telemetry' } : { ...value, kind: 'property', writable: writable?.flag ?? false }
  }

  // Which units go with which semantic type is for the person: only the shape is checked.
  #unit(json: Json, schema: Schema | undefined, { version, extensions }: Dialect, semantic: readonly { at: Json, term: string }[]): string | undefined {
    const findings = this.#findings
    const unit = json.at('unit')
    const [type, second] = semantic
    if (version === 3 && !extensions.includes('quantitativeTypes')) {
      if (type !== undefined && extensions.length === 0) findings.wrong(type.at, `the type '${type.term}' needs the context dtmi:dtdl:extension:quantitativeTypes;1 in DTDL v3`)
      else if (unit !== undefined && extensions.length === 0) findings.wrong(unit, 'a unit needs the context dtmi:dtdl:extension:quantitativeTypes;1 in DTDL v3')
      return unit?.text
    }
    for (const { at, term } of semantic) if (!/^[A-Z][A-Za-z0-9]*$/.test(term) && !term.startsWith('dtmi:')) findings.wrong(at, `'${term}' is no semantic type such as Temperature`)
    if (second !== undefined && extensions.length === 0) findings.wrong(second.at, `an element has one semantic type, this one '${type?.term}' already`)
    if (type !== undefined && schema !== undefined && !isNumeric(schema)) findings.wrong(type.at, `the semantic type '${type.term}' is for numbers: double, float, integer or long`)
    if (unit === undefined) return undefined
    if (unit.text === undefined || !/^[a-z][A-Za-z0-9]*$|^dtmi:/.test(unit.text)) return findings.wrong(unit, 'a unit is a name such as degreeCelsius')
    return type === undefined ? findings.wrong(unit, `a unit needs a semantic type beside '${json.at('writable') === undefined ? 'Telemetry' : 'Property'}', such as Temperature`) : unit.text
  }

  #command(json: Json, common: Omit<CommandElement, 'kind'>, dialect: Dialect): CommandElement | undefined {
    const payload = (name: 'request' | 'response'): Field | null | undefined => {
      const at = json.at(name)
      if (at === undefined) return undefined
      const findings = this.#findings
      if (at.kind !== 'object') return findings.wrong(at, `a ${name} is an object with name and schema`) ?? null
      findings.members(at, `a ${name}`, dialect.version === 3 ? ['name', 'schema', 'nullable'] : ['name', 'schema'], dialect)
      if (at.at('nullable')?.flag === true) findings.note(at.at('nullable')!, `nullable is ignored: the ${name} must be there`)
      const field = findings.name(at, `a ${name}`, dialect)
      const schema = this.#schemas.read(at.at('schema'), at, `a ${name}`, dialect)
      return field === undefined || schema === undefined ? null : { name: field, schema, doc: findings.doc(at) }
    }
    const [request, response] = [payload('request'), payload('response')]
    if (request === null || response === null) return undefined
    return { ...common, kind: 'command', ...request === undefined ? {} : { request }, ...response === undefined ? {} : { response } }
  }

  #component(json: Json, common: Omit<ComponentElement, 'kind' | 'of'>, dialect: Dialect): ComponentElement | undefined {
    const findings = this.#findings
    const schema = json.at('schema')
    if (schema === undefined) return findings.wrong(json, 'a component needs a schema, the id of an interface')
    const of = this.#interface(schema, 'component', dialect)
    if (of === undefined) return undefined
    if (of.contents.some(({ kind }) => kind === 'component')) return findings.wrong(schema, `the interface '${of.id}' has components, so it cannot be one`)
    return { ...common, kind: 'component', of }
  }
}

function isNumeric(schema: Schema): boolean {
  return schema.kind === 'primitive' && ['double', 'float', 'integer', 'long'].includes(schema.type)
}
