/** `npm run bench`: runs the measurements one after the other and prints their figures. */

import { faults } from './faults.js'
import { firmwareMeasurements } from './firmware.js'
import { hub } from './hub/index.js'
import { loopback } from './loopback.js'
import type { Figure, Measurement } from './measure.js'
import { powerCuts } from './power_cuts.js'
import { simulator } from './simulator.js'
import { tls13 } from './tls13.js'
import { uploads } from './upload.js'

const measurements: readonly Measurement[] = [...simulator, ...loopback, ...uploads, ...tls13, ...hub, ...faults, ...powerCuts]

const usage = `Usage: npm run bench -- [--json] [--only WORD] [--board BOARD]

Measures this checkout on this machine, one after the other, and prints each figure.
  --json       one JSON object a line
  --only WORD  the measurements whose title has WORD, of: ${measurements.map(({ title }) => title).join(', ')}.
               Without it ${measurements.filter(({ onlyNamed }) => onlyNamed).map(({ title }) => title).join(', ')} are left out.
  --board BOARD  instead what that board's firmware takes in an emulator: ${firmwareMeasurements('').map(({ title }) => title).join(', ')}.
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
  const boardAt = args.indexOf('--board')
  const all = boardAt < 0 ? measurements : firmwareMeasurements(args[boardAt + 1] ?? '')
  const chosen = all.filter(({ title, onlyNamed = false }) => word === '' ? !onlyNamed : title.includes(word))
  const values = [onlyAt, boardAt].filter((at) => at >= 0).map((at) => at + 1)
  const unknown = args.find((arg, index) => !['--json', '--only', '--board'].includes(arg) && !values.includes(index))
  if (chosen.length === 0 || unknown !== undefined) {
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
