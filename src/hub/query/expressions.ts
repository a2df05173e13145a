// Tokens to expressions, by recursive descent with a bound on depth (reference E2). It knows neither SELECT nor FROM.

import { quoted } from '../reason.js'
import { findFunction, functionNamed, type Dialect } from './functions.js'
import type { Token } from './lexer.js'
import { QueryError, type Arithmetic, type Comparison, type Expression, type Path, type Scalar, type Step } from './syntax.js'

/** Of parentheses, calls, NOT and signs within each other. */
export const MAX_DEPTH = 32

const comparisons: Readonly<Record<string, Comparison>> = { '=': '=', '!=': '!=', '<>': '!=', '<': '<', '<=': '<=', '>': '>', '>=': '>=' }
const constants: ReadonlyMap<string, Scalar | undefined> = new Map<string, Scalar | undefined>([['true', true], ['false', false], ['null', null], ['undefined', undefined]])
const reserved = new Set(['select', 'top', 'from', 'where', 'group', 'by', 'as', 'and', 'or', 'not', 'in', 'nin', ...constants.keys()])

const describe = (token: Token): string => token.kind === 'end' ? 'the end' : quoted(token.text)

export class ExpressionParser {
  /** Every path so far. */
  readonly paths: { steps: readonly Step[] }[] = []
  #index = 0
  #depth = 0

  constructor(readonly tokens: readonly Token[], readonly dialect: Dialect) {}

