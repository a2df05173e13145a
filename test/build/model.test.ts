/** An app and its model: each way in which they can disagree is an error at the line to blame. */

import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BuildError, appStub, buildApp, findApp, readModule } from '../../src/build/index.js'
import { projectRoot } from '../../src/board/root.js'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-pnp-')) })
afterEach(() => {
  rmSync(folder, { recursive: true })
  const apps = join(projectRoot, 'build', 'apps')
  for (const name of readdirSync(apps)) if (name.startsWith('tinytwin-pnp-')) rmSync(join(apps, name))
})

const model = `[
  {
    "@context": "dtmi:dtdl:context;2",
    "@id": "dtmi:test:Oven;1",
    "@type": "Interface",
    "contents": [
      { "@type": "Telemetry", "name": "celsius", "schema": "double" },
      { "@type": "Telemetry", "name": "door", "schema": "boolean" },
      { "@type": "Property", "name": "target", "schema": "integer", "writable": true },
      { "@type": "Property", "name": "serial", "schema": "string" },
      { "@type": "Command", "name": "stop", "response": { "name": "seconds", "schema": "integer" } },
      { "@type": "Component", "name": "top", "schema": "dtmi:test:Probe;1" }
    ]
  },
  {
    "@context": "dtmi:dtdl:context;2",
    "@id": "dtmi:test:Probe;1",
    "@type": "Interface",
    "contents": [
      { "@type": "Telemetry", "name": "raw", "schema": "integer" },
      { "@type": "Property", "name": "offset", "schema": "integer", "writable": true },
      { "@type": "Command", "name": "calibrate", "request": { "name": "reference", "schema": "integer" } }
    ]
  }
]
`
const good = `import { twin } from "tinytwin";
import { model, top } from "./model.gen";
let target = 200;
let offset = 0;
model.onTarget((value) => { target = value; return twin.accept(); }, () => target);
model.onStop((request) => request.reply(7));
top.onOffset((value) => { offset = value; return twin.accept(); }, () => offset);
top.onCalibrate((request, reference) => { offset = reference; return request.reply(); });
model.telemetry().celsius(1.5).door(true).send();
top.telemetry().raw(5).send();
model.reportSerial("a");
`

/** An app with this text; `stub: false` leaves the stub out. */
function write(text: string, { id = 'dtmi:test:Oven;1', models = model, stub = true, notes }: { id?: string, models?: string, stub?: boolean, notes?: string } = {}): string {
  writeFileSync(join(folder, 'app.json'), notes ?? `{\n  "board": "host",\n  "model": "${id}"\n}\n`)
  writeFileSync(join(folder, 'model.json'), models)
  writeFileSync(join(folder, 'index.ts'), text)
  if (stub) writeFileSync(join(folder, 'model.gen.ts'), appStub(findApp(folder))!.stub.text)
  return folder
}

async function refusal(app: string): Promise<BuildError> {
  const error: unknown = await buildApp({ app }).then(() => undefined, (thrown: unknown) => thrown)
  if (error instanceof BuildError) return error
  throw error ?? new Error('the app was built')
}

const replaced = (from: string, to: string): string => {
  if (!good.includes(from)) throw new Error(`the app has no '${from}'`)
  return good.replace(from, to)
}

/** Place and message of every problem, as \`file:line: message\`. */
async function problems(app: string): Promise<string[]> {
  return (await refusal(app)).problems.map(({ file, line, message }) => `${file?.split('/').at(-1)}:${line}: ${message}`)
}

test('an app that does what its model says is built, and its image says which model', async () => {
  const built = await buildApp({ app: write(good) })
  expect(built.model).toBe('dtmi:test:Oven;1')
  expect(built.sources).toEqual(expect.arrayContaining(['index.ts', 'model.gen.ts', 'model.json', 'app.json'].map((name) => join(folder, name))))
  expect(WebAssembly.validate(built.wasm as BufferSource)).toBe(true)
  const module = await WebAssembly.compile(built.wasm as BufferSource)
  expect(WebAssembly.Module.customSections(module, 'tinytwin.model').map((content) => Buffer.from(content).toString())).toEqual(['dtmi:test:Oven;1'])
  expect(readModule(built.wasm).sections.filter(({ name }) => name.startsWith('custom')).map(({ name }) => name)).toEqual(['custom tinytwin.model'])
})

