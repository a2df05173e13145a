// What a request is refused with, and the body that Microsoft's clients take apart (reference E1). It knows no route.

import { HubError } from '../error.js'

/** A refusal that only HTTP knows; the domain's are HubErrors. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly headers: Readonly<Record<string, string>>

  constructor(readonly status: number, readonly code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.headers = headers
  }
}

export interface Refused {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
  /** The domain's own number, where it has one. */
  readonly number?: number
}

/** Undefined for what is nobody's refusal but our own mistake. */
export function refusalOf(error: unknown): Refused | undefined {
  if (error instanceof HttpError) { return error }
  if (!(error instanceof HubError)) { return undefined }
  const { status, publicName, number, message, retryAfterSeconds } = error
  return { status, code: publicName, number, message, headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) } }
}

/** [E1] clients split Message at `;` and then at `:`. */
export function errorBody({ code, message }: { code: string; message: string }, trackingId: string): { Message: string; ExceptionMessage: string } {
  return { Message: `ErrorCode:${code};${message}`, ExceptionMessage: `Tracking ID:${trackingId}` }
}
