/** Finds what an app does with its model, in its syntax tree, and holds it against the model. What types say is the compiler's to find. */

import { suggestion } from '../board/nearest.js'
import { words, type CommandElement, type PropertyElement, type Schema, type Stub, type StubInstance, type TelemetryElement } from '../model/index.js'
import { constantText } from './constants.js'
import type { SourceProblem } from './error.js'
import { chainOf, field, importsOf, list, placeOf, sourcesOf, walk, type Place } from './syntax.js'

/** A call the check looks at: plain data, for it is kept with what was compiled. */
export interface ModelUse extends Place {
  /** `stub`: a method of what the stub exports as `target`. Else a call of the SDK itself. */
  readonly on: 'stub' | 'twin' | 'method' | 'telemetry'
  readonly target: string
  /** The method's name. */
  readonly name: string
  /** The name the call begins with, where it is known before the run. */
  readonly text?: string
  /** Relative to the project, or absolute. */
  readonly file: string
  /** Where the call ends. */
  readonly end: Place
}

export function modelUses(parser: unknown, fileOf: (path: string) => string): ModelUse[] {
  const uses: ModelUse[] = []
  const sources = list(field(parser, 'sources'))
  for (const { source, path } of sourcesOf(parser)) {
    if (/(^|\/)model\.gen\.ts$/.test(path)) continue
    const file = fileOf(path)
    const stub = new Map(importsOf(source, (from) => /(^|\/)model\.gen$/.test(from)).map(({ name, local }) => [local, name]))
    const sdk = new Map(importsOf(source, (from) => from === 'tinytwin').map(({ name, local }) => [local, name]))
    const followed = new Set<object>()
    const open: (ModelUse & { node: object })[] = []
    walk((source as { statements: unknown }).statements, (node) => {
      const chain = chainOf(node)
      const [first] = chain?.links ?? []
      if (chain === undefined || first === undefined) return
      const last = chain.links.at(-1)!
      const common = { file, name: last.name, line: last.line, column: last.column, end: placeOf(node, true) }
      const target = stub.get(chain.root)
      if (target !== undefined) {
        uses.push({ ...common, on: 'stub', target })
        return
      }
      const from = sdk.get(chain.root)
      const text = constantText(last.args[0], { sources, source, depth: 0 })
      const use = { ...common, target: from ?? '', ...text === undefined ? {} : { text } }
      if (from === 'twin' && chain.links.length === 1 && /^(?:on|report)/.test(last.name)) uses.push({ ...use, on: 'twin' })
      if (from === 'hub' && chain.links.length === 1 && last.name === 'onMethod') uses.push({ ...use, on: 'method' })
      if (from === 'hub' && first.name === 'telemetry') {
        if (chain.links.length === 1) open.push({ ...use, on: 'telemetry', node })
        else followed.add(first.node)
        if (chain.links.length > 1 && isOutside(chain.links.slice(1, -1).map(({ name }) => name)) && !['send', 'end'].includes(last.name)) uses.push({ ...use, on: 'telemetry' })
      }
    })
    // A message that is not written in one expression cannot be followed.
    for (const { node, ...use } of open) if (!followed.has(node)) uses.push(use)
  }
  return uses
}

// Whether what comes next is a member of the message itself.
function isOutside(names: readonly string[]): boolean {
  let depth = 0
  for (const name of names) depth += name === 'object' || name === 'array' ? 1 : name === 'end' ? -1 : 0
  return depth <= 0
}

/** Everything in which app and model disagree, beyond what the compiler finds. */
export function modelProblems(uses: readonly ModelUse[], { instances }: Stub): SourceProblem[] {
  const problems: SourceProblem[] = []
  const handled = new Map<PropertyElement | CommandElement, Map<string, ModelUse>>()
  const wrong = (use: ModelUse, message: string): undefined => void problems.push({ message, file: use.file, line: use.line, column: use.column })
  const handle = (use: ModelUse, { component, name }: StubInstance, element: PropertyElement | CommandElement): void => {
    const by = handled.get(element) ?? new Map<string, ModelUse>()
    const before = by.get(component)
    if (before !== undefined) wrong(use, `the ${element.kind} '${element.name}' of ${component === '' ? 'the device' : `component '${name}'`} has a handler already, in line ${before.line} of ${before.file}`)
    by.set(component, use)
    handled.set(element, by)
  }
  for (const use of uses) {
    if (use.on === 'stub') {
      const instance = instances.find(({ name }) => name === use.target)
      const method = instance?.class.methods.get(use.name)
      if (instance !== undefined && method?.role === 'handle' && method.element !== undefined) handle(use, instance, method.element)
    } else {
      checkPlain(use, instances, wrong, handle)
    }
  }
  for (const instance of instances) problems.push(...missing(instance, handled))
  return problems
}

