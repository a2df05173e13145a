/** Building apps: what comes out, what is taken from the cache, and the sentence for what cannot be built. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BuildError, appNames, buildApp, checkWasm, findApp, readModule } from '../../src/build/index.js'
import { loadBoard } from '../../src/board/index.js'
import { projectRoot } from '../../src/board/root.js'
import { simulate } from '../../src/sim/index.js'

const appsFolder = join(projectRoot, 'build', 'apps')
let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tinytwin-build-')) })
afterEach(() => {
  rmSync(folder, { recursive: true })
  for (const name of readdirSync(appsFolder)) if (name.startsWith('scratch-')) rmSync(join(appsFolder, name))
})

const blink = 'import { OutputPin, every } from "tinytwin";\nconst led = OutputPin.open("led");\nevery(500, () => { led.toggle(); });\n'

function write(source: string, name = 'scratch'): string {
  mkdirSync(join(folder, name), { recursive: true })
  const file = join(folder, name, 'index.ts')
  writeFileSync(file, source)
  return file
}

function filesOf(app: string): string[] {
  return readdirSync(appsFolder).filter((name) => name.startsWith(`${app}-`))
}

async function refusal(app: string, board = 'blink-nano'): Promise<BuildError> {
  const error: unknown = await buildApp({ app, board }).then(() => undefined, (thrown: unknown) => thrown)
  if (error instanceof BuildError) return error
  throw error ?? new Error('the app was built')
}

test('an app of one file outside the project becomes a valid module without names, with its map and build id', async () => {
  const built = await buildApp({ app: write(blink), board: 'blink-nano' })
  expect(WebAssembly.validate(built.wasm as BufferSource)).toBe(true)
  expect(built).toMatchObject({ name: 'scratch', capabilities: ['device', 'timer', 'gpio', 'hub'], buildId: expect.stringMatching(/^[0-9a-f]{16}$/) })
  expect(readModule(built.wasm).sections.filter(({ name }) => name.startsWith('custom'))).toEqual([])
  expect([...built.functionNames.values()]).toContain('~lib/sdk/timer/find')
  expect((JSON.parse(built.map) as { sources: string[] }).sources).toEqual(expect.arrayContaining([join(folder, 'scratch', 'index.ts'), 'assembly/sdk/pin.ts']))
})

test('every app that comes with TinyTwin builds for its own board', async () => {
  for (const app of appNames()) {
    const built = await buildApp({ app })
    expect(built.board.name).toBe(findApp(app).board)
  }
}, 300_000)

test('what did not change is taken from the cache, and what changed is compiled again', async () => {
  const app = write(blink)
  const first = await buildApp({ app, board: 'blink-nano' })
  const second = await buildApp({ app, board: 'blink-nano' })
  write(blink.replace('500', '700'))
  const third = await buildApp({ app, board: 'blink-nano' })
  expect([first.compiled, second.compiled, third.compiled]).toEqual([true, false, true])
  expect(second).toEqual({ ...first, compiled: false, sources: second.sources })
  expect(third.buildId).not.toBe(first.buildId)
})

test('a source with a new date and the old text is not compiled again', async () => {
  const app = write(blink)
  await buildApp({ app, board: 'blink-nano' })
  utimesSync(app, new Date(), new Date(Date.now() + 60_000))
  expect((await buildApp({ app, board: 'blink-nano' })).compiled).toBe(false)
})

test('a change in an imported file is noticed', async () => {
  const app = write(blink.replace('500', 'period').replace('const led', 'import { period } from "./period";\nconst led'))
  writeFileSync(join(folder, 'scratch', 'period.ts'), 'export const period = 100;\n')
  const first = await buildApp({ app, board: 'blink-nano' })
  writeFileSync(join(folder, 'scratch', 'period.ts'), 'export const period = 200;\n')
  expect((await buildApp({ app, board: 'blink-nano' })).buildId).not.toBe(first.buildId)
})

test('a torn cache is compiled over, and no part of a file stays behind', async () => {
  const app = write(blink)
  const first = await buildApp({ app, board: 'blink-nano' })
  const manifest = readdirSync(appsFolder).find((name) => /^scratch-[0-9a-f]+\.json$/.test(name)) ?? ''
  writeFileSync(join(appsFolder, manifest), '{"format":1,"inp')
  const second = await buildApp({ app, board: 'blink-nano' })
  expect(second).toMatchObject({ compiled: true, buildId: first.buildId })
  expect(readdirSync(appsFolder).filter((name) => name.endsWith('.part'))).toEqual([])
})

test('what was built of a source that is gone leaves the cache with the next build', async () => {
  await buildApp({ app: write(blink, 'gone'), board: 'blink-nano' })
  expect(filesOf('gone')).toHaveLength(3)
  rmSync(join(folder, 'gone'), { recursive: true })
  await buildApp({ app: write(blink), board: 'blink-nano' })
  expect(filesOf('gone')).toEqual([])
})

test('a compiler error names file, line, column and shows the line', async () => {
  const error = await refusal(write(blink.replace('toggle', 'togle')))
  expect(error.problems[0]).toMatchObject({ line: 3, column: 24, text: 'every(500, () => { led.togle(); });' })
  expect(error.message).toMatch(/scratch\/index\.ts:3:24: Property 'togle' does not exist on type '.*OutputPin'\. \(AS2339\)\n {2}every/)
})

test('a syntax error is told the same way, and nothing of it is cached', async () => {
  const error = await refusal(write('import { OutputPin } from "tinytwin";\nconst led = ;\n'))
  expect(error.message).toContain('index.ts:2:13: Expression expected.')
  expect(filesOf('scratch')).toEqual([])
})

test('an app that imports i2c for a board without it fails with one sentence that names pin and board', async () => {
  const error = await refusal('i2c-probe')
  expect(error.message.split('\n')[0]).toBe('assembly/apps/i2c-probe/index.ts:5:25: board \'blink-nano\' has no pin \'i2c0\' (pins: led, button). Add it to boards/blink-nano/board.json')
})

test('a capability behind a name that only the run knows is refused by name of capability, board and its pins', async () => {
  const app = write('import { I2c, device } from "tinytwin";\nconst bus = I2c.open(device.uptimeMs() > 5 ? "a" : "b").device(1);\nbus.writeRegister8(0, 1);\n')
  expect((await refusal(app)).message).toBe('scratch uses \'i2c\', but board \'blink-nano\' has no pin of kind i2c (its pins: led (output), button (input))')
})

test.each([
  ['a pin the board does not have', 'OutputPin.open("lde")', `board 'blink-nano' has no pin 'lde' (pins: led, button). Did you mean 'led'?`],
  ['a pin of another kind', 'OutputPin.open("button")', `pin 'button' of board 'blink-nano' is an input, not an output (those are: led)`],
  ['a pin of a kind the board does not have', 'AnalogIn.open("led")', `pin 'led' of board 'blink-nano' is an output, not an analog input (it has none)`],
])('%s is an error at the app\'s line', async (_, call, problem) => {
  const error = await refusal(write(`import { AnalogIn, OutputPin } from "tinytwin";\n\nconst pin = ${call};\n`))
  expect(error.problems).toMatchObject([{ line: 3, message: expect.stringContaining(problem) }])
})

test.each([
  ['a constant', 'const name = "lde";\nOutputPin.open(name);', 3],
  ['a constant made of constants', 'const led = "le"; const name: string = (led + "de");\n\nOutputPin.open(name);', 4],
  ['a template without holes', 'OutputPin.open(`lde`);', 2],
])('a wrong name that is %s is an error at the call', async (_, calls, line) => {
  expect((await refusal(write(`import { OutputPin } from "tinytwin";\n${calls}\n`))).problems).toMatchObject([{ line, message: expect.stringMatching(/has no pin 'le?de'/) }])
})

test('a wrong name in a constant of another file is an error at the call', async () => {
  const app = write('import { OutputPin } from "tinytwin";\nimport { lamp } from "./names";\nOutputPin.open(lamp);\n')
  writeFileSync(join(folder, 'scratch', 'names.ts'), 'export const lamp = "lamp";\n')
  expect((await refusal(app)).problems).toMatchObject([{ line: 3, message: expect.stringContaining(`has no pin 'lamp'`) }])
})

test('a name that changes, or that two things have, is left to the run', async () => {
  const source = 'import { OutputPin } from "tinytwin";\nlet name = "lamp";\nfunction light(lamp: string): void { OutputPin.open(lamp); }\nconst lamp = "no pin";\nif (lamp.length == 7) name = "led";\nlight("led");\nOutputPin.open(name);\n'
  expect((await buildApp({ app: write(source), board: 'blink-nano' })).name).toBe('scratch')
})

test.each([
  ['an alias of no pin', 'OutputPin.open("D4")', `'D4' of board 'mine' is PC6, which none of its pins is wired to (pins: led, button). Give it a name in `],
  ['an alias of a pin of another kind', 'AnalogIn.open("D13")', `pin 'D13' ('led') of board 'mine' is an output, not an analog input (it has none); PA10 of stm32f405 cannot be one`],
  ['a pin of the chip', 'OutputPin.open("PA10")', `board 'mine' calls PA10 'led'; open it by that name`],
])('%s is an error at the app\'s line', async (_, call, problem) => {
  const error = await refusal(write(`import { AnalogIn, OutputPin } from "tinytwin";\n\nconst pin = ${call};\n`), mine())
  expect(error.problems).toMatchObject([{ line: 3, message: expect.stringContaining(problem) }])
})

test('an alias of a pin builds, and on the device it is that pin', async () => {
  const app = write('import { OutputPin, log } from "tinytwin";\nconst pin = OutputPin.open("D13");\npin.write(true);\nlog.info("open");\n')
  await using device = await simulate(app, { board: mine(), seed: 1 })
  await device.advance('1s')
  expect(device.pin('led').level).toBe(1)
})

/** A blink-nano with names printed on it. */
function mine(): string {
  mkdirSync(join(folder, 'mine'), { recursive: true })
  const file = join(folder, 'mine', 'board.json')
  writeFileSync(file, JSON.stringify({ name: 'mine', extends: 'blink-nano', aliases: { D13: 'PA10', D4: 'PC6' } }))
  return file
}

