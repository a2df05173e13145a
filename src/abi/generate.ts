/** Writes what the ABI's one description generates, or with `--check` names each file that differs from it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { guestBindings } from './emit_as.js'
import { abiHeader, abiSource, errorHeader } from './emit_c.js'

export function generated(): Record<string, string> {
  return {
    'assembly/sdk/abi.gen.ts': guestBindings(),
    'native/port/error.gen.h': errorHeader(),
    'native/core/abi.gen.h': abiHeader(),
    'native/core/abi.gen.c': abiSource(),
  }
}

const read = (path: string) => { try { return readFileSync(path, 'utf8') } catch { return undefined } }

/** The generated files below `root` whose content is not what the description says. */
export function drifted(root: string): string[] {
  return Object.entries(generated()).filter(([path, content]) => read(join(root, path)) !== content).map(([path]) => path)
}

function main(args: readonly string[]): number {
  const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
  const stale = drifted(root)
  if (args.includes('--check')) {
    for (const path of stale) { console.error(`error: ${path} differs from src/abi/abi.ts. Run: npm run generate`) }
    return stale.length === 0 ? 0 : 1
  }
  const files = generated()
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), files[path]!)
    console.error(`wrote ${path}`)
  }
  return 0
}

if (process.argv[1] === fileURLToPath(import.meta.url)) { process.exitCode = main(process.argv.slice(2)) }
