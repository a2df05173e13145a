// The value of an expression: three-valued, so that what is missing makes nothing true. Where names lead is the caller's.

import { isObject } from '../domain/json.js'
import { functionNamed, type Value } from './functions.js'
import type { Arithmetic, Comparison, Expression, Scalar, Step } from './syntax.js'

/** What a name stands for here; undefined where there is nothing. */
export type Resolve = (steps: readonly Step[]) => Value

/** The value at a path below another; only own properties count. */
export function valueAt(value: Value, steps: readonly Step[], from = 0): Value {
  let reached = value
  for (let i = from; i < steps.length; i++) {
    const step = steps[i]!
    if (typeof step === 'number') {
      reached = Array.isArray(reached) ? reached[step] : undefined
    } else {
      reached = isObject(reached) && Object.hasOwn(reached, step) ? reached[step] : undefined
    }
    if (reached === undefined) { return undefined }
  }
  return reached
}

export function evaluate(expression: Expression, resolve: Resolve): Value {
  switch (expression.kind) {
    case 'constant':
      return expression.value
    case 'path':
      return resolve(expression.steps)
    case 'and':
      return connected(expression.operands, resolve, false)
    case 'or':
      return connected(expression.operands, resolve, true)
    case 'not': {
      const value = evaluate(expression.operand, resolve)
      return typeof value === 'boolean' ? !value : undefined
    }
    case 'negative': {
      const value = evaluate(expression.operand, resolve)
      return typeof value === 'number' ? -value : undefined
    }
    case 'compare':
      return compared(expression.operator, evaluate(expression.left, resolve), evaluate(expression.right, resolve))
    case 'in':
    case 'nin': {
      const value = evaluate(expression.operand, resolve)
      return isScalar(value) ? expression.values.has(value) === (expression.kind === 'in') : undefined
    }
    case 'arithmetic': {
      let value = evaluate(expression.first, resolve)
      for (const { operator, operand } of expression.rest) { value = calculated(operator, value, evaluate(operand, resolve)) }
      return value
    }
    case 'call':
      return functionNamed(expression.name).apply(expression.operands.map((operand) => evaluate(operand, resolve)))
    default:
      return expression satisfies never
  }
}

/** Only true is true: null, undefined and everything else are not [E2, F]. */
export function isTrue(expression: Expression | undefined, resolve: Resolve): boolean {
  return expression === undefined || evaluate(expression, resolve) === true
}

/** AND is decided by a false one and OR by a true one, whatever the others are. */
function connected(operands: readonly Expression[], resolve: Resolve, decisive: boolean): Value {
  let result: Value = !decisive
  for (const operand of operands) {
    const value = evaluate(operand, resolve)
    if (value === decisive) { return decisive }
    if (typeof value !== 'boolean') { result = undefined }
  }
  return result
}

function isScalar(value: Value): value is Scalar {
  return value === null || (value !== undefined && typeof value !== 'object')
}

/** Only primitives compare; those of different types are not equal and in no order. */
function compared(operator: Comparison, left: Value, right: Value): Value {
  if (!isScalar(left) || !isScalar(right)) { return undefined }
  if (operator === '=') { return left === right }
  if (operator === '!=') { return left !== right }
  if (left === null || right === null || typeof left !== typeof right) { return undefined }
  switch (operator) {
    case '<': return left < right
    case '<=': return left <= right
    case '>': return left > right
    case '>=': return left >= right
    default: return operator satisfies never
  }
}

function calculated(operator: Arithmetic, left: Value, right: Value): Value {
  if (typeof left !== 'number' || typeof right !== 'number') { return undefined }
  const value = apply(operator, left, right)
  return Number.isFinite(value) ? value : undefined
}

function apply(operator: Arithmetic, left: number, right: number): number {
  switch (operator) {
    case '+': return left + right
    case '-': return left - right
    case '*': return left * right
    case '/': return left / right
    case '%': return left % right
    default: return operator satisfies never
  }
}