test('a class of the SDK under another name is still checked, and one of the same name that is not the SDK\'s is not', async () => {
  const renamed = await refusal(write('import { OutputPin as Out } from "tinytwin";\nOut.open("pump");\n'))
  expect(renamed.message).toContain(`has no pin 'pump'`)
  const own = 'import { OutputPin } from "tinytwin";\nOutputPin.open("led");\nclass Pwm { static open(name: string): i32 { return name.length; } }\nPwm.open("no pin");\n'
  expect((await buildApp({ app: write(own), board: 'blink-nano' })).name).toBe('scratch')
})

test('static data beyond the board\'s guest memory is refused', async () => {
  const error = await refusal(write('import { log } from "tinytwin";\nconst table = memory.data(9000);\nlog.info(load<u8>(table) > 0 ? "a" : "b");\n'))
  expect(error.message).toMatch(/^the app's static data takes 9\d\d\d bytes, more than the board's guestBytes of 8192$/)
})

test.each([
  ['an unknown app', 'cofee-machine', /^there is no app 'cofee-machine' \(apps: .*coffee-machine.*\)\. Did you mean 'coffee-machine'\?$/],
  ['a file that is not there', './nowhere.ts', /^there is no file or folder '\.\/nowhere\.ts'$/],
  ['a file that is no TypeScript', './package.json', /^'\.\/package\.json' is no TypeScript file$/],
  ['a folder without index.ts', './boards', /^the folder '\.\/boards' has no index\.ts$/],
])('%s is one sentence', async (_, app, message) => {
  expect((await refusal(app)).message).toMatch(message)
})

test.each([
  ['text that is not JSON', '{', 'is not JSON'],
  ['a board that is no name', '{"board":7}', 'must be an object such as {"board": "host"}'],
  ['a key without an action', '{"keys":[{"key":"b","title":"brew"}]}', 'at /keys: each must be such as'],
])('an app.json with %s is one sentence', async (_, text, problem) => {
  const app = write(blink)
  writeFileSync(join(folder, 'scratch', 'app.json'), text)
  const error = await refusal(app)
  expect(error.message).toContain(problem)
  expect(error.message).not.toContain('\n')
})

test('a module from elsewhere is checked as strictly as one just compiled', async () => {
  const board = loadBoard('blink-nano')
  await expect(checkWasm(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0), board)).rejects.toThrow(`the app does not export the function 'start' as v()`)
  await expect(checkWasm(Uint8Array.of(1, 2, 3), board)).rejects.toThrow('the module is not valid WebAssembly')
})