function missing(instance: StubInstance, handled: ReadonlyMap<PropertyElement | CommandElement, ReadonlyMap<string, ModelUse>>): SourceProblem[] {
  const seen = new Set<PropertyElement | CommandElement>()
  return [...instance.class.methods].flatMap(([name, { role, element }]) => {
    if (role !== 'handle' || element === undefined || seen.has(element)) return []
    seen.add(element)
    if (handled.get(element)?.has(instance.component) === true) return []
    const what = element.kind === 'property' ? `the property '${element.name}' is writable, but the app has no handler for it` : `the app has no handler for the command '${element.name}'`
    return [element.place(`${what}${instance.component === '' ? '' : ` in component '${instance.component}'`}: ${instance.name}.${name}(…)`)]
  })
}

type Wrong = (use: ModelUse, message: string) => undefined

// Calls of the SDK that go past the stub: by name, so that the name must be there to be read.
function checkPlain(use: ModelUse, instances: readonly StubInstance[], wrong: Wrong, handle: (use: ModelUse, instance: StubInstance, element: PropertyElement | CommandElement) => void): void {
  const root = instances[0]!
  const call = use.on === 'method' ? 'hub.onMethod' : use.on === 'twin' ? `twin.${use.name}` : 'hub.telemetry'
  if (use.text === undefined) {
    wrong(use, use.on === 'telemetry' ? `what this message has cannot be held against the model: write it in one expression, or by ${root.name}.telemetry()` : `the name given to ${call} must be known before the run, to be held against the model`)
    return
  }
  const name = use.text
  if (use.on === 'telemetry') {
    const elements = [...new Set(root.class.telemetry.values())]
    const element = elements.find((entry) => entry.name === name)
    if (element === undefined) return wrong(use, `the model has no telemetry '${name}' (${listed('telemetry', elements)}).${suggestion(name, elements.map((entry) => entry.name))}`)
    return checkType(use, element, telemetryCalls[use.name], wrong)
  }
  if (use.on === 'method') {
    const [component, command] = name.includes('*') ? name.split('*', 2) as [string, string] : ['', name]
    const instance = instances.find((entry) => entry.component === component)
    if (instance === undefined) return wrong(use, `the model has no component '${component}' (${listed('components', instances.slice(1).map((entry) => ({ name: entry.component })))})`)
    const commands = elementsOf(instance).filter((entry) => entry.kind === 'command')
    const element = commands.find((entry) => entry.name === command)
    if (element === undefined) return wrong(use, `the model has no command '${command}'${component === '' ? '' : ` in component '${component}'`} (${listed('commands', commands)}).${suggestion(command, commands.map((entry) => entry.name))}`)
    return handle(use, instance, element)
  }
  const properties = elementsOf(root).filter((entry) => entry.kind === 'property')
  const element = properties.find((entry) => entry.name === name)
  if (element?.kind !== 'property') return wrong(use, `the model has no property '${name}' (${listed('properties', properties)}).${suggestion(name, properties.map((entry) => entry.name))}`)
  const writes = use.name.startsWith('on')
  if (writes && !element.writable) return wrong(use, `the property '${name}' is not writable in the model: ${root.name}.report… reports it`)
  if (!writes && element.writable) return wrong(use, `the property '${name}' is writable in the model, so it is acknowledged and not reported: ${root.name}.on… has its value, ${root.name}.complete… changes it`)
  if (writes) handle(use, root, element)
  return checkType(use, element, twinCalls[use.name], wrong)
}

function elementsOf({ class: { methods } }: StubInstance): (PropertyElement | CommandElement)[] {
  return [...new Set([...methods.values()].flatMap(({ element }) => element ?? []))]
}

function listed(what: string, elements: readonly { readonly name: string }[]): string {
  return elements.length === 0 ? `it has no ${what}` : `${what}: ${elements.map(({ name }) => name).join(', ')}`
}

function checkType(use: ModelUse, { name, kind, schema, place }: TelemetryElement | PropertyElement, takes: ((schema: Schema) => boolean) | undefined, wrong: Wrong): undefined {
  if (takes === undefined || takes(schema)) return undefined
  const { file, line } = place('')
  return wrong(use, `the ${kind} '${name}' is ${words(schema)} (${file}:${line}), which ${use.name} is not`)
}

const isPrimitive = (...types: string[]) => (schema: Schema): boolean => schema.kind === 'primitive' && types.includes(schema.type)
const isEnum = (type: 'integer' | 'string') => (schema: Schema): boolean => schema.kind === 'enum' && schema.type === type
const any = (...takes: ((schema: Schema) => boolean)[]) => (schema: Schema): boolean => takes.some((take) => take(schema))
const isText = any(isPrimitive('string', 'date', 'dateTime', 'duration', 'time'), isEnum('string'))
const isReal = isPrimitive('float', 'double')
const isStructured = (schema: Schema): boolean => schema.kind === 'object' || schema.kind === 'map' || schema.kind === 'geospatial'

