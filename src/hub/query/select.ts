// A query over rows: filter, project, group, and pages whose tokens stay good while rows come and go. It knows no device.

import { createHash } from 'node:crypto'
import type { JsonObject } from '../domain/json.js'
import { evaluate, isTrue, valueAt, type Resolve } from './evaluate.js'
import type { Value } from './functions.js'
import type { Aggregate, Condition, Projection, Query, Step } from './syntax.js'

export interface Row {
  /** Unlike every other's, and the same as long as the row is there. */
  readonly key: string
  readonly fields: JsonObject
}

/** The rows after a key, in the order of their keys. */
export type Rows = (after?: string) => Iterable<Row>

export interface SelectPage {
  readonly items: JsonObject[]
  /** Undefined for the last page. */
  readonly continuation?: string
}

/** The first name of a path in whatever case: clients write `DeviceId` too. */
export function resolveIn(fields: JsonObject): Resolve {
  return (steps) => {
    const [first] = steps as [Step, ...Step[]]
    if (typeof first === 'string' && !Object.hasOwn(fields, first)) {
      const lower = first.toLowerCase()
      const name = Object.keys(fields).find((key) => key.toLowerCase() === lower)
      return name === undefined ? undefined : valueAt(fields[name], steps, 1)
    }
    return valueAt(fields, steps)
  }
}

export function isMatch({ where }: Pick<Condition, 'where'>, fields: JsonObject): boolean {
  return isTrue(where, resolveIn(fields))
}

/** Undefined for a token that this query never gave. */
export function selectPage(query: Query, rows: Rows, { maxItems, continuation }: { maxItems: number; continuation?: string }): SelectPage | undefined {
  const start = continuation === undefined ? { after: undefined, left: query.top ?? Infinity } : readToken(query, continuation)
  if (start === undefined) { return undefined }
  const isGrouped = query.groupBy.length > 0 || query.projections?.some(({ aggregate }) => aggregate !== undefined) === true
  const found = isGrouped ? groups(query, rows, start.after) : matches(query, rows, start.after)
  const count = Math.min(maxItems, start.left)
  const items: JsonObject[] = []
  let last = ''
  for (const { key, fields } of found) {
    if (items.length === count) {
      return count < start.left ? { items, continuation: writeToken(query, last, start.left - count) } : { items }
    }
    items.push(fields)
    last = key
  }
  return { items }
}

function* matches(query: Query, rows: Rows, after: string | undefined): Iterable<Row> {
  for (const { key, fields } of rows(after)) {
    if (isMatch(query, fields)) { yield { key, fields: query.projections === undefined ? fields : projected(query.projections, resolveIn(fields)) } }
  }
}

function set(item: JsonObject, alias: string, value: Value): void {
  // defined, not assigned: an alias may be __proto__
  if (value !== undefined) { Object.defineProperty(item, alias, { value, enumerable: true, configurable: true, writable: true }) }
}

function projected(projections: readonly Projection[], resolve: Resolve): JsonObject {
  const item: JsonObject = {}
  for (const { alias, path } of projections) { set(item, alias, evaluate(path!, resolve)) }
  return item
}

interface Group {
  readonly resolve: Resolve
  readonly tallies: Tally[]
}

/** In the order of a digest of what they are grouped by, which does not depend on the rows there are. */
function groups(query: Query, rows: Rows, after = ''): Row[] {
  const projections = query.projections!
  const byKey = new Map<string, Group>()
  const add = (key: string, resolve: Resolve): Group => {
    const group = { resolve, tallies: projections.map(({ aggregate }) => new Tally(aggregate)) }
    byKey.set(key, group)
    return group
  }
  if (query.groupBy.length === 0) { add(digest(''), () => undefined) }
  for (const { fields } of rows()) {
    const resolve = resolveIn(fields)
    if (!isTrue(query.where, resolve)) { continue }
    const values = query.groupBy.map((path) => evaluate(path, resolve))
    const key = digest(values.length === 0 ? '' : JSON.stringify(values.map((value) => value === undefined ? [] : [value])))
    const { tallies } = byKey.get(key) ?? add(key, resolve)
    projections.forEach(({ path }, i) => tallies[i]!.add(path === undefined ? null : evaluate(path, resolve)))
  }
  return [...byKey].filter(([key]) => key > after).sort(([a], [b]) => a < b ? -1 : 1).map(([key, { resolve, tallies }]) => {
    const item: JsonObject = {}
    projections.forEach(({ alias, aggregate, path }, i) => set(item, alias, aggregate === undefined ? evaluate(path!, resolve) : tallies[i]!.value))
    return { key, fields: item }
  })
}

/** One aggregate of one group. COUNT counts what is defined, the others take numbers alone and are undefined without any. */
class Tally {
  #defined = 0
  #numbers = 0
  #sum = 0
  #least = Infinity
  #most = -Infinity

  constructor(readonly aggregate: Aggregate | undefined) {}

  add(value: Value): void {
    if (value !== undefined) { this.#defined++ }
    if (typeof value !== 'number') { return }
    this.#numbers++
    this.#sum += value
    this.#least = Math.min(this.#least, value)
    this.#most = Math.max(this.#most, value)
  }

  get value(): Value {
    if (this.aggregate === 'count') { return this.#defined }
    if (this.#numbers === 0) { return undefined }
    switch (this.aggregate) {
      case 'avg': return this.#sum / this.#numbers
      case 'sum': return this.#sum
      case 'min': return this.#least
      case 'max': return this.#most
      default: return undefined
    }
  }
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** The last key of a page and what TOP leaves; of no use to another query. */
function writeToken({ text }: Query, after: string, left: number): string {
  return Buffer.from(JSON.stringify([digest(text).slice(0, 16), after, left === Infinity ? null : left])).toString('base64url')
}

function readToken({ text }: Query, token: string): { after: string; left: number } | undefined {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(token, 'base64url').toString())
  } catch {
    return undefined
  }
  if (!Array.isArray(parts) || parts.length !== 3) { return undefined }
  const [of, after, left] = parts as unknown[]
  if (of !== digest(text).slice(0, 16) || typeof after !== 'string') { return undefined }
  if (left !== null && !(typeof left === 'number' && Number.isSafeInteger(left) && left > 0)) { return undefined }
  return { after, left: left ?? Infinity }
}
