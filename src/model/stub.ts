/** From a model to the AssemblyScript an app is written against, and to what the build must find the app doing. Allocates nothing where the SDK does not. */

import { lastSegment } from './dtmi.js'
import { ModelError, type ModelProblem } from './error.js'
import type { CommandElement, Content, Interface, Model, PropertyElement, Schema, TelemetryElement } from './model.js'
import { Names, capitalized } from './names.js'
import { depthOf } from './schemas.js'
import { StubSchemas, comment, isReal, quoted, unmanaged } from './stub_schemas.js'

/** What a method of an interface's class is for. */
export interface StubMethod {
  readonly role: 'telemetry' | 'report' | 'handle' | 'complete'
  /** Of role telemetry: undefined. */
  readonly element?: PropertyElement | CommandElement
}

export interface StubClass {
  readonly name: string
  readonly interface: Interface
  readonly methods: ReadonlyMap<string, StubMethod>
  /** The methods of the writer `telemetry()` gives, with what each writes. */
  readonly telemetry: ReadonlyMap<string, TelemetryElement>
}

export interface StubInstance {
  /** The name it is exported by. */
  readonly name: string
  /** Empty for the device itself. */
  readonly component: string
  readonly class: StubClass
}

export interface Stub {
  readonly text: string
  readonly instances: readonly StubInstance[]
}

/** The SDK's tables (assembly/sdk/desired.ts and method.ts), and the longest names the runtime takes. */
const deviceLimits = { writable: 24, commands: 16, commandName: 128, propertyName: 160, modelId: 128 } as const

/** `from` is what the file's first line says it comes from. Throws ModelError for what a device cannot do. */
export function stubOf(model: Model, from: string): Stub {
  checkDevice(model)
  const names = new Names()
  const schemas = new StubSchemas(names)
  const classes = new Map<Interface, StubClass>()
  const lines: string[] = []
  const classOf = (of: Interface): StubClass => {
    const known = classes.get(of)
    if (known !== undefined) return known
    const made = interfaceClass(of, names, schemas)
    classes.set(of, made.class)
    lines.push(...made.lines)
    return made.class
  }
  const components = model.root.contents.flatMap((content) => content.kind === 'component' ? [content] : [])
  const rootClass = classOf(model.root)
  const rootInstance: StubInstance = { name: names.take('model'), component: '', class: rootClass }
  const instances = [rootInstance, ...components.map(({ name, of }): StubInstance => ({ name: names.take(name), component: name, class: classOf(of) }))]
  const body = [
    ...schemas.lines, ...lines,
    ...instances.flatMap((instance) => [
      ...comment(instance.component === '' ? 'The device itself' : components.find(({ name }) => name === instance.component)?.doc || `The component ${instance.component}`),
      `export const ${instance.name} = changetype<${instance.class.name}>(${quoted(instance.component)});`, '',
    ]),
  ].join('\n')
  const imports = ['JsonReader', 'Properties', 'Request', 'pnp'].filter((name) => new RegExp(`\\b${name}\\b`).test(body))
  const head = [
    `// Generated from ${from} by tinytwin model. Do not edit.`, '',
    ...imports.length === 0 ? [] : [`import { ${imports.join(', ')} } from "tinytwin";`, ''],
    '/** What the device announces itself as. */', `export const modelId = ${quoted(model.root.id)};`, '',
  ].join('\n')
  return { text: `${head}\n${body.trimEnd()}\n`, instances }
}

function checkDevice({ root }: Model): void {
  const problems: ModelProblem[] = []
  if (root.id.length > deviceLimits.modelId) problems.push(root.place(`a device announces a model id of at most ${deviceLimits.modelId} characters, this one has ${root.id.length}`))
  const counts = { writable: 0, commands: 0 }
  const look = (content: Content, component: string): void => {
    const name = component === '' ? content.name : `${component}*${content.name}`
    if (content.kind === 'component') return content.of.contents.forEach((inner) => look(inner, content.name))
    if (content.kind === 'command') {
      if (name.length > deviceLimits.commandName) problems.push(content.place(`the command '${name}' has more than the ${deviceLimits.commandName} characters the hub takes`))
      if (++counts.commands === deviceLimits.commands + 1) problems.push(content.place(`a device answers at most ${deviceLimits.commands} commands`))
    }
    if (content.kind === 'property') {
      if (name.length > deviceLimits.propertyName) problems.push(content.place(`the property '${name}' has more than the ${deviceLimits.propertyName} characters a device takes`))
      if (content.writable && ++counts.writable === deviceLimits.writable + 1) problems.push(content.place(`a device has at most ${deviceLimits.writable} writable properties`))
    }
  }
  for (const content of root.contents) look(content, '')
  const [first, ...more] = problems
  if (first !== undefined) throw new ModelError([first, ...more])
}

