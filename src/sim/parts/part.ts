/** What a simulated part may do at its board's pins, and the parts there are. Knows no part's physics. */

import { BoardError, type Board, type Part } from '../../board/index.js'
import { boiler } from './boiler.js'

/** A part's terminals, by the model's own names. */
export interface PartSite {
  /** Virtual milliseconds. */
  now(): number
  /** The level, duty or millivolts at the pin now. */
  value(terminal: string): number
  /** Called before anyone sees the new value of an output; `now` is when it changed. */
  onChange(terminal: string, changed: (value: number) => void): void
  /** Computes what an input reads, at each reading. */
  provide(terminal: string, read: () => number): void
}

/** What a part shows of itself, by name and unit: for panels and tests. */
export type PartReadings = () => Readonly<Record<string, number>>

export interface PartModel {
  readonly terminals: readonly string[]
  /** With their defaults. */
  readonly parameters: Readonly<Record<string, number>>
  attach(site: PartSite, parameters: Readonly<Record<string, number>>): PartReadings
}

const models: Readonly<Record<string, PartModel>> = { boiler }

/** Puts a board's part at its pins. Throws BoardError for what the model does not have. */
export function attachPart(board: Board, part: Part, site: PartSite): PartReadings {
  const fail = (problem: string): never => { throw new BoardError(board.file, `/parts/${part.name}`, problem) }
  const model = models[part.model] ?? fail(`there is no model '${part.model}' (models: ${Object.keys(models).join(', ')})`)
  for (const terminal of model.terminals) {
    if (part.pins[terminal] === undefined) fail(`the model '${part.model}' needs a pin for its '${terminal}'`)
  }
  for (const name of Object.keys(part.parameters)) {
    if (!Object.hasOwn(model.parameters, name)) {
      fail(`the model '${part.model}' has no parameter '${name}' (parameters: ${Object.keys(model.parameters).join(', ')})`)
    }
  }
  return model.attach(site, { ...model.parameters, ...part.parameters })
}
