// Assembles native/test/guests/*.wat into the byte arrays of native/test/guests.gen.h; `--check` only compares.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import binaryen from 'assemblyscript/binaryen'

binaryen.setDebugInfo(true) // names, so that a crash can tell its function
const folder = dirname(fileURLToPath(import.meta.url))
const target = join(folder, '..', 'guests.gen.h')

function bytesOf(file) {
  const module = binaryen.parseText(readFileSync(join(folder, file), 'utf8'))
  module.setFeatures(binaryen.Features.MutableGlobals)
  if (!module.validate()) throw new Error(`${file} is not valid`)
  return [...module.emitBinary()]
}

function array(file) {
  const rows = bytesOf(file).join(', ').match(/.{1,93}(?:, |$)/g)
  return [`static const uint8_t ${basename(file, '.wat')}[] = {`, ...rows.map((row) => `    ${row.trimEnd()}`), '};', ''].join('\n')
}

const files = readdirSync(folder).filter((file) => file.endsWith('.wat')).toSorted()
const text = [
  '// Generated from native/test/guests/*.wat by native/test/guests/generate.mjs. Do not edit.',
  '#pragma once', '', '#include <stddef.h>', '#include <stdint.h>', '', ...files.map(array),
  'static const struct guest {', '    const char *name;', '    const uint8_t *wasm;', '    size_t len;', '} guests[] = {',
  ...files.map((file) => basename(file, '.wat')).map((name) => `    {"${name}", ${name}, sizeof ${name}},`),
  '};', '',
].join('\n')

if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    process.stderr.write('error: native/test/guests.gen.h is old. Run: node native/test/guests/generate.mjs\n')
    process.exitCode = 1
  }
} else {
  writeFileSync(target, text)
}
