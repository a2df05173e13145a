// The key of one device of a group (reference B4); it knows no enrollment.

import { createHmac } from 'node:crypto'

/** Both keys are base64. The registration id counts as it is written. */
export function derivedKey(groupKey: string, registrationId: string): string {
  return createHmac('sha256', Buffer.from(groupKey, 'base64')).update(registrationId).digest('base64')
}