test.each<[string, string, string, string]>([
  ['a writable property without handler', 'model.onTarget((value) => { target = value; return twin.accept(); }, () => target);', '',
    `model.json:9: the property 'target' is writable, but the app has no handler for it: model.onTarget(…)`],
  ['a command without handler', 'model.onStop((request) => request.reply(7));', '', `model.json:11: the app has no handler for the command 'stop': model.onStop(…)`],
  ['a component\'s property without handler', 'top.onOffset((value) => { offset = value; return twin.accept(); }, () => offset);', '',
    `model.json:21: the property 'offset' is writable, but the app has no handler for it in component 'top': top.onOffset(…)`],
  ['a component\'s command without handler', 'top.onCalibrate((request, reference) => { offset = reference; return request.reply(); });', '',
    `model.json:22: the app has no handler for the command 'calibrate' in component 'top': top.onCalibrate(…)`],
  ['two handlers of one property', 'model.reportSerial("a");', 'model.onTarget((value) => twin.accept(), () => 1);',
    `index.ts:11: the property 'target' of the device has a handler already, in line 5 of`],
])('%s', async (_, from, to, expected) => {
  expect(await problems(write(replaced(from, to)))).toEqual([expect.stringContaining(expected)])
})

test.each<[string, string, string, string]>([
  ['telemetry that is not in the model', '.celsius(1.5)', '.celcius(1.5)', `index.ts:9: dtmi:test:Oven;1 has no telemetry 'celcius' (telemetry: celsius, door). Did you mean 'celsius'?`],
  ['telemetry of another type', '.celsius(1.5)', '.celsius("hot")', `index.ts:9: the telemetry 'celsius' is a number in the model (`],
  ['telemetry of a component on the device', 'top.telemetry().raw(5)', 'model.telemetry().raw(5)', `index.ts:10: dtmi:test:Oven;1 has no telemetry 'raw'`],
  ['a property that is not in the model', 'model.reportSerial("a")', 'model.reportSerialNumber("a")', `index.ts:11: dtmi:test:Oven;1 has no property 'serialNumber' (properties: target, serial).`],
  ['a property of another type', 'model.reportSerial("a")', 'model.reportSerial(7)', `index.ts:11: the property 'serial' is a text in the model (`],
  ['a handler for a property that is not writable', 'model.reportSerial("a")', 'model.onSerial((value) => 200, () => "")', `index.ts:11: the property 'serial' of dtmi:test:Oven;1 is not writable, so it is reported and has no handler.`],
  ['a writable property that is reported', 'model.reportSerial("a")', 'model.reportTarget(5)', `index.ts:11: the property 'target' of dtmi:test:Oven;1 is writable, so it is acknowledged and not reported.`],
  ['a handler for a command that is not in the model', 'model.onStop((request)', 'model.onHalt((request)', `index.ts:6: dtmi:test:Oven;1 has no writable property and no command 'halt' (properties: target, serial; commands: stop).`],
  ['a command answered with another type', 'request.reply(7)', 'request.reply("7")', `index.ts:6: the command 'stop' in the model (`],
  ['a component that is not in the model', 'import { model, top }', 'import { model, topp as top }', `index.ts:2: the model has no component 'topp' (components: top). Did you mean 'top'?`],
])('%s', async (_, from, to, expected) => {
  expect((await problems(write(replaced(from, to))))[0]).toContain(expected)
})

test.each<[string, string, string]>([
  ['telemetry', 'hub.telemetry().i32("celcius", 1).send();', `index.ts:12: the model has no telemetry 'celcius' (telemetry: celsius, door). Did you mean 'celsius'?`],
  ['telemetry of another type', 'hub.telemetry().flag("celsius", true).send();', `index.ts:12: the telemetry 'celsius' is a number (`],
  ['telemetry whose name is not there to read', 'hub.telemetry().i32(names[1], 1).send();', `index.ts:12: what this message has cannot be held against the model`],
  ['a message in pieces', 'const message = hub.telemetry();\nmessage.i32("x", 1).send();', `index.ts:12: what this message has cannot be held against the model: write it in one expression, or by model.telemetry()`],
  ['a desired property', 'twin.onInteger("targett", (value) => twin.accept());', `index.ts:12: the model has no property 'targett' (properties: target, serial). Did you mean 'target'?`],
  ['a desired property of another type', 'twin.onText("target", (value) => twin.accept());', `index.ts:12: the property 'target' of the device has a handler already`],
  ['a desired property that is not writable', 'twin.onText("serial", (value) => twin.accept());', `index.ts:12: the property 'serial' is not writable in the model: model.report… reports it`],
  ['a reported property', 'twin.reportInteger("serial", 5);', `index.ts:12: the property 'serial' is a text (`],
  ['a reported property that is writable', 'twin.reportInteger("target", 5);', `index.ts:12: the property 'target' is writable in the model, so it is acknowledged and not reported`],
  ['a reported property whose name is not there to read', 'twin.reportInteger(names[0], 5);', `index.ts:12: the name given to twin.reportInteger must be known before the run, to be held against the model`],
  ['a method', 'hub.onMethod("halt", (request) => request.reply("1"));', `index.ts:12: the model has no command 'halt' (commands: stop).`],
  ['a method of a component that is not there', 'hub.onMethod("side*calibrate", (request) => request.reply("1"));', `index.ts:12: the model has no component 'side' (components: top)`],
  ['a method a component does not have', 'hub.onMethod("top*stop", (request) => request.reply("1"));', `index.ts:12: the model has no command 'stop' in component 'top' (commands: calibrate)`],
])('past the stub, too: %s', async (_, line, expected) => {
  const text = `${good.replace('import { twin }', 'import { hub, twin }').trimEnd()}\n${line}\n`
  const app = write(line.includes('names[') ? text.replace('let target', 'const names = ["a", "b"]; let target') : text)
  expect((await problems(app))[0]).toContain(expected)
})

