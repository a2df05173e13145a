// Claims-based security (reference E3): put-token requests on `$cbs` and their answers. What a token proves is told elsewhere.

import { decodeMessage, accepted, idText, int, type AmqpMessage } from './codec.js'
import { AmqpError } from './error.js'
import type { AnyLink, OutgoingLink } from './link.js'

export const CBS = '$cbs'
const OK = 200
const BAD_REQUEST = 400
const UNAUTHORIZED = 401

/** One connection's. */
export class Cbs {
  readonly #put: (token: string) => boolean
  /** The newest last: answers go there. */
  readonly #answers: OutgoingLink[] = []

  /** `put` says whether the token is good. */
  constructor(put: (token: string) => boolean) {
    this.#put = put
  }

  attach(link: AnyLink): void {
    if (link.direction === 'outgoing') {
      this.#answers.push(link)
      link.detached = () => this.#answers.splice(this.#answers.indexOf(link), 1)
      return
    }
    link.received = (delivery) => {
      const request = decodeMessage(delivery.bytes)
      delivery.settle(accepted())
      this.#answer(request, this.#statusOf(request))
    }
  }

  #statusOf({ application_properties: properties = {}, body }: AmqpMessage): number {
    if (properties['operation'] !== 'put-token' || typeof body !== 'string') { return BAD_REQUEST }
    return this.#put(body) ? OK : UNAUTHORIZED
  }

  /** The Node SDKs want the status an int of exactly 200 and name different reply addresses: there is one place for answers. */
  #answer({ message_id: id }: AmqpMessage, status: number): void {
    const description = status === OK ? 'OK' : status === UNAUTHORIZED ? 'Unauthorized' : 'not a put-token request with a token as its value'
    const isPosted = this.#answers.at(-1)?.post({
      ...(idText(id) === undefined ? {} : { correlation_id: id! }),
      application_properties: { 'status-code': int(status), 'status-description': description },
      body: null
    })
    if (isPosted === false) { throw new AmqpError('amqp:resource-limit-exceeded', 'too many answers wait for credit') }
  }
}
