// Feedback on messages to devices, read by the service over HTTP (reference E1, A7).

import type { HubContext } from '../domain/device.js'
import { Right } from '../domain/policies.js'
import { requireService } from './authorize.js'
import type { Handler, Route } from './router.js'
import { stored } from './stored.js'

export function messageRoutes(hub: HubContext): Route[] {
  const { feedbackQueue } = hub
  const receive: Handler = (request) => {
    requireService(hub, request, Right.ServiceConnect)
    const next = feedbackQueue.receive()
    if (next === undefined) { return { status: 204 } }
    const { messageId, body, contentType, enqueuedTime } = next.message
    return {
      status: 200,
      headers: {
        'etag': `"${next.lockToken}"`,
        'content-type': contentType,
        'iothub-messageid': messageId,
        'iothub-userid': hub.hostName,
        'iothub-enqueuedtime': new Date(enqueuedTime).toISOString()
      },
      body: Buffer.from(body)
    }
  }
  const complete: Handler = async (request, { lock }) => {
    requireService(hub, request, Right.ServiceConnect)
    await stored((kept) => request.query.has('reject') ? feedbackQueue.reject(lock!, kept) : feedbackQueue.complete(lock!, kept))
    return { status: 204 }
  }
  const abandon: Handler = async (request, { lock }) => {
    requireService(hub, request, Right.ServiceConnect)
    await stored((kept) => feedbackQueue.abandon(lock!, kept))
    return { status: 204 }
  }
  return [
    { method: 'GET', path: '/messages/serviceBound/feedback', handle: receive },
    { method: 'DELETE', path: '/messages/serviceBound/feedback/{lock}', handle: complete },
    { method: 'POST', path: '/messages/serviceBound/feedback/{lock}/abandon', handle: abandon }
  ]
}
