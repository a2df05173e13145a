/** Finds the pins an app names in so many words, and holds them against a board. Knows asc's syntax tree by its shape only. */

import type { PinKind } from '../abi/abi.js'
import type { Board } from '../board/board.js'
import { suggestion } from '../board/nearest.js'

/** `OutputPin.open("boiler")`: what, which and where. */
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

/** Every pin opened by a literal name in the sources of asc's parser that import the SDK; `fileOf` turns asc's name of a source into ours. */
export function namedPins(parser: unknown, fileOf: (path: string) => string): NamedPin[] {
  const found: NamedPin[] = []
  for (const source of list(field(parser, 'sources'))) {
    const path = text(field(source, 'normalizedPath'))
    if (path === undefined || path.startsWith('~lib/')) continue
    const imported = importedClasses(source)
    if (imported.size === 0) continue
    walk(field(source, 'statements'), (node) => {
      const pin = opened(node, imported)
      if (pin !== undefined) found.push({ ...pin, file: fileOf(path) })
    })
  }
  return found
}

/** Why the board cannot give the app this pin, or undefined when it can. */
export function pinProblem(pin: NamedPin, board: Board): string | undefined {
  const found = board.pins.find(({ name }) => name === pin.name)
  const fitting = board.pins.filter(({ kind }) => kind === pin.kind).map(({ name }) => name)
  if (found === undefined) {
    const all = board.pins.map(({ name }) => name)
    return `board '${board.name}' has no pin '${pin.name}' (pins: ${all.join(', ')}).${suggestion(pin.name, fitting)} Add it to ${board.file}`
  }
  if (found.kind === pin.kind) return undefined
  return `pin '${pin.name}' of board '${board.name}' is ${words[found.kind]}, not ${words[pin.kind]} (${fitting.length === 0 ? 'it has none' : `those are: ${fitting.join(', ')}`})`
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
function opened(node: object, classes: ReadonlyMap<string, PinKind>): Omit<NamedPin, 'file'> | undefined {
  const callee = field(node, 'expression')
  if (text(field(field(callee, 'property'), 'text')) !== 'open') return undefined
  const kind = classes.get(text(field(field(callee, 'expression'), 'text')) ?? '')
  const [argument] = list(field(node, 'args'))
  const name = text(field(argument, 'value'))
  if (kind === undefined || name === undefined) return undefined
  const range = field(argument, 'range') as { start: number, source: { lineAt(at: number): number, columnAt(): number } }
  return { kind, name, line: range.source.lineAt(range.start), column: range.source.columnAt() }
}

// Every node below, each once; a range leads back to the source, so it is not followed.
function walk(root: unknown, visit: (node: object) => void): void {
  const seen = new Set<object>()
  const pending: unknown[] = [root]
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== 'object' || node === null || seen.has(node)) continue
    seen.add(node)
    if (Array.isArray(node)) {
      pending.push(...(node as unknown[]).toReversed())
      continue
    }
    visit(node)
    for (const [key, value] of Object.entries(node).toReversed()) {
      if (key !== 'range' && key !== 'source') pending.push(value)
    }
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
