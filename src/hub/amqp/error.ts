// What AMQP calls a refusal: conditions of the standard and of Azure (reference E3), for errors of the hub and reasons alike.

import { HubError, type HubErrorCode } from '../error.js'
import type { ReasonId } from '../reason.js'

/** A refusal that the peer is told of with `condition`; the message goes out too and holds nothing secret. */
export class AmqpError extends Error {
  override readonly name = 'AmqpError'

  constructor(readonly condition: string, message: string) {
    super(message)
  }
}

const conditions: Partial<Record<HubErrorCode, string>> = {
  ArgumentInvalid: 'com.microsoft:argument-error',
  DeviceNotFound: 'amqp:not-found',
  ModuleNotFound: 'amqp:not-found',
  PartitionNotFound: 'com.microsoft:argument-out-of-range',
  DeviceMaximumQueueDepthExceeded: 'amqp:resource-limit-exceeded',
  MessageTooLarge: 'amqp:link:message-size-exceeded',
  MessageLockLost: 'com.microsoft:message-lock-lost',
  PreconditionFailed: 'com.microsoft:precondition-failed',
  Throttled: 'com.microsoft:device-container-throttled',
  Unauthorized: 'amqp:unauthorized-access'
}

const INTERNAL = 'amqp:internal-error'

export function amqpErrorOf(error: unknown): AmqpError {
  if (error instanceof AmqpError) { return error }
  if (error instanceof HubError) { return new AmqpError(conditions[error.code] ?? INTERNAL, error.message) }
  throw error
}

const reasonConditions: Partial<Record<ReasonId, string>> = {
  'message-too-large': 'amqp:link:message-size-exceeded',
  'throttled': 'com.microsoft:device-container-throttled',
  'replaced': 'amqp:link:stolen',
  'device-removed': 'amqp:not-found',
  'device-disabled': 'amqp:unauthorized-access',
  'token-expired': 'amqp:unauthorized-access',
  'certificate-expired': 'amqp:unauthorized-access',
  'hub-closed': 'amqp:connection:forced'
}

export function conditionOf(reason: ReasonId): string {
  return reasonConditions[reason] ?? INTERNAL
}
