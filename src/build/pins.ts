/** Finds the pins an app names in so many words, and holds them against a board. Knows asc's syntax tree by its shape only. */

import type { PinKind } from '../abi/abi.js'
import type { Board } from '../board/board.js'
import { suggestion } from '../board/nearest.js'
import { constantText } from './constants.js'
import { field, list, placeOf, sourcesOf, text, walk } from './syntax.js'

/** `OutputPin.open("boiler")`: what, which and where. A name is known here when it is written, or is a constant or sum of such. */
export interface NamedPin {
  readonly kind: PinKind
  readonly name: string
  /** Relative to the project, or absolute. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/** The SDK's classes whose `open(name)` takes the name of a pin. */
const pinClasses: Readonly<Record<string, PinKind>> = {
  OutputPin: 'output', InputPin: 'input', AnalogIn: 'analog', Pwm: 'pwm', I2c: 'i2c',
}

const words: Record<PinKind, string> = { output: 'an output', input: 'an input', analog: 'an analog input', pwm: 'a PWM output', i2c: 'an I2C bus' }

/**
 * Every pin opened by a name known before the run in the sources of asc's parser that import the SDK; `fileOf` turns asc's name of a source
 * into ours. A name only the run knows is refused by the device, with a sentence in its log.
 */
export function namedPins(parser: unknown, fileOf: (path: string) => string): NamedPin[] {
  const found: NamedPin[] = []
  const sources = list(field(parser, 'sources'))
  for (const { source, path } of sourcesOf(parser)) {
    const imported = importedClasses(source)
    if (imported.size === 0) continue
    walk(field(source, 'statements'), (node) => {
      const pin = opened(node, imported, (value) => constantText(value, { sources, source, depth: 0 }))
      if (pin !== undefined) found.push({ ...pin, file: fileOf(path) })
    })
  }
  return found
}

/** Why the board cannot give the app this pin, or undefined when it can. */
export function pinProblem(pin: NamedPin, board: Board): string | undefined {
  const alias = board.aliases.find(({ name }) => name === pin.name)
  const found = board.pins.find(({ name }) => name === (alias?.pin ?? pin.name))
  const fitting = board.pins.filter(({ kind }) => kind === pin.kind).map(({ name }) => name)
  if (found === undefined) {
    const all = board.pins.map(({ name }) => name)
    if (alias !== undefined) return `'${pin.name}' of board '${board.name}' is ${alias.chipPin}, which none of its pins is wired to (pins: ${all.join(', ')}). Give it a name in ${board.file}`
    const wire = [...board.wires.values()].find(({ chipPin, path }) => chipPin === pin.name && path.startsWith('/pins/'))
    if (wire !== undefined) return `board '${board.name}' calls ${pin.name} '${wire.owner}'; open it by that name`
    return `board '${board.name}' has no pin '${pin.name}' (pins: ${all.join(', ')}).${suggestion(pin.name, fitting)} Add it to ${board.file}`
  }
  if (found.kind === pin.kind) return undefined
  const called = alias === undefined ? `pin '${pin.name}'` : `pin '${pin.name}' ('${found.name}')`
  const [wire] = found.wires
  const able = pin.kind === 'i2c' || wire === undefined || board.chip.pins[wire.chipPin]?.includes(pin.kind) === true
  return `${called} of board '${board.name}' is ${words[found.kind]}, not ${words[pin.kind]} (${fitting.length === 0 ? 'it has none' : `those are: ${fitting.join(', ')}`})`
    + (able ? '' : `; ${wire.chipPin} of ${board.chip.name} cannot be one`)
}

// The SDK's pin classes by the names this source gives them.
function importedClasses(source: unknown): Map<string, PinKind> {
  const classes = new Map<string, PinKind>()
  for (const statement of list(field(source, 'statements'))) {
    if (text(field(field(statement, 'path'), 'value')) !== 'tinytwin') continue
    for (const declaration of list(field(statement, 'declarations'))) {
      const kind = pinClasses[text(field(field(declaration, 'foreignName'), 'text')) ?? '']
      const local = text(field(field(declaration, 'name'), 'text'))
      if (kind !== undefined && local !== undefined) classes.set(local, kind)
    }
  }
  return classes
}

// A call `Class.open("name")`.
function opened(node: object, classes: ReadonlyMap<string, PinKind>, textOf: (value: unknown) => string | undefined): Omit<NamedPin, 'file'> | undefined {
  const callee = field(node, 'expression')
  if (text(field(field(callee, 'property'), 'text')) !== 'open') return undefined
  const kind = classes.get(text(field(field(callee, 'expression'), 'text')) ?? '')
  const [argument] = list(field(node, 'args'))
  const name = textOf(argument)
  return kind === undefined || name === undefined ? undefined : { kind, name, ...placeOf(argument) }
}
