// Requests for the twin on its AMQP links (reference E3): reading it, reporting, and wanting changes of desired or not.

import { deviceView } from '../domain/twin.js'
import { reportTwin } from '../domain/twins.js'
import { HubError } from '../error.js'
import { bodyOf, dataSection, idText, int, long, type AmqpMessage } from './codec.js'
import type { AmqpDevice } from './device.js'

const REPORTED = '/properties/reported'
const DESIRED = '/notifications/twin/properties/desired'

export function onTwinRequest(device: AmqpDevice, request: AmqpMessage): void {
  const { hub } = device
  const { operation, resource } = request.message_annotations ?? {}
  answered(device, request, () => {
    if (operation === 'GET' && (resource === undefined || resource === null || resource === '')) {
      hub.throttles.require('twin-read')
      return respond(device, request, 200, deviceView(device.device.twin))
    }
    if (operation === 'PATCH' && resource === REPORTED) {
      return reportTwin(hub, device.device, bodyOf(request) ?? Buffer.alloc(0), (error, version) => {
        if (error === undefined) {
          respond(device, request, 204, '', version)
        } else {
          respondError(device, request, new HubError('StoreFailed', 'the twin could not be stored. Try again'))
        }
      })
    }
    if (operation === 'PUT' && resource === DESIRED) {
      return device.subscribe('desired', (refused) => {
        if (refused === undefined) {
          respond(device, request, 200, '')
        } else {
          respondError(device, request, new HubError('StoreFailed', 'the subscription could not be stored. Try again'))
        }
      })
    }
    if (operation === 'DELETE' && resource === DESIRED) { return device.unsubscribe('desired', () => respond(device, request, 204, '')) }
    throw new HubError('ArgumentInvalid', 'the annotations of a twin request name its operation and its resource')
  })
}

function answered(device: AmqpDevice, request: AmqpMessage, action: () => void): void {
  try {
    action()
  } catch (error) {
    if (!(error instanceof HubError)) { throw error }
    device.note(error.code === 'TwinTooLarge' ? 'twin-limit' : error.code === 'Throttled' ? 'throttled' : 'malformed-twin', error.message)
    respondError(device, request, error)
  }
}

/** The Node SDK parses the body of an error as JSON. */
function respondError(device: AmqpDevice, request: AmqpMessage, { status, number, message }: HubError): void {
  const { clock, random } = device.hub
  respond(device, request, status, JSON.stringify({
    errorCode: number,
    trackingId: Buffer.from(random(16)).toString('hex'),
    message,
    timestampUtc: new Date(clock.now()).toISOString()
  }))
}

function respond(device: AmqpDevice, { correlation_id: id }: AmqpMessage, status: number, body: string, version?: number): void {
  device.respond({
    ...(idText(id) === undefined ? {} : { correlation_id: id! }),
    message_annotations: { status: int(status), ...(version === undefined ? {} : { version: long(version) }) },
    body: dataSection(body)
  })
}
