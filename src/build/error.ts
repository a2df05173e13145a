/** Why an app could not be built: sentences with file and line, nothing half-written behind them. */

/** One thing wrong in a source file; lines and columns count from 1. */
export interface SourceProblem {
  readonly message: string
  /** As a person would name the file; undefined when the problem has no place. */
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** The text of that line. */
  readonly text?: string
}

export class BuildError extends Error {
  override readonly name = 'BuildError'
  /** Where the app's own source is to blame; empty when something else is. */
  readonly problems: readonly SourceProblem[]

  constructor(message: string, { problems = [], ...options }: ErrorOptions & { readonly problems?: readonly SourceProblem[] } = {}) {
    super(message, options)
    this.problems = problems
  }
}

/** `file:line:column: message` and the line itself with a mark below. */
export function describeProblem(problem: SourceProblem): string {
  const { message, file, line, column = 1, text } = problem
  if (file === undefined || line === undefined) return message
  const place = `${file}:${line}:${column}: ${message}`
  if (text === undefined) return place
  const before = text.slice(0, column - 1).replaceAll(/[^\t]/g, ' ')
  return `${place}\n  ${text}\n  ${before}^`
}
