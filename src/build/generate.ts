/** Writes the stubs of the apps that come with TinyTwin, or with `--check` names each that is not what its model says. */

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { shown } from '../board/root.js'
import { appNames, findApp } from './app.js'
import { appStub, stubProblem } from './app_model.js'
import { describeProblem } from './error.js'

function main(args: readonly string[]): number {
  let stale = 0
  for (const name of appNames()) {
    const found = appStub(findApp(name))
    const problem = found === undefined ? undefined : stubProblem(found)
    if (found === undefined || problem === undefined) continue
    stale++
    if (args.includes('--check')) {
      console.error(`error: ${describeProblem(problem)}`)
    } else {
      writeFileSync(found.file, found.stub.text)
      console.error(`wrote ${shown(found.file)}`)
    }
  }
  return args.includes('--check') && stale > 0 ? 1 : 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2))
