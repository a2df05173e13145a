/** What is wrong in a model file and where. Knows no rule of DTDL. */

/** Lines and columns count from 1. */
export interface ModelProblem {
  readonly message: string
  /** As a person would name the file. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** The text of that line. */
  readonly text: string
}

/** A model that cannot be used; `problems` has at least one entry. */
export class ModelError extends Error {
  override readonly name = 'ModelError'
  readonly problems: readonly ModelProblem[]

  constructor(problems: readonly [ModelProblem, ...ModelProblem[]]) {
    super(problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'))
    this.problems = problems
  }
}