/** Which schemas a method of the writer may write. */
const telemetryCalls: Readonly<Record<string, (schema: Schema) => boolean>> = {
  i32: any(isPrimitive('integer', 'long'), isReal, isEnum('integer')), i64: any(isPrimitive('long'), isReal), fixed: isReal, f64: isReal, flag: isPrimitive('boolean'), text: isText,
  nothing: () => false, object: isStructured, array: (schema) => schema.kind === 'array',
}

const twinCalls: Readonly<Record<string, (schema: Schema) => boolean>> = {
  onInteger: any(isPrimitive('integer'), isEnum('integer')), onLong: isPrimitive('integer', 'long'), onFixed: isReal, onNumber: isReal, onFlag: isPrimitive('boolean'), onText: isText,
  report: isStructured, reportInteger: any(isPrimitive('integer', 'long'), isReal, isEnum('integer')), reportFixed: isReal, reportNumber: isReal, reportFlag: isPrimitive('boolean'), reportText: isText,
}

/** The compiler's problem in the words of the model, where it is about the stub. */
export function inModelWords(problem: SourceProblem, uses: readonly ModelUse[], { instances }: Stub): SourceProblem {
  const classes = [...new Set(instances.map((instance) => instance.class))]
  const absent = /^Property '(\w+)' does not exist on type '[^']*model\.gen\/(\w+)'/.exec(problem.message)
  if (absent !== null) {
    const [, name = '', type = ''] = absent
    const found = classes.find((entry) => entry.name === type)
    if (found !== undefined) return { ...problem, message: unknownMethod(name, found, problem.message) }
    const of = classes.find((entry) => `${entry.name}Telemetry` === type || (type.startsWith(`${entry.name}Telemetry`) && /^_*$/.test(type.slice(entry.name.length + 9))))
    if (of === undefined) return problem
    const names = [...new Set([...of.telemetry.values()].map((entry) => entry.name))]
    return { ...problem, message: `${of.interface.id} has no telemetry '${name}' (telemetry: ${names.join(', ')}).${suggestion(name, names)} ${problem.message}` }
  }
  const unexported = /^Module '[^']*model\.gen' has no exported member '(\w+)'/.exec(problem.message)
  if (unexported !== null) {
    const [, name = ''] = unexported
    const components = instances.slice(1).map((instance) => instance.name)
    return { ...problem, message: `the model has no component '${name}' (${listed('components', components.map((entry) => ({ name: entry })))}).${suggestion(name, components)} ${problem.message}` }
  }
  const element = elementAt(problem, uses, instances)
  if (element === undefined) return problem
  const { file, line } = element.place('')
  const is = element.kind === 'command' ? '' : ` is ${words(element.schema)}`
  return { ...problem, message: `the ${element.kind} '${element.name}'${is} in the model (${file}:${line}). ${problem.message}` }
}

function unknownMethod(name: string, { interface: { id, contents }, methods }: StubInstance['class'], said: string): string {
  const [, verb = '', rest = ''] = /^(on|report|complete)([A-Z]\w*?)(?:Fixed)?_*$/.exec(name) ?? []
  const element = rest.charAt(0).toLowerCase() + rest.slice(1)
  const found = contents.find((entry) => entry.name === element || entry.name === rest)
  const near = suggestion(name, [...methods.keys()])
  if (found?.kind === 'property') {
    return `the property '${found.name}' of ${id} is ${found.writable ? 'writable, so it is acknowledged and not reported' : 'not writable, so it is reported and has no handler'}.${near} ${said}`
  }
  const names = (kinds: readonly string[]): { name: string }[] => contents.filter(({ kind }) => kinds.includes(kind))
  if (verb === 'on') return `${id} has no writable property and no command '${element}' (${listed('properties', names(['property']))}; ${listed('commands', names(['command']))}).${near} ${said}`
  if (verb !== '') return `${id} has no property '${element}' (${listed('properties', names(['property']))}).${near} ${said}`
  return `${id} has nothing called '${name}'.${near} ${said}`
}

// The element of the innermost call of the stub around the problem.
function elementAt({ file, line = 0, column = 0 }: SourceProblem, uses: readonly ModelUse[], instances: readonly StubInstance[]): TelemetryElement | PropertyElement | CommandElement | undefined {
  const around = uses.filter((use) => use.on === 'stub' && use.file === file && !isBefore({ line, column }, use) && isBefore({ line, column }, use.end))
  const [innermost] = around.toSorted((a, b) => isBefore(a, b) ? 1 : -1)
  if (innermost === undefined) return undefined
  const { class: of } = instances.find(({ name }) => name === innermost.target) ?? {}
  return of?.telemetry.get(innermost.name) ?? of?.methods.get(innermost.name)?.element
}

function isBefore(a: Place, b: Place): boolean {
  return a.line < b.line || (a.line === b.line && a.column < b.column)
}
