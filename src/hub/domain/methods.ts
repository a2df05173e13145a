// Direct methods (reference A9): calls that wait for a device and then for its answer. It knows no transport.

import { HubError } from '../error.js'
import type { HubContext, Device } from './device.js'
import { parseJson, type JsonValue } from './json.js'
import { methodTokens } from './throttles.js'
import type { ReasonId } from '../reason.js'

export interface MethodCall {
  readonly method: string
  /** Any JSON value; null if not given. At most 128 KiB as text. */
  readonly payload?: unknown
  /** 1 ms to 300 s, 30 s if not given. */
  readonly responseTimeoutMs?: number
  /** How long to wait for a device that is not connected; 0 to 300 s, 0 if not given. */
  readonly connectTimeoutMs?: number
}

export interface MethodResult {
  readonly status: number
  readonly payload: JsonValue
}

type Answered = (error: HubError | undefined, result?: MethodResult) => void

interface PendingCall {
  readonly device: Device
  readonly answered: Answered
  cancel(): void
}

const MAX_PAYLOAD_BYTES = 128 * 1024
const MAX_TIMEOUT_MS = 300_000
const DEFAULT_RESPONSE_MS = 30_000

/** US-ASCII without controls, space and the separators of RFC 2616 §2.2. */
const METHOD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/

/** Throws ArgumentInvalid. */
export function checked({ method, payload = null, responseTimeoutMs = DEFAULT_RESPONSE_MS, connectTimeoutMs = 0 }: MethodCall) {
  if (typeof method !== 'string' || !METHOD_NAME.test(method) || /[#+]/.test(method)) {
    throw new HubError('ArgumentInvalid', 'a method name is 1 to 128 characters of US-ASCII without separators, # and +')
  }
  if (!(responseTimeoutMs >= 1 && responseTimeoutMs <= MAX_TIMEOUT_MS)) {
    throw new HubError('ArgumentInvalid', `responseTimeoutMs must be 1 to ${MAX_TIMEOUT_MS}`)
  }
  if (!(connectTimeoutMs >= 0 && connectTimeoutMs <= MAX_TIMEOUT_MS)) {
    throw new HubError('ArgumentInvalid', `connectTimeoutMs must be 0 to ${MAX_TIMEOUT_MS}`)
  }
  const text = JSON.stringify(payload) as string | undefined
  if (text === undefined || Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) {
    throw new HubError('ArgumentInvalid', `a method's payload is JSON of at most ${MAX_PAYLOAD_BYTES} bytes`)
  }
  return { method, payload: text, responseTimeoutMs, connectTimeoutMs }
}

export class MethodCalls {
  readonly #hub: Pick<HubContext, 'clock' | 'throttles'>
  readonly #pending = new Map<string, PendingCall>()
  readonly #waiting = new Set<(error: HubError) => void>()
  #lastId = 0

  constructor(hub: Pick<HubContext, 'clock' | 'throttles'>) {
    this.#hub = hub
  }

  /** Throws ArgumentInvalid or Throttled; everything else comes through `answered`, exactly once. */
  invoke(device: Device, call: MethodCall, answered: Answered): void {
    const { method, payload, responseTimeoutMs, connectTimeoutMs } = checked(call)
    this.#hub.throttles.require('method', methodTokens(Buffer.byteLength(payload)))
    this.#whenOnline(device, connectTimeoutMs, (error) => {
      if (error !== undefined) {
        answered(error)
        return
      }
      const requestId = (++this.#lastId).toString(16)
      const cancel = this.#hub.clock.setTimer(() => {
        this.#pending.delete(requestId)
        answered(new HubError('DeviceTimeout', `device '${device.key}' did not answer method '${method}' within ${responseTimeoutMs} ms`))
      }, responseTimeoutMs)
      this.#pending.set(requestId, { device, answered, cancel })
      device.link!.requestMethod({ requestId, method, payload })
    })
  }

  /** The device's answer, possibly over a later connection than the request; undefined if it was of use, else why not. */
  answer(device: Device, requestId: string, status: number, body: Uint8Array): ReasonId | undefined {
    const call = this.#pending.get(requestId)
    if (call === undefined || call.device !== device) { return 'late-reply' }
    this.#pending.delete(requestId)
    call.cancel()
    const parsed = body.length === 0 ? { value: null } : parseJson(body)
    if ('error' in parsed || body.length > MAX_PAYLOAD_BYTES) {
      const fault = 'error' in parsed ? parsed.error : `it is longer than ${MAX_PAYLOAD_BYTES} bytes`
      call.answered(new HubError('BadDeviceResponse', `the payload that device '${device.key}' answered is refused: ${fault}`))
      return 'malformed-reply'
    }
    call.answered(undefined, { status, payload: parsed.value })
    return undefined
  }

  /** Ends every call; the hub is closing. */
  close(): void {
    const error = new HubError('HubClosed', 'the hub was closed')
    for (const { cancel, answered } of this.#pending.values()) {
      cancel()
      answered(error)
    }
    this.#pending.clear()
    for (const end of this.#waiting) { end(error) }
  }

  #whenOnline(device: Device, timeoutMs: number, ready: (error?: HubError) => void): void {
    const isOnline = (): boolean => device.link !== undefined && device.session.qosOf('methods') !== undefined
    if (isOnline()) {
      ready()
      return
    }
    const offline = new HubError('DeviceNotOnline', `device '${device.key}' is not connected or has not subscribed to methods`)
    if (timeoutMs === 0) {
      ready(offline)
      return
    }
    const end = (error?: HubError): void => {
      cancelTimer()
      device.awaitingOnline.delete(attached)
      this.#waiting.delete(end)
      ready(error)
    }
    const attached = (): void => { if (isOnline()) { end() } }
    const cancelTimer = this.#hub.clock.setTimer(() => end(offline), timeoutMs)
    device.awaitingOnline.add(attached)
    this.#waiting.add(end)
  }
}
