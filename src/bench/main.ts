/** `npm run bench`: runs the measurements one after the other and prints their figures. */

import { hub } from './hub/index.js'
import { loopback } from './loopback.js'
import type { Figure, Measurement } from './measure.js'
import { simulator } from './simulator.js'
import { tls13 } from './tls13.js'

const measurements: readonly Measurement[] = [...simulator, ...loopback, ...tls13, ...hub]

const usage = `Usage: npm run bench -- [--json] [--only WORD]

Measures this checkout on this machine, one after the other, and prints each figure.
  --json       one JSON object a line
  --only WORD  the measurements whose title has WORD, of: ${measurements.map(({ title }) => title).join(', ')}.
               Without it ${measurements.filter(({ onlyNamed }) => onlyNamed).map(({ title }) => title).join(', ')} are left out.
`

/** The exit code: 1 when a figure misses its limit. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(usage)
    return 0
  }
  const json = args.includes('--json')
  const onlyAt = args.indexOf('--only')
  const word = onlyAt < 0 ? '' : args[onlyAt + 1] ?? ''
  const chosen = measurements.filter(({ title, onlyNamed = false }) => word === '' ? !onlyNamed : title.includes(word))
  const unknown = args.find((arg, index) => !['--json', '--only'].includes(arg) && index !== onlyAt + 1)
  if (chosen.length === 0 || (unknown !== undefined && onlyAt < 0)) {
    process.stderr.write(`error: ${unknown ?? word} is nothing to measure.\n${usage}`)
    return 1
  }
  let missed = 0
  for (const { run } of chosen) {
    for (const figure of await run()) {
      process.stdout.write(`${json ? JSON.stringify({ type: 'figure', ...figure }) : line(figure)}\n`)
      if (figure.limit !== undefined && figure.value > figure.limit) { missed++ }
    }
  }
  return missed === 0 ? 0 : 1
}

function line({ name, value, unit, limit }: Figure): string {
  return `${name.padEnd(62)} ${value.toLocaleString('en').padStart(12)} ${unit}${limit === undefined ? '' : `  (limit ${limit.toLocaleString('en')} ${unit})`}`
}
