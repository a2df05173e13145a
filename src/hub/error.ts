// The errors that the hub's own API throws or rejects with; adapters translate `code`, people read `message`.

export type HubErrorCode =
  | 'ArgumentInvalid'
  | 'DeviceNotFound'
  | 'DeviceAlreadyExists'
  | 'PreconditionFailed'
  | 'DeviceNotOnline'
  | 'DeviceTimeout'
  | 'BadDeviceResponse'
  | 'DeviceMaximumQueueDepthExceeded'
  | 'MessageTooLarge'
  | 'TwinMalformed'
  | 'TwinTooLarge'
  | 'HubClosed'
  | 'StoreFailed'

/** IoT Hub's numbers for them (reference A13); the first three digits are the HTTP status. */
const numbers: Record<HubErrorCode, number> = {
  ArgumentInvalid: 400004,
  DeviceNotFound: 404001,
  DeviceAlreadyExists: 409001,
  PreconditionFailed: 412001,
  DeviceNotOnline: 404103,
  DeviceTimeout: 504101,
  BadDeviceResponse: 502101,
  DeviceMaximumQueueDepthExceeded: 403004,
  MessageTooLarge: 413001,
  TwinMalformed: 400004,
  TwinTooLarge: 413001,
  HubClosed: 503001,
  StoreFailed: 500001
}

export class HubError extends Error {
  override readonly name = 'HubError'
  readonly number: number

  constructor(readonly code: HubErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.number = numbers[code]
  }

  get status(): number {
    return Math.floor(this.number / 1000)
  }
}
