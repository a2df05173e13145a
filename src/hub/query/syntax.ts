// What a query is once it is understood: the tree that the parser makes and the evaluator walks. It knows no text.

import type { FunctionName } from './functions.js'

export type Scalar = null | boolean | number | string
/** A property's name or the index of an array's item. */
export type Step = string | number
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='
export type Arithmetic = '+' | '-' | '*' | '/' | '%'

export interface Path {
  readonly kind: 'path'
  readonly steps: readonly Step[]
}

/** Chains are flat, so that their length costs no depth. */
export type Expression =
  | { readonly kind: 'constant'; readonly value: Scalar | undefined }
  | Path
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | { readonly kind: 'not' | 'negative'; readonly operand: Expression }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'in' | 'nin'; readonly operand: Expression; readonly values: ReadonlySet<Scalar> }
  | { readonly kind: 'arithmetic'; readonly first: Expression; readonly rest: readonly { readonly operator: Arithmetic; readonly operand: Expression }[] }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly operands: readonly Expression[] }

export type Collection = 'devices' | 'devices.modules' | 'devices.jobs'
export type Aggregate = 'count' | 'avg' | 'sum' | 'min' | 'max'

/** Without `aggregate` the path's own value; COUNT may do without a path. */
export interface Projection {
  readonly alias: string
  readonly aggregate?: Aggregate
  readonly path?: Path
}

export interface Query {
  readonly text: string
  readonly top?: number
  /** Undefined is `*`. */
  readonly projections?: readonly Projection[]
  readonly from: Collection
  readonly where?: Expression
  /** Empty without GROUP BY. */
  readonly groupBy: readonly Path[]
}

/** A WHERE clause on its own, as jobs, configurations and routes have it. */
export interface Condition {
  readonly text: string
  readonly from: Collection
  /** Undefined is `*`: everything. */
  readonly where?: Expression
  /** Everything it asks for. */
  readonly paths: readonly Pick<Path, 'steps'>[]
}

/** What cannot be understood, and where: `position` counts characters from 1. The message is one sentence. */
export class QueryError extends Error {
  override readonly name = 'QueryError'

  constructor(readonly position: number, readonly expected: string, found: string) {
    super(`expected ${expected} at character ${position}, found ${found}`)
  }
}
