/** What DTDL does not allow is refused with the place in the file. */

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ModelError } from '../../src/model/index.js'
import { Source } from '../../src/model/json.js'
import { Library } from '../../src/model/library.js'
import { stubOf } from '../../src/model/stub.js'

/** A model's text with the place of what is wrong marked by » before it. */
function marked(text: string): { readonly text: string, readonly line: number, readonly column: number } {
  const at = text.indexOf('»')
  const before = text.slice(0, at)
  return { text: text.replace('»', ''), line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}

function problemsOf(...texts: readonly string[]): ModelError['problems'] {
  try {
    const library = new Library(texts.map((text, index) => new Source(`model${index === 0 ? '' : index}.json`, text)))
    for (const id of library.ids) stubOf(library.model(id)!, 'model.json')
  } catch (error) {
    if (error instanceof ModelError) return error.problems
    throw error
  }
  return []
}

const v2 = '"@context": "dtmi:dtdl:context;2"'
const v3 = '"@context": "dtmi:dtdl:context;3"'
const quantities = '"@context": ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]'
const of = (contents: string, context = v2, more = ''): string => `{\n  ${context},\n  "@id": "dtmi:a:B;1",\n  "@type": "Interface",${more}\n  "contents": [\n    ${contents}\n  ]\n}`
const telemetry = (more: string): string => `{ "@type": "Telemetry", "name": "t", ${more} }`
const many = (count: number, item: (index: number) => string): string => Array.from({ length: count }, (_, index) => item(index)).join(', ')
const base = (id: string, contents = '', more = ''): string => `{ ${v2}, "@id": "${id}", "@type": "Interface"${more}, "contents": [${contents}] }`
const deep = (levels: number): string => levels === 0 ? '"integer"' : `{ "@type": "Array", "elementSchema": ${deep(levels - 1)} }`

test.each<[string, string, string]>([
  ['text that is not JSON', '{»', 'this is not JSON: close brace expected'],
  ['a comment', '{ »// no\n }', 'this is not JSON: invalid comment token'],
  ['an empty file', '»', 'this is not JSON: value expected'],
  ['a name that comes twice', `{ ${v2}, »${v2}, "@id": "dtmi:a:B;1", "@type": "Interface" }`, `the name '@context' comes twice`],
  ['a file without an interface', '»[]', 'there is no interface in it'],
  ['something that is no interface', `{ ${v2}, "@id": "dtmi:a:B;1", "@type": »"Telemetry" }`, 'the @type must be Interface'],
  ['an interface without context', '»{ "@id": "dtmi:a:B;1", "@type": "Interface" }', 'an interface needs an @context'],
  ['a version of DTDL that is not supported', '{ "@context": »"dtmi:dtdl:context;4", "@id": "dtmi:a:B;1", "@type": "Interface" }', 'DTDL version 4 is not supported: 2 and 3 are'],
  ['two versions of DTDL', '{ "@context": ["dtmi:dtdl:context;2", »"dtmi:dtdl:context;3"], "@id": "dtmi:a:B;1", "@type": "Interface" }', 'an interface is of one version of DTDL'],
  ['an interface without id', `»{ ${v2}, "@type": "Interface" }`, 'an interface needs an @id'],
  ['an id that is none', `{ ${v2}, "@id": »"dtmi:a:1b;1", "@type": "Interface" }`, `'dtmi:a:1b;1' is no model id`],
  ['an id ending in an underscore', `{ ${v2}, "@id": »"dtmi:a:b_;1", "@type": "Interface" }`, 'is no model id'],
  ['an id with version 0', `{ ${v2}, "@id": »"dtmi:a:b;0", "@type": "Interface" }`, 'is no model id'],
  ['an id without version in v2', `{ ${v2}, "@id": »"dtmi:a:b", "@type": "Interface" }`, 'has no version: add ;1'],
  ['a minor version in v2', `{ ${v2}, "@id": »"dtmi:a:b;1.2", "@type": "Interface" }`, 'has a minor version, which DTDL v2 does not know'],
  ['an id of the language itself', `{ ${v2}, "@id": »"dtmi:dtdl:b;1", "@type": "Interface" }`, `is an id of the language's own`],
  ['an id that is too long', `{ ${v2}, "@id": »"dtmi:a:${'b'.repeat(120)};1", "@type": "Interface" }`, 'more than 128'],
  ['a member an interface does not have', of(telemetry('"schema": "integer"'), v2, '\n  »"content": [],'), `an interface has no 'content' in DTDL v2`],
  ['contents of an unknown type', of('{ "@type": »"Telemetri", "name": "t", "schema": "integer" }'), `Did you mean 'Telemetry'?`],
  ['contents of two types', of('{ "@type": [»"Telemetry", "Property"], "name": "t", "schema": "integer" }'), 'an element of contents has one of the types'],
  ['an element without a name', of('»{ "@type": "Telemetry", "schema": "integer" }'), 'a telemetry needs a name'],
  ['a name that begins with a digit', of('{ "@type": "Telemetry", "name": »"1t", "schema": "integer" }'), `'1t' is no name`],
  ['a name that ends in an underscore', of('{ "@type": "Telemetry", "name": »"t_", "schema": "integer" }'), `'t_' is no name`],
  ['a name longer than 64 in v2', of(`{ "@type": "Telemetry", "name": »"${'t'.repeat(65)}", "schema": "integer" }`), 'a name has at most 64 characters in DTDL v2'],
  ['two elements of one name', of(`${telemetry('"schema": "integer"')},\n    { "@type": "Property", "name": »"t", "schema": "integer" }`), `'t' is there twice`],
  ['an element without schema', of('»{ "@type": "Property", "name": "p" }'), 'a property needs a schema'],
  ['an unknown schema', of(telemetry('"schema": »"int"')), `Did you mean 'integer'?`],
  ['a member an element does not have', of(`{ "@type": "Telemetry", "name": "t", "schema": "integer", »"writable": true }`), `a telemetry has no 'writable'`],
  ['writable that is no flag', of('{ "@type": "Property", "name": "p", "schema": "integer", "writable": »"yes" }'), 'writable is true or false'],
  ['a displayName that is too long in v2', of(telemetry(`"schema": "integer", "displayName": »"${'d'.repeat(65)}"`)), 'a displayName has at most 64 characters'],
  ['a description that is no text', of(telemetry('"schema": "integer", "description": »7')), 'a description is a text'],
  ['a language that is none', of(telemetry('"schema": "integer", "displayName": { »"english!": "T" }')), 'is no language'],
  ['a semantic type that is none', of('{ "@type": ["Telemetry", »"very hot"], "name": "t", "schema": "integer" }'), 'is no semantic type'],
  ['a semantic type of a text', of('{ "@type": ["Telemetry", »"Temperature"], "name": "t", "schema": "string" }'), 'is for numbers'],
  ['a semantic type without its context in v3', of('{ "@type": ["Telemetry", »"Temperature"], "name": "t", "schema": "double" }', v3), 'quantitativeTypes'],
  ['a unit without a semantic type', of(telemetry('"schema": "double", "unit": »"metre"'), quantities), 'a unit needs a semantic type'],
  ['a unit that is no name', of('{ "@type": ["Telemetry", "Length"], "name": "t", "schema": "double", "unit": »"m/s" }'), 'a unit is a name such as degreeCelsius'],
  ['an array in a property of v2', of('{ "@type": "Property", "name": "p", "schema": »{ "@type": "Array", "elementSchema": "integer" } }'), 'a property has no array in DTDL v2'],
  ['a schema in place without a type', of(telemetry('"schema": »{ "fields": [] }')), 'a schema in place has one of the types'],
  ['an array without elements', of(telemetry('"schema": »{ "@type": "Array" }')), 'an array needs a schema'],
  ['an enum without values', of(telemetry('"schema": »{ "@type": "Enum", "valueSchema": "integer", "enumValues": [] }')), 'an enum has 1 to 100 values'],
  ['an enum of floats', of(telemetry('"schema": { "@type": "Enum", "valueSchema": »"double", "enumValues": [] }')), 'an enum needs a valueSchema, integer or string'],
  ['an enum value of another kind', of(telemetry('"schema": { "@type": "Enum", "valueSchema": "integer", "enumValues": [{ "name": "a", "enumValue": »"1" }] }')), 'the enumValue is not an integer of 32 bits'],
  ['an enum value beyond 32 bits', of(telemetry('"schema": { "@type": "Enum", "valueSchema": "integer", "enumValues": [{ "name": "a", "enumValue": »3000000000 }] }')), 'the enumValue is not an integer of 32 bits'],
  ['an enum value that comes twice', of(telemetry('"schema": { "@type": "Enum", "valueSchema": "string", "enumValues": [{ "name": "a", "enumValue": "x" }, { "name": "b", "enumValue": »"x" }] }')), 'the enumValue "x" comes twice'],
  ['more than 30 fields in v2', of(telemetry(`"schema": »{ "@type": "Object", "fields": [${many(31, (index) => `{ "name": "f${index}", "schema": "integer" }`)}] }`)), 'an object has at most 30 fields in DTDL v2, this one 31'],
  ['two fields of one name', of(telemetry('"schema": { "@type": "Object", "fields": [{ "name": "a", "schema": "long" }, { "name": »"a", "schema": "long" }] }')), `two fields are called 'a'`],
  ['a map whose key is no string', of(telemetry('"schema": { "@type": "Map", "mapKey": »{ "name": "k", "schema": "integer" }, "mapValue": { "name": "v", "schema": "integer" } }')), 'the key of a map is a string'],
  ['a map without values', of(telemetry('"schema": »{ "@type": "Map", "mapKey": { "name": "k", "schema": "string" } }')), 'a map needs a mapValue'],
  ['six levels in v2', of(telemetry(`"schema": ${'{ "@type": "Array", "elementSchema": '.repeat(5)}»{ "@type": "Array", "elementSchema": "integer" }${' }'.repeat(5)}`)), 'schemas are nested deeper than 5'],
  ['nine levels in v3', of(telemetry(`"schema": ${'{ "@type": "Array", "elementSchema": '.repeat(8)}»{ "@type": "Array", "elementSchema": "integer" }${' }'.repeat(8)}`), v3), 'schemas are nested deeper than 8'],
  ['a schema that is not there', of(telemetry('"schema": »"dtmi:a:b:c;1"')), `there is no schema 'dtmi:a:b:c;1'`],
  ['a schema that contains itself', of(telemetry('"schema": "dtmi:a:b:c;1"'), v2, '\n  "schemas": [{ "@id": "dtmi:a:b:c;1", "@type": "Array", "elementSchema": »"dtmi:a:b:c;1" }],'), 'contains itself'],
  ['a reusable schema without id', of(telemetry('"schema": "integer"'), v2, '\n  "schemas": [»{ "@type": "Array", "elementSchema": "integer" }],'), 'an entry of schemas is an object with an @id'],
  ['a component without schema', of('»{ "@type": "Component", "name": "c" }'), 'a component needs a schema'],
  ['a component that is not there', of('{ "@type": "Component", "name": "c", "schema": »"dtmi:a:C;1" }'), `the interface 'dtmi:a:C;1' is not in the models that are there`],
  ['an interface that is its own component', of('{ "@type": "Component", "name": "c", "schema": »"dtmi:a:B;1" }'), 'contains itself'],
  ['a component of components', of(`{ "@type": "Component", "name": "c", "schema": »${base('dtmi:a:C;1', `{ "@type": "Component", "name": "d", "schema": ${base('dtmi:a:D;1')} }`)} }`), 'has components, so it cannot be one'],
  ['an interface that extends itself', of(telemetry('"schema": "integer"'), v2, '\n  "extends": »"dtmi:a:B;1",'), 'extends itself'],
  ['three bases in v2', of(telemetry('"schema": "integer"'), v2, `\n  "extends": [${base('dtmi:a:C;1')}, ${base('dtmi:a:D;1')}, »${base('dtmi:a:E;1')}],`), 'an interface extends at most 2 others'],
  ['a name that the base has', of(`{ "@type": "Telemetry", "name": »"t", "schema": "integer" }`, v2, `\n  "extends": ${base('dtmi:a:C;1', telemetry('"schema": "integer"'))},`), `'t' is there twice, here or in what is extended`],
  ['301 contents in v2', `»${of(many(301, (index) => `{ "@type": "Telemetry", "name": "t${index}", "schema": "integer" }`))}`, 'an interface has at most 300 contents in DTDL v2, this one 301'],
  ['a request that is no object', of('{ "@type": "Command", "name": "c", "request": »"integer" }'), 'a request is an object with name and schema'],
  ['a request without a name', of('{ "@type": "Command", "name": "c", "request": »{ "schema": "integer" } }'), 'a request needs a name'],
  ['more commands than a device answers', of(`${many(16, (index) => `{ "@type": "Command", "name": "c${index}" }`)}, { "@type": "Command", "name": »"one" }`), 'a device answers at most 16 commands'],
  ['more writable properties than a device has', of(`${many(24, (index) => `{ "@type": "Property", "name": "p${index}", "schema": "integer", "writable": true }`)}, { "@type": "Property", "name": »"one", "schema": "integer", "writable": true }`), 'a device has at most 24 writable properties'],
  ['a command whose name the hub does not take', of(`{ "@type": "Command", "name": »"${'c'.repeat(129)}" }`, v3), 'has more than the 128 characters the hub takes'],
])('%s', (_, model, message) => {
  const { text, line, column } = marked(model)
  const problems = problemsOf(text)
  expect(problems[0]).toMatchObject({ file: 'model.json', message: expect.stringContaining(message) })
  expect({ line: problems[0]!.line, column: problems[0]!.column }).toEqual({ line, column })
})

test('everything wrong in a file is told, each at its line', () => {
  const problems = problemsOf(of(`{ "@type": "Telemetry", "name": "1", "schema": "int" },\n    { "@type": "Property", "name": "p" }`))
  expect(problems.map(({ line }) => line)).toEqual([6, 6, 7])
})

test('an interface that is in two files is refused in the second, which names the first', () => {
  expect(problemsOf(base('dtmi:a:B;1'), base('dtmi:a:B;1'))[0]).toMatchObject({ file: 'model1.json', message: `the interface 'dtmi:a:B;1' is in model.json too` })
})

test('bases are followed for 10 levels and no further', () => {
  const chain = (levels: number): string[] => Array.from({ length: levels + 1 }, (_, index) => base(`dtmi:a:L${index};1`, '', index === levels ? '' : `, "extends": "dtmi:a:L${index + 1};1"`))
  expect(problemsOf(...chain(10))).toEqual([])
  for (const order of [chain(11), chain(11).toReversed()]) {
    expect(problemsOf(...order)).toMatchObject([{ message: 'interfaces extend one another deeper than 10 levels', text: expect.stringContaining('dtmi:a:L0;1') }])
  }
})

test('a schema nested as deeply as allowed is taken', () => {
  expect(problemsOf(of(telemetry(`"schema": ${deep(5)}`)))).toEqual([])
  expect(problemsOf(of(telemetry(`"schema": ${deep(8)}`), v3))).toEqual([])
})

test('JSON nested a hundred thousand times is one sentence', () => {
  expect(problemsOf('['.repeat(100_000)).map(({ message }) => message)).toEqual([expect.stringMatching(/nested too deeply|not JSON/)])
})

test('a relationship is noted and otherwise ignored', () => {
  const library = new Library([new Source('model.json', of(`{ "@type": "Relationship", "name": "r", "target": "dtmi:a:C;1" },\n    ${telemetry('"schema": "integer"')}`))])
  const model = library.model('dtmi:a:B;1')
  expect(model?.root.contents.map(({ name }) => name)).toEqual(['t'])
  expect(model?.notes).toMatchObject([{ line: 6, message: `the relationship 'r' is ignored: a device has none` }])
})

test('a component does not count as a level of bases', () => {
  const chain = Array.from({ length: 11 }, (_, index) => base(`dtmi:a:L${index};1`, '', index === 10 ? '' : `, "extends": "dtmi:a:L${index + 1};1"`))
  expect(problemsOf(...chain, base('dtmi:a:Top;1', '{ "@type": "Component", "name": "c", "schema": "dtmi:a:L0;1" }'))).toEqual([])
})

test('nullable is noted: the request must be there all the same', () => {
  const library = new Library([new Source('model.json', of('{ "@type": "Command", "name": "c", "request": { "name": "r", "schema": "integer", "nullable": true } }', v3))])
  expect(library.model('dtmi:a:B;1')?.notes).toMatchObject([{ line: 6, message: 'nullable is ignored: the request must be there' }])
})

// mulberry32: the same damage on every run.
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

test('a damaged model is a model or a list of problems with places, never anything else', () => {
  const folder = join(import.meta.dirname, 'models')
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  const words = ['"Object"', '"schema"', '"@id"', '"dtmi:test:Probe;1"', '"extends"', 'null', '[]', '{}', '7', '"integer"', ',', '}', '"@type"', '"fields"', '"enumValues"']
  const next = random(3)
  const pick = (below: number): number => Math.floor(next() * below)
  let refused = 0
  for (let turn = 0; turn < 3000; turn++) {
    let text = texts[turn % texts.length]!
    for (let damage = pick(3); damage >= 0; damage--) {
      const tokens = [...text.matchAll(/"[^"]*"|[[\]{},:]|\w+/g)]
      const [token] = [tokens[pick(tokens.length)]!]
      const put = next() < 0.3 ? '' : next() < 0.5 ? words[pick(words.length)]! : tokens[pick(tokens.length)]![0]
      text = text.slice(0, token.index) + put + text.slice(token.index + token[0].length)
    }
    const problems = problemsOf(text)
    if (problems.length > 0) refused++
    for (const { line, column } of problems) expect([line >= 1 && line <= text.split('\n').length, column >= 1]).toEqual([true, true])
  }
  expect(refused).toBeGreaterThan(2000)
})