function interfaceClass(of: Interface, names: Names, schemas: StubSchemas): { class: StubClass, lines: string[] } {
  const name = names.take(capitalized(lastSegment(of.id)))
  const own = new Names()
  const methods = new Map<string, StubMethod>()
  const telemetry = new Map<string, TelemetryElement>()
  const lines: string[] = []
  const after: string[] = []
  const fields = of.contents.flatMap((content) => content.kind === 'telemetry' ? [content] : [])
  const method = (wanted: string, role: StubMethod['role'], element?: PropertyElement | CommandElement): string => {
    const taken = own.take(wanted)
    methods.set(taken, element === undefined ? { role } : { role, element })
    return taken
  }
  if (fields.length > 0) {
    const writer = names.take(`${name}Telemetry`)
    const writerNames = new Names('send')
    lines.push(
      ...comment('Begins a telemetry message of at most 1,024 bytes; what is not written is not in it', '  '),
      `  ${method('telemetry', 'telemetry')}(properties: Properties | null = null): ${writer} { pnp.telemetry(changetype<string>(this), properties); return changetype<${writer}>(1); }`)
    after.push(...unmanaged, `export class ${writer} {`)
    for (const field of fields) {
      const take = (wanted: string): string => {
        const taken = writerNames.take(wanted)
        telemetry.set(taken, field)
        return taken
      }
      after.push(...comment(field.doc, '  ', field.unit ?? ''), ...schemas.members(field.schema, `${name}${capitalized(field.name)}`, {
        own: take(field.name), fixed: () => take(`${field.name}Fixed`), name: quoted(field.name), self: writer,
      }))
    }
    after.push('  /** The result is the message\'s sequence number, or a negative `HostError`. */', '  send(): i32 { return pnp.writer().send(); }', '}', '')
  }
  for (const content of of.contents) {
    const inner = `${name}${capitalized(content.name)}`
    if (content.kind === 'property') lines.push(...propertyMethods(content, inner, method, schemas))
    if (content.kind === 'command') {
      const made = command(content, inner, method, names, schemas)
      lines.push(...made.lines)
      after.push(...made.after)
    }
  }
  const made = [...after, ...comment(of.doc || of.id), ...unmanaged, `export class ${name} {`, ...lines, '}', '']
  return { class: { name, interface: of, methods, telemetry }, lines: made }
}

type TakeMethod = (wanted: string, role: StubMethod['role'], element: PropertyElement | CommandElement) => string

const self = 'changetype<string>(this)'

