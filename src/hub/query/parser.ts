// Text to a query or to a condition on its own (reference E2). It knows no device.

import { ExpressionParser } from './expressions.js'
import type { Dialect } from './functions.js'
import { tokensOf, type Token } from './lexer.js'
import type { Aggregate, Collection, Condition, Expression, Path, Projection, Query, Step } from './syntax.js'

const aggregates: ReadonlySet<string> = new Set(['count', 'avg', 'sum', 'min', 'max'] satisfies Aggregate[])

type Chosen = Projection & { readonly token: Token }

/** Throws QueryError. */
export function parseQuery(text: string): Query {
  const parser = new ExpressionParser(tokensOf(text), 'twins')
  if (!parser.takeWord('select')) { parser.fail('SELECT') }
  const top = parser.takeWord('top') ? parseTop(parser) : undefined
  const chosen = parser.takeSign('*') ? undefined : parseProjections(parser)
  if (!parser.isWord('from')) { parser.fail(chosen === undefined ? 'FROM' : `',', AS or FROM`) }
  const from = parseFrom(parser)
  const where = parser.takeWord('where') ? parser.expression() : undefined
  const groupBy = parser.isWord('group') ? parseGroupBy(parser) : []
  if (parser.next.kind !== 'end') { parser.fail(expectedBeforeEnd({ where, groupBy })) }
  leaveOutCollection(parser.paths, from)
  checkProjections(chosen, { from, groupBy, parser })
  return {
    text,
    ...(top === undefined ? {} : { top }),
    ...(chosen === undefined ? {} : { projections: chosen.map(({ token: _token, ...projection }) => projection) }),
    from,
    ...(where === undefined ? {} : { where }),
    groupBy
  }
}

/** `*`, a condition, or either after `FROM <collection> WHERE`. Throws QueryError. */
export function parseCondition(text: string, dialect: Dialect = 'twins'): Condition {
  const parser = new ExpressionParser(tokensOf(text), dialect)
  const isNamed = dialect === 'twins' && parser.isWord('from')
  const from = isNamed ? parseFrom(parser) : 'devices'
  if (from === 'devices.jobs') { parser.fail('devices or devices.modules', parser.tokens[1]) }
  const hasWhere = !isNamed || parser.takeWord('where')
  const where = !hasWhere || parser.takeSign('*') ? undefined : parser.expression()
  if (parser.next.kind !== 'end') { parser.fail(!hasWhere ? 'WHERE or the end' : where === undefined ? 'the end' : 'an operator or the end') }
  if (dialect === 'twins') { leaveOutCollection(parser.paths, from) }
  return { text, from, ...(where === undefined ? {} : { where }), paths: parser.paths }
}

function expectedBeforeEnd({ where, groupBy }: { where: Expression | undefined; groupBy: readonly Path[] }): string {
  if (groupBy.length > 0) { return `',' or the end` }
  return where === undefined ? 'WHERE, GROUP BY or the end' : 'an operator, GROUP BY or the end'
}

function parseTop(parser: ExpressionParser): number {
  const token = parser.next
  if (token.kind !== 'number' || !Number.isSafeInteger(token.value) || token.value < 1) { parser.fail('a whole number from 1') }
  parser.take()
  return token.value
}

function parseFrom(parser: ExpressionParser): Collection {
  parser.take()
  const token = parser.next
  if (!parser.takeWord('devices')) { parser.fail('devices, devices.modules or devices.jobs') }
  if (!parser.takeSign('.')) { return 'devices' }
  if (parser.takeWord('modules')) { return 'devices.modules' }
  if (parser.takeWord('jobs')) { return 'devices.jobs' }
  return parser.fail('modules or jobs', parser.next.kind === 'end' ? token : parser.next)
}

function parseProjections(parser: ExpressionParser): Chosen[] {
  const projections: Chosen[] = []
  const names = new Set<string>()
  do {
    const token = parser.next
    const { alias: suggested, ...chosen } = parseProjection(parser)
    let named = token
    let alias = suggested ?? `$${projections.length + 1}`
    if (parser.takeWord('as')) {
      named = parser.next
      alias = parser.name('a name', { first: true })
    }
    if (names.has(alias)) { parser.fail(`a name that is not taken yet (use AS)`, named) }
    names.add(alias)
    projections.push({ ...chosen, alias, token })
  } while (parser.takeSign(','))
  return projections
}

function parseProjection(parser: ExpressionParser): Omit<Projection, 'alias'> & { alias?: string } {
  const { next, afterNext } = parser
  const word = next.kind === 'word' ? next.text.toLowerCase() : ''
  if (afterNext.kind !== 'sign' || afterNext.text !== '(') {
    const path = parser.path('a property, COUNT, AVG, SUM, MIN, MAX or *')
    return { path, alias: String(path.steps.at(-1)) }
  }
  if (!aggregates.has(word)) { parser.fail('COUNT, AVG, SUM, MIN or MAX') }
  const aggregate = word as Aggregate
  parser.take()
  parser.take()
  const path = aggregate === 'count' && parser.isSign(')') ? undefined : parser.path('a property')
  parser.expectSign(')')
  return path === undefined ? { aggregate } : { aggregate, path }
}

function parseGroupBy(parser: ExpressionParser): Path[] {
  parser.take()
  if (!parser.takeWord('by')) { parser.fail('BY') }
  const paths: Path[] = []
  do {
    paths.push(parser.path('a property'))
  } while (parser.takeSign(','))
  return paths
}

/** `devices.jobs.deviceId` is the property deviceId of a job's record. */
function leaveOutCollection(paths: readonly { steps: readonly Step[] }[], from: Collection): void {
  const prefix = from.split('.')
  for (const path of paths) {
    if (path.steps.length > prefix.length && prefix.every((name, i) => path.steps[i] === name)) { path.steps = path.steps.slice(prefix.length) }
  }
}

const samePath = (a: Path, b: Path): boolean => a.steps.length === b.steps.length && a.steps.every((step, i) => step === b.steps[i])

function checkProjections(chosen: readonly Chosen[] | undefined, { from, groupBy, parser }: { from: Collection; groupBy: readonly Path[]; parser: ExpressionParser }): void {
  const first = parser.tokens.find(({ kind, text }) => kind === 'sign' && text === '*')
  if (from === 'devices.jobs' && (chosen !== undefined || groupBy.length > 0)) {
    parser.fail('* alone, for devices.jobs is neither projected nor grouped,', chosen?.[0]?.token ?? first)
  }
  if (chosen === undefined) {
    if (groupBy.length > 0) { parser.fail('properties and aggregates to go with GROUP BY', first) }
    return
  }
  if (groupBy.length === 0 && chosen.every(({ aggregate }) => aggregate === undefined)) { return }
  for (const { aggregate, path, token } of chosen) {
    if (aggregate === undefined && !groupBy.some((group) => samePath(group, path!))) { parser.fail('an aggregate or a property of GROUP BY', token) }
  }
}
