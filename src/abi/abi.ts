/** The one description of what a guest may ask of its host; it knows neither C nor AssemblyScript, its generators do. */

/**
 * How a value crosses. A `text`, `units` or `bytes` is two guest parameters (pointer, length), an `out` is two (pointer, capacity).
 * - `text`: AssemblyScript's UTF-16 pointer and length in code units; the body sees UTF-8, converted once, at most {@link textBytesMax} bytes.
 * - `units`: the same pointer and length; the body sees the UTF-16 code units as bytes, little endian, and converts them itself.
 * - `bytes`: read by the host during the call only.
 * - `out`: written by the host during the call only; the result says how many bytes the whole value has.
 */
export type ParameterKind = 'i32' | 'i64' | 'f64' | 'text' | 'units' | 'bytes' | 'out'

/** `none` becomes void. Integers: a value >= 0 succeeds, one < 0 is an {@link errors} code. */
export type ResultKind = 'none' | 'i32' | 'i64' | 'f64'

export interface Parameter {
  readonly name: string
  readonly kind: ParameterKind
}

export interface Call {
  readonly name: string
  readonly doc: string
  readonly parameters: readonly Parameter[]
  readonly result: ResultKind
  /** False for what depends on the link or the hub: such a call stays out of the canonical trace. */
  readonly traced: boolean
}

/** An import module. Its name in a module's import section is the capability the app asks of its board. */
export interface Capability {
  readonly name: string
  readonly doc: string
  /** The pin kinds or features that give a board this capability, any of them; empty means every host has it. */
  readonly needs: readonly (PinKind | FeatureKind)[]
  readonly calls: readonly Call[]
}

/** What a board can have beside pins: RAM for uploads, a partition for files. */
export type FeatureKind = 'upload' | 'files'

/** What a named pin of a board can be. */
export type PinKind = 'output' | 'input' | 'analog' | 'pwm' | 'i2c'

/** UTF-8 bytes that all `text` parameters of one call may have together; more is the error `invalid`. */
export const textBytesMax = 512

/** Codes below zero, the same number on both sides. */
export const errors = {
  invalid: { code: -1, doc: 'An argument is malformed or out of its range.' },
  notFound: { code: -2, doc: 'No such pin, key, handle, timer or request.' },
  full: { code: -3, doc: 'A bounded queue, table or store has no room; try later or send less.' },
  busy: { code: -4, doc: 'In use, or already answered.' },
  io: { code: -5, doc: 'The peripheral did not answer or answered wrong.' },
  unsupported: { code: -6, doc: 'This board or port cannot do that.' },
  timeout: { code: -7, doc: 'No answer in time.' },
  closed: { code: -8, doc: 'The peer closed, or there is no connection.' },
  protocol: { code: -9, doc: 'The peer sent what its protocol forbids.' },
  refused: { code: -10, doc: 'The peer understood and said no.' },
  untrusted: { code: -11, doc: 'A certificate or signature did not verify.' },
  unset: { code: -12, doc: 'The value is not known yet, such as the time before it was set.' },
} as const

/** Why `on_event(kind, id)` was called, and what `id` means. */
export const events = {
  timer: { kind: 1, doc: 'A timer is due; id is what `timer.start` returned.' },
  pin: { kind: 2, doc: 'A watched input changed; id is handle * 2 + level.' },
  method: { kind: 3, doc: 'A direct method; id is the request to reply to, the name its name, the payload its JSON.' },
  message: { kind: 4, doc: 'A cloud-to-device message; the name is its property bag as received, the payload its body. Acknowledged when the event returns.' },
  desired: { kind: 5, doc: 'Desired properties; the payload is a JSON object with $version. id 0: the whole of them, 1: a patch.' },
  connection: { kind: 6, doc: 'The connection to the hub changed; id 1: up, 0: down.' },
  stored: { kind: 7, doc: 'The telemetry message with sequence number id is on flash or acknowledged by the hub.' },
  part: { kind: 8, doc: 'The upload wants the next bytes of its file from the app, at most id of them, see upload.part.' },
  upload: { kind: 9, doc: 'The upload goes on: id bytes of the file are where they belong.' },
  uploaded: { kind: 10, doc: 'The upload is over. id 0: the file is there and the hub was told; below 0: an error, the name why in words.' },
} as const

/** A set that goes with a telemetry message. What none of them says: the oldest gives way when the outbox is full. */
export const sendOptions = {
  yield: { bit: 1, doc: 'When the outbox is full this message is dropped, not the oldest.' },
  compress: { bit: 4, doc: 'The body is compressed with gzip, which its content encoding must say; `unsupported` by a board without uploads.' },
  urgent: { bit: 2, doc: 'Survives a full outbox: older messages that are not urgent give way first.' },
} as const

const param = (kind: ParameterKind) => (name: string): Parameter => ({ name, kind })
const i32 = param('i32')
const text = param('text')
const units = param('units')
const bytes = param('bytes')
const out = param('out')
const i64 = param('i64')