function propertyMethods(property: PropertyElement, inner: string, method: TakeMethod, schemas: StubSchemas): string[] {
  const { schema, name, doc, unit = '' } = property
  const title = capitalized(name)
  const text = quoted(name)
  if (!property.writable) return [...comment(doc, '  ', unit), ...report(property, inner, method, schemas)]
  const writer = schemas.writerOf(schema, inner, 'pnp.Sending')
  const given = schemas.given(schema, inner)
  const on = method(`on${title}`, 'handle', property)
  const complete = method(`complete${title}`, 'complete', property)
  const lines = [
    ...comment(doc, '  ', `${unit === '' ? '' : `${unit}. `}\`handler\` judges what the hub desires; while it desires nothing, \`current\` is reported`),
    `  ${on}(handler: (value: ${schemas.type(schema, inner)}) => i32, current: ${writer === undefined ? `() => ${given}` : `(into: ${writer}) => void`}): void {`,
    `    const row = pnp.desire(${self}, ${text}, handler.index, (handler, _) => {`, ...judged(schema, inner, schemas).map((line) => `      ${line}`), '    });',
    writer === undefined
      ? `    pnp.current(row, current.index, (current, _) => { ${schemas.writing(schema, inner, `call_indirect<${given}>(current)`).call('"value"')}; });`
      : `    pnp.current(row, current.index, (current, _) => { ${schemas.writing(schema, inner).call('"value"')}; call_indirect<void>(current, 1); pnp.endValue(${depthOf(schema)}); });`,
    '  }',
    '  /** Ends what a handler answered with `twin.later()`. */',
    writer === undefined
      ? `  ${complete}(value: ${given}, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(${self}, ${text}); ${schemas.writing(schema, inner).call('"value"')}; return pnp.endAcknowledgement(status, note); }`
      : `  ${complete}(write: (into: ${writer}) => void, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(${self}, ${text}); ${schemas.writing(schema, inner).call('"value"')}; write(changetype<${writer}>(1)); pnp.endValue(${depthOf(schema)}); return pnp.endAcknowledgement(status, note); }`,
  ]
  if (isReal(schema)) {
    lines.push(
      '  /** The same in integers: each value is times 10^decimals. */',
      `  ${method(`on${title}Fixed`, 'handle', property)}(decimals: i32, handler: (value: i64) => i32, current: () => i64): void {`,
      `    const row = pnp.desire(${self}, ${text}, handler.index, (handler, decimals) => {`,
      '      const value = pnp.reader().fixed(decimals);', '      return pnp.reader().failed ? pnp.mismatch("not a number of so few decimals") : call_indirect<i32>(handler, value);', '    }, decimals);',
      '    pnp.current(row, current.index, (current, decimals) => { pnp.writer().fixed("value", call_indirect<i64>(current), decimals); });', '  }',
      `  ${method(`complete${title}Fixed`, 'complete', property)}(value: i64, decimals: i32, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(${self}, ${text}).fixed("value", value, decimals); return pnp.endAcknowledgement(status, note); }`)
  }
  return lines
}

// The body of what reads a desired value: the reader stands at its first token.
function judged(schema: Schema, inner: string, schemas: StubSchemas): string[] {
  const wrong = `pnp.mismatch(${quoted(`not ${words(schema)}`)})`
  if (schema.kind === 'primitive') return [`const value = ${schemas.reading(schema, inner)};`, `return pnp.reader().failed ? ${wrong} : call_indirect<i32>(handler, value);`]
  const value = schemas.reading(schema, inner)
  if (schema.kind === 'enum') return [`return ${schemas.check(schema, inner)} ? call_indirect<i32>(handler, ${value}) : ${wrong};`]
  // A geometry is handed out as the reader, which must stand at its beginning again.
  if (schema.kind === 'geospatial') return [`return pnp.isObject() ? call_indirect<i32>(handler, ${value}) : ${wrong};`]
  return [`const value = ${value};`, `return ${schemas.check(schema, inner)} ? call_indirect<i32>(handler, value) : ${wrong};`]
}

function report(property: PropertyElement, inner: string, method: TakeMethod, schemas: StubSchemas): string[] {
  const { schema, name } = property
  const own = method(`report${capitalized(name)}`, 'report', property)
  const place = `${self}, ${quoted(name)}`
  const writer = schemas.writerOf(schema, inner, 'pnp.Sending')
  if (writer !== undefined) {
    return [`  ${own}(): ${writer} { pnp.${schema.kind === 'array' ? 'beginReportArray' : 'beginReport'}(${place}); return changetype<${writer}>(1); }`]
  }
  const lines = [`  ${own}(value: ${schemas.given(schema, inner)}): i32 { return pnp.report${putter(schema)}(${place}, ${schemas.text(schema, inner, 'value')}); }`]
  if (isReal(schema)) {
    lines.push('  /** value / 10^decimals, exactly. */', `  ${method(`report${capitalized(name)}Fixed`, 'report', property)}(value: i64, decimals: i32): i32 { return pnp.reportFixed(${place}, value, decimals); }`)
  }
  return lines
}

