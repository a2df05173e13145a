/** The texts an app's source knows before it runs: literals, constants of modules, sums of them. Knows nothing of what they name. */

import { field, list, text, walk } from './syntax.js'

export interface Scope {
  readonly sources: readonly unknown[]
  readonly source: unknown
  /** Constants of constants, so that a circle ends. */
  readonly depth: number
}

const depthMax = 16

/** The text an expression is whatever happens: a literal, a constant of the module or one imported from another, sums of them. */
export function constantText(expression: unknown, scope: Scope): string | undefined {
  if (scope.depth > depthMax) return undefined
  const literal = text(field(expression, 'value'))
  if (literal !== undefined) return literal
  const parts = list(field(expression, 'parts'))
  if (parts.length === 1) return text(parts[0])
  const name = text(field(expression, 'text'))
  if (name !== undefined) return constantNamed(name, { ...scope, depth: scope.depth + 1 })
  const [left, right] = [field(expression, 'left'), field(expression, 'right')]
  if (left !== undefined && right !== undefined) {
    const [a, b] = [constantText(left, scope), constantText(right, scope)]
    return a === undefined || b === undefined || !isSum(expression) ? undefined : a + b
  }
  // Parentheses have an expression and nothing else.
  const inner = field(expression, 'expression')
  const isBare = ['args', 'property', 'elementExpression', 'toType', 'isType'].every((part) => field(expression, part) === undefined)
  return inner !== undefined && isBare ? constantText(inner, { ...scope, depth: scope.depth + 1 }) : undefined
}

// A name that is declared twice in a source, as a parameter perhaps, is not followed.
function constantNamed(name: string, scope: Scope): string | undefined {
  let declarations = 0
  walk(field(scope.source, 'statements'), (node) => {
    if (text(field(field(node, 'name'), 'text')) === name) declarations++
  })
  if (declarations !== 1) return undefined
  for (const statement of list(field(scope.source, 'statements'))) {
    for (const declaration of list(field(statement, 'declarations'))) {
      if (text(field(field(declaration, 'name'), 'text')) !== name) continue
      const foreign = text(field(field(declaration, 'foreignName'), 'text'))
      const from = text(field(statement, 'internalPath'))
      if (foreign === undefined) return isConstant(declaration) ? constantText(field(declaration, 'initializer'), scope) : undefined
      const source = scope.sources.find((entry) => text(field(entry, 'internalPath')) === from)
      return source === undefined ? undefined : constantNamed(foreign, { ...scope, source, depth: scope.depth + 1 })
    }
  }
  return undefined
}

/** CommonFlags.Const of assemblyscript. */
const constFlag = 8
const isConstant = (declaration: unknown): boolean => ((field(declaration, 'flags') as number) & constFlag) !== 0

// What asc says of `a + b`, by its source.
function isSum(expression: unknown): boolean {
  const range = field(expression, 'range') as { source: { text: string } }
  const between = range.source.text.slice((field(field(expression, 'left'), 'range') as { end: number }).end, (field(field(expression, 'right'), 'range') as { start: number }).start)
  return between.trim() === '+'
}
