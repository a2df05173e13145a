/** The error of a board file that cannot be used: one sentence with file and place. */

export class BoardError extends Error {
  override readonly name = 'BoardError'
  /** The file, as a person would name it. */
  readonly file: string
  /** JSON pointer (RFC 6901) into the file; empty for the whole of it. */
  readonly path: string

  constructor(file: string, path: string, problem: string, options?: ErrorOptions) {
    super(`${file}${path === '' ? '' : ` at ${path}`}: ${problem}`, options)
    this.file = file
    this.path = path
  }
}
