/** `tinytwin model`: from a DTDL model to the stub an app is written against. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { suggestion } from '../board/nearest.js'
import { shown } from '../board/root.js'
import { appStub, describeProblem, findApp, plannedApp } from '../build/index.js'
import { ModelError, loadLibrary, stubOf, type Model } from '../model/index.js'
import { CliError, type Command } from './command.js'
import { writeFiles } from './files.js'

export const modelCommand: Command = {
  name: 'model',
  summary: 'Makes typed stubs from a DTDL model (Plug and Play).',
  doc: 'Reads DTDL v2 and v3 and writes the AssemblyScript an app is written against: telemetry, properties with their acknowledgements, commands and components, each with its type. The folder of an app whose app.json names its model gets model.gen.ts; the build refuses an app and a model that disagree.',
  arguments: [{ name: 'FILE', doc: 'A model file, a folder of them, or the folder or name of an app.' }],
  options: [
    { name: 'id', value: 'DTMI', doc: 'The interface the device announces. Default: the one no other extends or contains.' },
    { name: 'out', value: 'FILE', doc: 'Where the stub goes. Default: model.gen.ts beside FILE, or in the app.' },
    { name: 'check', doc: 'Write nothing; exit code 1 when the stub is not what the model says.' },
  ],
  examples: [
    ['model assembly/apps/thermostat', 'After a change of its model.json.'],
    ['model ./models --id "dtmi:com:example:Oven;1" --out oven/model.gen.ts', 'One interface of many.'],
  ],
  run: async ({ args, terminal }) => {
    const { model, text, file } = find(args.positionals[0] ?? '', args.text('id'))
    const out = resolve(args.text('out') ?? file)
    const before = existsSync(out) && statSync(out).isFile() ? readFileSync(out, 'utf8') : undefined
    for (const note of model.notes) terminal.say(`note: ${describeProblem(note)}\n`)
    const current = before === text
    if (args.flag('check')) {
      if (!current) throw new CliError(before === undefined ? `'${shown(out)}' is not there. Run the same without --check` : `'${shown(out)}' is not what the model says. Run the same without --check`)
    } else if (!current) {
      writeFiles([{ path: out, content: text, kind: 'stub' }])
    }
    const counts = { telemetry: 0, property: 0, command: 0, component: 0 }
    for (const { kind } of model.root.contents) counts[kind]++
    terminal.print(args.json
      ? `${JSON.stringify({ type: 'model', model: model.root.id, file: out, written: !current && !args.flag('check'), ...counts })}\n`
      : `${shown(out)}: ${model.root.id}, ${counts.telemetry} telemetry, ${counts.property} properties, ${counts.command} commands, ${counts.component} components${current ? ' (unchanged)' : ''}\n`)
    return 0
  },
}

function find(path: string, id: string | undefined): { readonly model: Model, readonly text: string, readonly file: string } {
  const app = plannedApp(path) ?? (/^[a-z0-9][a-z0-9-]*$/.test(path) && !existsSync(path) ? findApp(path) : undefined)
  if (app !== undefined && id === undefined) {
    const found = appStub(app)
    if (found === undefined) throw new CliError(`the app '${path}' has no model: add "model": "dtmi:…" to its app.json`)
    return { model: found.model, text: found.stub.text, file: found.file }
  }
  try {
    const { library } = loadLibrary(path)
    const wanted = id ?? (library.roots.length === 1 ? library.roots[0] : undefined)
    if (wanted === undefined) throw new CliError(`there are several interfaces that could be the device's: ${library.roots.join(', ') || library.ids.join(', ')}. Say which: --id DTMI`)
    const model = library.model(wanted)
    if (model === undefined) throw new CliError(`'${path}' has no interface '${wanted}' (it has ${library.ids.join(', ')}).${suggestion(wanted, library.ids)}`)
    const absolute = resolve(path)
    return { model, text: stubOf(model, basename(absolute)).text, file: join(dirname(absolute), 'model.gen.ts') }
  } catch (error) {
    if (error instanceof ModelError) throw new CliError(error.problems.map(describeProblem).join('\n'), { cause: error })
    throw error
  }
}
