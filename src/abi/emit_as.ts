/** Writes the AssemblyScript side of the ABI: externs, and one inline function a call through which strings cross. */
import type { Call, Capability, Parameter } from './abi.js'
import { capabilities, errors, events, sendOptions } from './abi.js'

const keywords = new Set(['from', 'import', 'export', 'function', 'default', 'delete'])

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
const pascal = (name: string) => { const text = camel(name); return text[0]!.toUpperCase() + text.slice(1) }
const local = (name: string) => { const text = camel(name); return keywords.has(text) ? `${text}_` : text }

function externParameters({ name, kind }: Parameter): string {
  switch (kind) {
    case 'i32': case 'i64': case 'f64': return `${local(name)}: ${kind}`
    case 'text': case 'units': case 'bytes': case 'out': return `${local(name)}: usize, ${local(name)}Length: i32`
    default: return kind satisfies never
  }
}

function wrapperParameters(parameter: Parameter): string {
  return parameter.kind === 'text' || parameter.kind === 'units' ? `${local(parameter.name)}: string` : externParameters(parameter)
}

function passed({ name, kind }: Parameter): string {
  switch (kind) {
    case 'i32': case 'i64': case 'f64': return local(name)
    case 'text': case 'units': return `changetype<usize>(${local(name)}), ${local(name)}.length`
    case 'bytes': case 'out': return `${local(name)}, ${local(name)}Length`
    default: return kind satisfies never
  }
}

const resultOf = (call: Call) => (call.result === 'none' ? 'void' : call.result)
const list = (call: Call, render: (parameter: Parameter) => string) => call.parameters.map(render).join(', ')

function extern(capability: Capability, call: Call): string[] {
  return [
    `// @ts-ignore: decorator`,
    `@external("${capability.name}", "${call.name}")`,
    `declare function ${capability.name}_${call.name}(${list(call, externParameters)}): ${resultOf(call)};`,
  ]
}

function wrapper(capability: Capability, call: Call): string[] {
  const invoke = `${capability.name}_${call.name}(${list(call, passed)})`
  return [
    `  /** ${call.doc} */`,
    `  // @ts-ignore: decorator`,
    `  @inline export function ${local(call.name)}(${list(call, wrapperParameters)}): ${resultOf(call)} { ${call.result === 'none' ? '' : 'return '}${invoke}; }`,
  ]
}

export function guestBindings(): string {
  const out = [
    '// Generated from src/abi/abi.ts by src/abi/generate.ts. Do not edit.',
    '',
    '/** Results below zero. */',
    'export const enum HostError {',
    ...Object.entries(errors).map(([name, { code, doc }]) => `  /** ${doc} */\n  ${pascal(name)} = ${code},`),
    '}',
    '',
    '/** Why on_event(kind, id) is called. */',
    'export const enum EventKind {',
    ...Object.entries(events).map(([name, { kind, doc }]) => `  /** ${doc} */\n  ${pascal(name)} = ${kind},`),
    '}',
  ]
  out.push('', '/** Of host_hub.send, a set. */', 'export const enum SendOption {',
    ...Object.entries(sendOptions).map(([name, { bit, doc }]) => `  /** ${doc} */\n  ${pascal(name)} = ${bit},`), '}')
  for (const capability of capabilities) {
    out.push('')
    for (const call of capability.calls) { out.push(...extern(capability, call)) }
    out.push('', `/** ${capability.doc} */`, `export namespace host_${capability.name} {`)
    for (const call of capability.calls) { out.push(...wrapper(capability, call)) }
    out.push('}')
  }
  return [...out, ''].join('\n')
}
