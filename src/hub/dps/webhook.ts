// Custom allocation (reference B5): asks a webhook which hub a device belongs to, with a limit on its time and on its answer. It knows no enrollment.

import type { Clock } from '../clock.js'
import { isObject, parseJson, type JsonObject } from '../domain/json.js'

/** As the global `fetch` is called here; a test or a simulation gives its own. */
export type Post = (url: string, request: {
  readonly method: 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Answers that send elsewhere are failures. */
  readonly redirect: 'error'
  readonly signal: AbortSignal
}) => Promise<{ readonly ok: boolean; readonly status: number; readonly body: AsyncIterable<Uint8Array> | null }>

const TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 64 * 1024

class WebhookError extends Error {}

async function bounded(body: AsyncIterable<Uint8Array> | null): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) { throw new WebhookError(`its answer has more than ${MAX_ANSWER_BYTES} bytes`) }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function ask(post: Post, url: string, body: JsonObject, signal: AbortSignal): Promise<JsonObject> {
  const headers = { 'content-type': 'application/json; charset=utf-8', accept: 'application/json' }
  const response = await post(url, { method: 'POST', headers, body: JSON.stringify(body), redirect: 'error', signal })
  if (!response.ok) { throw new WebhookError(`it answered ${response.status}`) }
  const parsed = parseJson(await bounded(response.body))
  if ('error' in parsed) { throw new WebhookError(`its answer is refused: ${parsed.error}`) }
  if (!isObject(parsed.value)) { throw new WebhookError('its answer is no JSON object') }
  return parsed.value
}

/** The answer's object, or what went wrong in words that quote nothing of it. */
export async function askWebhook({ post, clock }: { post: Post; clock: Clock }, url: string, body: JsonObject): Promise<{ answer: JsonObject } | { error: string }> {
  const abort = new AbortController()
  let late: (error: Error) => void
  const isLate = new Promise<never>((_resolve, reject) => { late = reject })
  const cancel = clock.setTimer(() => {
    late(new WebhookError(`it did not answer within ${TIMEOUT_MS / 1000} s`))
    abort.abort()
  }, TIMEOUT_MS)
  try {
    return { answer: await Promise.race([ask(post, url, body, abort.signal), isLate]) }
  } catch (error) {
    return { error: error instanceof WebhookError ? error.message : 'it cannot be reached' }
  } finally {
    cancel()
  }
}