function command(element: CommandElement, inner: string, method: TakeMethod, names: Names, schemas: StubSchemas): { lines: string[], after: string[] } {
  const { name, request, response, doc } = element
  const type = names.take(inner)
  const on = method(`on${capitalized(name)}`, 'handle', element)
  const parameter = request === undefined ? '' : `, ${new Names('request').take(request.name)}: ${schemas.type(request.schema, `${type}Request`)}`
  const value = request === undefined ? '' : schemas.reading(request.schema, `${type}Request`)
  const lines = [
    ...comment(doc, '  '),
    `  ${on}(handler: (request: ${type}${parameter}) => i32): void {`,
    `    pnp.answer(${self}, ${quoted(name)}, handler.index, (handler, request) => {`,
    ...request === undefined
      ? ['      return call_indirect<i32>(handler, request);']
      : ['      pnp.openRequest();', ...asked(request.schema, `${type}Request`, value, schemas).map((line) => `      ${line}`)],
    '    });', '  }',
  ]
  const self_ = 'changetype<Request>(this)'
  const replies: string[] = []
  if (response === undefined) {
    replies.push(`  reply(status: i32 = 200): i32 { return ${self_}.reply("null", status); }`)
  } else {
    const { schema } = response
    const writer = schemas.writerOf(schema, `${type}Response`, 'pnp.Sending')
    if (writer !== undefined) replies.push(`  reply(status: i32 = 200): ${writer} { ${self_}.${schema.kind === 'array' ? 'answerArray' : 'answer'}(status); return changetype<${writer}>(1); }`)
    else replies.push(`  reply(value: ${schemas.given(schema, `${type}Response`)}, status: i32 = 200): i32 { return ${replyCall(schema, self_, schemas.text(schema, `${type}Response`, 'value'))}; }`)
    if (isReal(schema)) replies.push(`  replyFixed(value: i64, decimals: i32, status: i32 = 200): i32 { return pnp.replyFixed(${self_}, status, value, decimals); }`)
  }
  const after = [
    ...comment(`A call of the command ${name}. It may be kept in a global and answered in a later event`), ...unmanaged, `export class ${type} {`,
    ...response === undefined ? [] : comment(response.doc, '  '), ...replies,
    '  /** Says that it was not done: a status of 400 to 599, and why as JSON. */', `  reject(status: i32, json: string): i32 { return ${self_}.reject(status, json); }`,
    '  /** What a handler returns that will reply in a later event. */', '  later(): i32 { return 0; }', '}', '',
  ]
  return { lines, after }
}

function call(value: string): string {
  return `call_indirect<i32>(handler, request, ${value}) : pnp.refuse(request);`
}

// The body of what reads a request, of which nothing was read yet.
function asked(schema: Schema, inner: string, value: string, schemas: StubSchemas): string[] {
  if (schema.kind === 'primitive') return [`const value = ${value};`, `return pnp.atEnd() ? ${call('value')}`]
  if (schema.kind === 'enum') return [`const good = ${schemas.check(schema, inner)};`, `const value = ${value};`, `return good && pnp.atEnd() ? ${call('value')}`]
  if (schema.kind === 'geospatial') return [`return pnp.isObject() ? ${call(value)}`]
  return [`const value = ${value};`, `return ${schemas.check(schema, inner)} && pnp.atEnd() ? ${call('value')}`]
}

function putter(schema: Schema): string {
  if (schema.kind === 'geospatial') return 'Json'
  if (schema.kind === 'enum') return schema.type === 'integer' ? 'Integer' : 'Text'
  const named: Record<string, string> = { boolean: 'Flag', integer: 'Integer', long: 'Integer', float: 'Number', double: 'Number' }
  return schema.kind === 'primitive' ? named[schema.type] ?? 'Text' : ''
}

function replyCall(schema: Schema, request: string, value: string): string {
  const kind = putter(schema)
  if (kind === 'Json') return `${request}.reply(${value}, status)`
  if (kind === 'Flag') return `${request}.reply(${value} ? "true" : "false", status)`
  return `pnp.reply${kind}(${request}, status, ${value})`
}

/** As a message names what a schema is. */
export function words(schema: Schema): string {
  switch (schema.kind) {
    case 'primitive': return ({ boolean: 'true or false', integer: 'a 32-bit integer', long: 'a 64-bit integer', float: 'a number', double: 'a number', string: 'a text' } as Record<string, string>)[schema.type] ?? `a text (${schema.type})`
    case 'geospatial': return `a GeoJSON ${schema.type}`
    case 'enum': return 'a value of the enum'
    case 'array': return 'an array as the model has it'
    default: return 'an object as the model has it'
  }
}