const call = (name: string, parameters: readonly Parameter[], result: ResultKind, doc: string, { traced = true } = {}): Call => ({
  name, doc, parameters, result, traced,
})

export const capabilities: readonly Capability[] = [
  {
    name: 'log',
    doc: 'Lines for the person who develops or operates the device.',
    needs: [],
    calls: [
      call('write', [i32('level'), text('message')], 'none', 'level: 0 debug, 1 info, 2 warning, 3 error.'),
    ],
  },
  {
    name: 'device',
    doc: 'The device itself: identity, time, restart.',
    needs: [],
    calls: [
      call('id', [out('into')], 'i32', 'The device id in UTF-8; the result is its length in bytes.', { traced: false }),
      call('uptime', [], 'i64', 'Milliseconds since the runtime started; never goes back.'),
      call('clock', [], 'i64', 'Milliseconds since 1970-01-01 UTC, or `unset`.', { traced: false }),
      call('random', [], 'i32', '32 random bits; every i32 is a value, none an error.', { traced: false }),
      call('restart', [i32('delay_ms')], 'i32', 'Restarts the device after delay_ms (0 to 86,400,000), outputs safe.'),
      call('sleep', [i32('seconds'), i32('patience_ms')], 'i32',
        'Ends the app, lets the link send for up to patience_ms (0 to 600,000), puts the rest on flash and sleeps (1 to 2,678,400 s); then the device starts anew. `unsupported` where the chip cannot.'),
      call('abort', [text('message'), text('file'), i32('line'), i32('column')], 'none', 'Called once by a failed assertion; the guest traps next.'),
    ],
  },
  {
    name: 'event',
    doc: 'What the current event carries. Outside an event, and for events without payload, all is empty.',
    needs: [],
    calls: [
      call('size', [], 'i32', 'Bytes of the payload.'),
      call('read', [i32('offset'), out('into')], 'i32', 'Copies the payload from offset; the result is the number of bytes copied, 0 at the end.'),
      call('name', [out('into')], 'i32', 'The name that came with it (UTF-8); the result is its length in bytes.'),
    ],
  },
  {
    name: 'timer',
    doc: 'Timers on the app loop; due ones fire in order of their time, then of their start.',
    needs: [],
    calls: [
      call('start', [i32('delay_ms'), i32('period_ms')], 'i32', 'First due after delay_ms, then each period_ms without drift (0: once). The result is the timer.'),
      call('cancel', [i32('timer')], 'i32', '`notFound` when it is over.'),
    ],
  },
  {
    name: 'gpio',
    doc: 'Digital pins by the board\'s names.',
    needs: ['output', 'input'],
    calls: [
      call('output', [text('name')], 'i32', 'A handle to an output; the pin keeps its level until written.'),
      call('write', [i32('pin'), i32('level')], 'i32', 'level 0 or 1.'),
      call('input', [text('name')], 'i32', 'A handle to an input.'),
      call('read', [i32('pin')], 'i32', 'The level, 0 or 1; of an output, the level last written.'),
      call('watch', [i32('pin'), i32('edges')], 'i32', 'Events for edges: 1 rising, 2 falling, 3 both, 0 none.'),
    ],
  },
  {
    name: 'adc',
    doc: 'Analog inputs.',
    needs: ['analog'],
    calls: [
      call('open', [text('name')], 'i32', 'A handle to an analog input.'),
      call('millivolts', [i32('input')], 'i32', 'One conversion, in millivolts.'),
    ],
  },
  {
    name: 'pwm',
    doc: 'Pulse-width outputs.',
    needs: ['pwm'],
    calls: [
      call('open', [text('name')], 'i32', 'A handle to a PWM output.'),
      call('frequency', [i32('output'), i32('hz')], 'i32', 'hz from 1 to 40,000,000, as the board can.'),
      call('duty', [i32('output'), i32('duty')], 'i32', 'duty from 0 (always low) to 65,535 (always high).'),
    ],
  },
  {
    name: 'i2c',
    doc: 'I2C buses as controller.',
    needs: ['i2c'],
    calls: [
      call('open', [text('name')], 'i32', 'A handle to a bus.'),
      call('transfer', [i32('bus'), i32('address'), bytes('send'), out('receive')], 'i32',
        'Writes send, then (repeated start) reads all of receive; either may be empty. address is 7 bits. The result is the bytes read.'),
    ],
  },
  {
    name: 'json',
    doc: 'Writes one JSON value, member by member, where `hub` and `twin` take it from. What does not fit is found when it is taken.',
    needs: [],
    calls: [
      call('begin', [i32('as_object')], 'none', 'Discards what was written. 1: the value is an object, now open; 0: the next value written is all.'),
      call('open', [units('name'), i32('array')], 'none', 'Begins an object (0) or array (1). Inside an array, and outside all, names are ignored: so everywhere.'),
      call('close', [], 'none', 'Ends the innermost object or array but the outermost, which ends when the value is taken.'),
      call('number', [units('name'), i64('value'), i32('decimals')], 'none', 'value / 10^decimals, exactly; decimals from 0 to 18, others as the nearest.'),
      call('word', [units('name'), i32('which')], 'none', '0 false, 1 true, anything else null.'),
      call('text', [units('name'), units('value')], 'none', 'A string; a lone surrogate becomes U+FFFD.'),
      call('raw', [units('name'), units('value')], 'none', 'As it is, which must be one JSON value.'),
      call('read', [out('into')], 'i32', 'Ends the value and copies it; the result is its length, `full` when it got too long.'),
      call('payload', [units('name'), i32('offset'), i32('length')], 'none', 'Bytes of the current event\'s payload as they are, which must be one JSON value.'),
    ],
  },
  {
    name: 'hub',
    doc: 'Messages to and replies for Azure IoT Hub.',
    needs: [],
    calls: [
      call('send', [bytes('body'), bytes('properties'), i32('options'), i32('expires_s')], 'i32',
        'Queues telemetry. properties is a property bag as in the MQTT topic, percent-encoded, may be empty; options a set of SendOption. What the hub has not got within expires_s seconds is not sent any more (0: always sent). The result is the sequence number.'),
      call('reply', [i32('request'), i32('status'), bytes('body')], 'i32', 'Answers a direct method once; status >= 0, body is JSON or empty.'),
      call('send_written', [bytes('properties'), i32('options'), i32('expires_s')], 'i32', 'As `send`; the body is what `json` wrote. `full` when it got too long.'),
      call('reply_written', [i32('request'), i32('status')], 'i32', 'As `reply`, with the value that `json` wrote; one that got too long, or with a status below 0, is answered with 500 all the same.'),
      call('connected', [], 'i32', '1 while the hub is connected.', { traced: false }),
      call('will_written', [bytes('properties')], 'i32', 'What `json` wrote is the message the hub sends itself when this device vanishes without a goodbye; with properties at most 192 bytes. It holds from the next connection on, which is made anew for it.'),
      call('ephemeral', [i32('interval_s'), i32('over')], 'i32', 'over 0, MQTT: connect only when there is something to send and each interval_s (60 to 2,592,000), send and receive all, and leave; 0: stay connected, as at the start. over 1, HTTPS: telemetry alone is sent, as soon as there is some (0) or at most once each interval_s; `unsupported` by a board without uploads.'),
    ],
  },
  {
    name: 'upload',
    doc: 'Files to the blob container of the hub, one at a time, over HTTPS.',
    needs: ['upload'],
    calls: [
      call('begin', [text('name'), i32('from'), i32('size'), i32('options')], 'i32',
        'name: of the blob, below the device\'s own folder. from -1: the app gives the bytes, on events; else their offset in the files partition. size in bytes, -1 with from -1: until an empty part. options 1: gzip. `busy` while one is under way.'),
      call('offset', [], 'i32', 'Where in the file the wanted part begins; `notFound` when none is wanted.'),
      call('part', [bytes('data')], 'i32', 'The bytes from there on, at most as many as wanted; none end a file of unknown size.'),
      call('cancel', [], 'i32', 'Ends the upload with `closed`, unless it is over already; `notFound` when there is none.'),
    ],
  },
  {
    name: 'files',
    doc: 'The files partition of the flash, which the app lays out itself. Erased bytes are 255, a write clears bits.',
    needs: ['files'],
    calls: [
      call('size', [], 'i32', 'Bytes of it.'),
      call('unit', [], 'i32', 'Bytes of an erase unit.'),
      call('erase', [i32('offset')], 'i32', 'Erases the unit that begins at offset.'),
      call('write', [i32('offset'), bytes('data')], 'i32', 'Into what was erased; on flash when it returns. offset and length are multiples of the chip\'s granule.'),
      call('read', [i32('offset'), out('into')], 'i32', 'The result is the bytes read, fewer at the end.'),
    ],
  },
  {
    name: 'twin',
    doc: 'The device twin.',
    needs: [],
    calls: [
      call('report', [text('name')], 'i32', 'Sets the reported property name to the value that `json` wrote; of several before the link sends, the last wins. `full` when it got too long.'),
    ],
  },
  {
    name: 'store',
    doc: 'Small values that survive a restart.',
    needs: [],
    calls: [
      call('get', [text('key'), out('into')], 'i32', 'The result is the whole length in bytes; `notFound` when never set.'),
      call('set', [text('key'), bytes('value')], 'i32', 'On flash when it returns.'),
      call('remove', [text('key')], 'i32', '`notFound` when never set.'),
    ],
  },
]

/** What a guest module must export. `heap_bytes` is a mutable i32 global: bytes of memory in use, static data and managed heap. */
export const guestExports = {
  start: { parameters: [], doc: 'Runs the module\'s top level once.' },
  on_event: { parameters: ['i32', 'i32'], doc: 'kind and id, see events.' },
  __collect: { parameters: [], doc: 'Collects garbage; called only when the guest\'s stack is empty.' },
} as const
