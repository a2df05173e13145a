/** What comes from devices and hubs may be anything; a terminal must not obey it. */

import { expect, test } from 'vitest'
import { eventText } from '../../src/cli/dev_report.js'

test('control characters in a log line or telemetry are shown, not obeyed by the terminal', () => {
  expect(eventText({ type: 'log', device: 'd', level: 'info', text: 'a\u001b[31m\u0000\rb\u009bc\n' })).toBe('info: a\\x1b[31m\\x00\\x0db\\x9bc\\x0a')
  expect(eventText({ type: 'telemetry', device: 'd', body: 'Grüße\u0007', properties: {} })).toBe('telemetry Grüße\\x07')
  expect(eventText({ type: 'telemetry', device: 'd', body: { t: 'é\u007f\u009b' }, properties: {} })).toBe('telemetry {"t":"é\\x7f\\x9b"}')
})
