/** The matcher `toBeCompleteAndInOrder` for telemetry lists, to be given to expect.extend; knows no test runner. */

import type { TelemetryList } from './device.js'

/** All that the device queued has arrived, once each, in the order in which it was queued, and it was more than nothing. */
export function toBeCompleteAndInOrder(received: TelemetryList): { pass: boolean, message: () => string } {
  const { queued, lost, dropped, expired, pending, duplicates, reordered } = received.account
  const wrong = Object.entries({ lost, dropped, expired, pending, duplicates, reordered }).filter(([, count]) => count > 0)
  const pass = queued > 0 && wrong.length === 0
  return {
    pass,
    message: () => pass
      ? `all ${queued} messages arrived once and in order`
      : queued === 0 ? 'the device sent nothing' : `of ${queued} messages: ${wrong.map(([name, count]) => `${count} ${name}`).join(', ')}`,
  }
}