test('what goes past the stub and is right is taken', async () => {
  const text = good
    .replace('import { twin }', 'import { hub, twin }')
    .replace('model.telemetry().celsius(1.5).door(true).send();', 'hub.telemetry().fixed("celsius", 15, 1).flag("door", true).send();')
    .replace('model.onStop((request) => request.reply(7));', 'hub.onMethod("stop", (request) => request.reply("7"));')
    .replace('top.onCalibrate((request, reference) => { offset = reference; return request.reply(); });', 'hub.onMethod("top*calibrate", (request) => request.reply("null"));')
    .replace('model.reportSerial("a");', 'twin.reportText("serial", "a");')
  expect((await buildApp({ app: write(text) })).model).toBe('dtmi:test:Oven;1')
})

test('a stub that is not there', async () => {
  expect(await problems(write(good, { stub: false }))).toEqual([expect.stringContaining('model.gen.ts:1: there is no model.gen.ts yet')])
})

test('a stub that is older than its model names the first line that differs', async () => {
  const app = write(good)
  writeFileSync(join(app, 'model.json'), model.replace('"name": "door"', '"name": "doorOpen"'))
  const stub = readFileSync(join(app, 'model.gen.ts'), 'utf8').split('\n')
  const line = stub.findIndex((text) => text.includes('  door(')) + 1
  expect(await problems(app)).toEqual([expect.stringContaining(`model.gen.ts:${line}: the stub is not what ${app}/model.json says any more. Run: npx tinytwin model ${app}`)])
})

test('a stub of another model names both', async () => {
  const app = write(good)
  writeFileSync(join(app, 'app.json'), '{ "board": "host", "model": "dtmi:test:Probe;1" }')
  expect(await problems(app)).toEqual([expect.stringMatching(/^model\.gen\.ts:\d+: the stub is of the model 'dtmi:test:Oven;1', but app\.json says 'dtmi:test:Probe;1'/)])
})

test.each<[string, NonNullable<Parameters<typeof write>[1]>, string]>([
  ['an interface that is not in the model file', { id: 'dtmi:test:Ovn;1' }, `app.json:3: model.json has no interface 'dtmi:test:Ovn;1' (it has dtmi:test:Oven;1, dtmi:test:Probe;1). Did you mean 'dtmi:test:Oven;1'?`],
  ['a model file that is wrong', { models: model.replace('"double"', '"duble"') }, `model.json:7: there is no schema 'duble'`],
  ['a model file that app.json does not mention', { notes: '{ "board": "host" }' }, 'app.json:1: the app has a model.json but does not say which interface it is: add "model": "dtmi:…" to app.json'],
])('%s', async (_, options, expected) => {
  expect(await problems(write(good, { ...options, stub: false }))).toEqual([expect.stringContaining(expected)])
})

test('a model that is nowhere', async () => {
  const app = write(good)
  rmSync(join(app, 'model.json'))
  expect(await problems(app)).toEqual([expect.stringContaining(`app.json:3: there is neither model.json nor a folder model beside it, where 'dtmi:test:Oven;1' would be`)])
})

test('a model that is no text is one sentence', async () => {
  expect((await refusal(write(good, { notes: '{ "model": 7 }', stub: false }))).message).toContain('at /model: it must be the id of an interface')
})

test('a handler that goes is noticed although nothing else changed', async () => {
  await buildApp({ app: write(good) })
  writeFileSync(join(folder, 'model.json'), model.replace('"writable": true },\n      { "@type": "Property", "name": "serial"', '"writable": true },\n\n      { "@type": "Property", "name": "serial"'))
  expect((await buildApp({ app: folder })).compiled).toBe(false)
  writeFileSync(join(folder, 'index.ts'), replaced('model.onStop((request) => request.reply(7));', ''))
  expect(await problems(folder)).toEqual([expect.stringContaining(`model.json:12: the app has no handler for the command 'stop'`)])
})