  get next(): Token {
    return this.tokens[this.#index]!
  }

  get afterNext(): Token {
    return this.tokens[Math.min(this.#index + 1, this.tokens.length - 1)]!
  }

  take(): Token {
    const token = this.next
    if (token.kind !== 'end') { this.#index++ }
    return token
  }

  fail(expected: string, token = this.next): never {
    throw new QueryError(token.at, expected, describe(token))
  }

  isWord(word: string): boolean {
    return this.next.kind === 'word' && this.next.text.toLowerCase() === word
  }

  isSign(sign: string): boolean {
    return this.next.kind === 'sign' && this.next.text === sign
  }

  takeWord(word: string): boolean {
    return this.isWord(word) && this.take() !== undefined
  }

  takeSign(sign: string): boolean {
    return this.isSign(sign) && this.take() !== undefined
  }

  expectSign(sign: string, expected = `'${sign}'`): void {
    if (!this.takeSign(sign)) { this.fail(expected) }
  }

  /** A property's name in the place where one may stand; words of the language need `[[ ]]` at a path's start. */
  name(expected: string, { first = false } = {}): string {
    const token = this.next
    if (token.kind === 'escaped') {
      this.take()
      return token.name
    }
    if (token.kind !== 'word' || (first && reserved.has(token.text.toLowerCase()))) { this.fail(expected) }
    this.take()
    return token.text
  }

  path(expected: string): Path {
    const steps: Step[] = [this.name(expected, { first: true })]
    for (;;) {
      if (this.takeSign('.')) {
        steps.push(this.name(`a property's name`))
      } else if (this.takeSign('[')) {
        const token = this.next
        if (token.kind === 'string') {
          steps.push(token.value)
        } else if (token.kind === 'number' && Number.isSafeInteger(token.value)) {
          steps.push(token.value)
        } else {
          this.fail(`an index or a name in quotes`)
        }
        this.take()
        this.expectSign(']')
      } else {
        const path: { kind: 'path'; steps: readonly Step[] } = { kind: 'path', steps }
        this.paths.push(path)
        return path
      }
    }
  }

  expression(): Expression {
    const operands = [this.#conjunction()]
    while (this.takeWord('or')) { operands.push(this.#conjunction()) }
    return operands.length === 1 ? operands[0]! : { kind: 'or', operands }
  }

  #conjunction(): Expression {
    const operands = [this.#negation()]
    while (this.takeWord('and')) { operands.push(this.#negation()) }
    return operands.length === 1 ? operands[0]! : { kind: 'and', operands }
  }

  #negation(): Expression {
    if (!this.isWord('not')) { return this.#comparison() }
    return this.#deeper(() => {
      this.take()
      return { kind: 'not', operand: this.#negation() }
    })
  }

  #comparison(): Expression {
    const left = this.#sum()
    const operator = this.next.kind === 'sign' ? comparisons[this.next.text] : undefined
    if (operator !== undefined) {
      this.take()
      return { kind: 'compare', operator, left, right: this.#sum() }
    }
    for (const kind of ['in', 'nin'] as const) {
      if (this.takeWord(kind)) { return { kind, operand: left, values: this.#array() } }
    }
    return left
  }

  #array(): ReadonlySet<Scalar> {
    const values = new Set<Scalar>()
    this.expectSign('[')
    if (this.takeSign(']')) { return values }
    do {
      values.add(this.#scalar())
    } while (this.takeSign(','))
    this.expectSign(']', `',' or ']'`)
    return values
  }

  #scalar(): Scalar {
    const negative = this.takeSign('-')
    const token = this.next
    if (token.kind === 'number') {
      this.take()
      return negative ? -token.value : token.value
    }
    if (!negative && token.kind === 'string') {
      this.take()
      return token.value
    }
    const value = !negative && token.kind === 'word' ? constants.get(token.text.toLowerCase()) : undefined
    if (value === undefined) { this.fail(negative ? 'a number' : 'a constant') }
    this.take()
    return value
  }

  #sum(): Expression {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/', '%'], () => this.#operand()))
  }

  #chain(operators: readonly Arithmetic[], operand: () => Expression): Expression {
    const first = operand()
    const rest: { operator: Arithmetic; operand: Expression }[] = []
    for (;;) {
      const operator = operators.find((sign) => this.takeSign(sign))
      if (operator === undefined) { return rest.length === 0 ? first : { kind: 'arithmetic', first, rest } }
      rest.push({ operator, operand: operand() })
    }
  }

  #operand(): Expression {
    const token = this.next
    if (token.kind === 'number' || token.kind === 'string') {
      this.take()
      return { kind: 'constant', value: token.value }
    }
    if (this.isSign('-')) {
      return this.#deeper(() => {
        this.take()
        const operand = this.#operand()
        return operand.kind === 'constant' && typeof operand.value === 'number' ? { kind: 'constant', value: -operand.value } : { kind: 'negative', operand }
      })
    }
    if (this.isSign('(')) {
      return this.#deeper(() => {
        this.take()
        const inner = this.expression()
        this.expectSign(')', `an operator or ')'`)
        return inner
      })
    }
    if (token.kind === 'word') {
      const word = token.text.toLowerCase()
      if (constants.has(word)) {
        this.take()
        return { kind: 'constant', value: constants.get(word) }
      }
      if (!reserved.has(word) && this.afterNext.kind === 'sign' && this.afterNext.text === '(') { return this.#deeper(() => this.#call()) }
    }
    return this.path('a property, a constant or a function')
  }

  #call(): Expression {
    const token = this.next
    const name = findFunction(token.text, this.dialect)
    if (name === undefined) { this.fail(this.dialect === 'twins' ? 'IS_DEFINED, the only function here,' : 'a function') }
    const { least, most } = functionNamed(name)
    const operands: Expression[] = []
    this.take()
    this.take()
    while (operands.length < most) {
      if (operands.length > 0 && !this.isSign(',')) { break }
      if (operands.length > 0) { this.take() }
      operands.push(this.expression())
    }
    if (operands.length < least) { this.fail(`',' and ${least} operands of ${name.toUpperCase()}`) }
    this.expectSign(')', operands.length < most ? `an operator, ',' or ')'` : `an operator or ')'`)
    return { kind: 'call', name, operands }
  }

  #deeper(parse: () => Expression): Expression {
    if (this.#depth >= MAX_DEPTH) { this.fail(`nesting of at most ${MAX_DEPTH} levels`) }
    this.#depth++
    const expression = parse()
    this.#depth--
    return expression
  }
}
