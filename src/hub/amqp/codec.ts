// AMQP 1.0 frames and messages to and from bytes by rhea's codec. Its connection is not used: that has timers of its own,
// writes what peers send to the console, and walks any range of ids that a peer names. Nothing else here knows rhea.

import { createRequire } from 'node:module'
import { AmqpError } from './error.js'
import { extentOf } from './wellformed.js'

/** A value with its AMQP type, as the codec reads and writes it. */
export interface Typed { readonly value: unknown; readonly descriptor?: Typed }
type Wrap<T> = (value: T) => Typed
type Fields = Readonly<Record<string, unknown>>
/** One performative: its fields by name, in the codec's spelling. */
export type Composite = Fields & { readonly value: (Typed | undefined)[] }

interface Types {
  unwrap(value: unknown, keepDescribed?: boolean): unknown
  wrap_int: Wrap<number>
  wrap_long: Wrap<number>
  wrap_timestamp: Wrap<number>
  wrap_array(values: unknown[], code: number): Typed
}

interface Section { readonly content: unknown; readonly multiple?: boolean; readonly typecode: number }

/** The fields of a message as rhea names them. */
export interface AmqpMessage {
  message_id?: string | number | Buffer
  user_id?: Buffer
  to?: string
  reply_to?: string
  correlation_id?: string | number | Buffer
  content_type?: string
  content_encoding?: string
  absolute_expiry_time?: Date | number
  creation_time?: Date | number
  ttl?: number
  delivery_count?: number
  delivery_annotations?: Record<string, unknown>
  message_annotations?: Record<string, unknown>
  application_properties?: Record<string, unknown>
  body?: unknown
}

interface Rhea {
  readonly types: Types
  readonly message: {
    encode(message: AmqpMessage): Buffer
    decode(bytes: Buffer): AmqpMessage
    data_section(bytes: Buffer): unknown
    accepted(): { described(): Typed }
    released(): { described(): Typed }
    rejected(fields: { error: { condition: string; description: string } }): { described(): Typed }
  }
  uuid_to_string(bytes: Buffer): string
}

type Make = (fields?: Fields) => Composite
interface Frames extends Record<PerformativeName | SaslName, Make> {
  read_frame(bytes: Buffer): { channel: number; performative?: Composite; payload?: Buffer }
  write_frame(frame: unknown): Buffer
  amqp_frame(channel: number, performative?: Composite, payload?: Buffer): unknown
  sasl_frame(performative: Composite): unknown
}

const require = createRequire(import.meta.url)
const rhea = require('rhea') as Rhea
const frames = require('rhea/lib/frames.js') as Frames

const performatives = { 0x10: 'open', 0x11: 'begin', 0x12: 'attach', 0x13: 'flow', 0x14: 'transfer', 0x15: 'disposition', 0x16: 'detach', 0x17: 'end', 0x18: 'close' } as const
export type PerformativeName = typeof performatives[keyof typeof performatives]
export type SaslName = 'sasl_mechanisms' | 'sasl_init' | 'sasl_outcome'
const SASL_INIT = 0x41

export const AMQP_FRAME = 0
export const SASL_FRAME = 1
const HEADER_BYTES = 8

type Kind = 'uint' | 'text' | 'flag' | 'bytes' | 'map'
/** The fields that we read, the type each must have if it is there, `!` where it must. */
const fieldKinds: Record<PerformativeName | 'sasl_init', Readonly<Record<string, `${Kind}${'!' | ''}`>>> = {
  open: { container_id: 'text!', hostname: 'text', max_frame_size: 'uint', channel_max: 'uint', idle_time_out: 'uint' },
  begin: { remote_channel: 'uint', next_outgoing_id: 'uint!', incoming_window: 'uint!', outgoing_window: 'uint!' },
  attach: { name: 'text!', handle: 'uint!', role: 'flag!', snd_settle_mode: 'uint', rcv_settle_mode: 'uint', initial_delivery_count: 'uint', properties: 'map' },
  flow: { next_incoming_id: 'uint', incoming_window: 'uint!', next_outgoing_id: 'uint!', outgoing_window: 'uint!', handle: 'uint', delivery_count: 'uint', link_credit: 'uint', drain: 'flag', echo: 'flag' },
  transfer: { handle: 'uint!', delivery_id: 'uint', delivery_tag: 'bytes', message_format: 'uint', settled: 'flag', more: 'flag', aborted: 'flag' },
  disposition: { role: 'flag!', first: 'uint!', last: 'uint', settled: 'flag' },
  detach: { handle: 'uint!', closed: 'flag' },
  end: {},
  close: {},
  sasl_init: { mechanism: 'text!', initial_response: 'bytes', hostname: 'text' }
}

const MAX_UINT = 0xffffffff
const fits: Record<Kind, (value: unknown) => boolean> = {
  uint: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_UINT,
  text: (value) => typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  bytes: (value) => Buffer.isBuffer(value),
  map: (value) => typeof value === 'object' && !Array.isArray(value) && !Buffer.isBuffer(value)
}

const malformed = (what: string): AmqpError => new AmqpError('amqp:decode-error', what)

export type Frame =
  | { readonly name: PerformativeName | 'sasl_init'; readonly channel: number; readonly fields: Composite; readonly payload: Buffer }
  /** Without a performative: a sign of life. */
  | { readonly name: 'empty' }

/** `frame` is whole, its size included. Throws AmqpError. */
export function decodeFrame(frame: Buffer, type: number): Frame {
  const offset = frame[4]! * 4
  if (offset < HEADER_BYTES || offset > frame.length) { throw malformed('the data offset of a frame is out of its bounds') }
  if (frame[5] !== type) { throw malformed(`a frame of type ${frame[5]} where ${type} is due`) }
  if (offset === frame.length) { return { name: 'empty' } }
  const extent = extentOf(frame, offset, frame.length)
  // a performative is a list
  if (extent?.descriptor === undefined || ![0x45, 0xc0, 0xd0].includes(extent.code)) { throw malformed('a frame holds no performative') }
  const name = type === SASL_FRAME
    ? extent.descriptor === SASL_INIT ? 'sasl_init' : undefined
    : (performatives as Record<number, PerformativeName>)[extent.descriptor]
  if (name === undefined) { throw malformed(`a performative of descriptor ${extent.descriptor}`) }
  if (extent.end < frame.length && name !== 'transfer') { throw malformed(`bytes after a performative '${name}'`) }
  const { channel, performative: fields, payload = Buffer.alloc(0) } = frames.read_frame(frame)
  for (const [field, kind] of Object.entries(fieldKinds[name])) {
    const value = fields![field]
    const isMissing = value === undefined || value === null
    if (isMissing ? kind.endsWith('!') : !fits[kind.replace('!', '') as Kind](value)) { throw malformed(`'${field}' of '${name}' is of another type`) }
  }
  return { name, channel, fields: fields!, payload }
}

export function encodeFrame(channel: number, name: PerformativeName, fields: Fields, payload?: Buffer): Buffer {
  return frames.write_frame(frames.amqp_frame(channel, frames[name](fields), payload))
}

export function encodeSasl(name: SaslName, fields: Fields): Buffer {
  return frames.write_frame(frames.sasl_frame(frames[name](fields)))
}

export const EMPTY_FRAME = Buffer.from([0, 0, 0, 8, 2, AMQP_FRAME, 0, 0])
export const headerOf = (protocol: 0 | 3): Buffer => Buffer.from([0x41, 0x4d, 0x51, 0x50, protocol, 1, 0, 0])

const SECTIONS: Readonly<Record<number, readonly number[]>> = {
  0x70: [0x45, 0xc0, 0xd0], 0x71: [0xc1, 0xd1], 0x72: [0xc1, 0xd1], 0x73: [0x45, 0xc0, 0xd0], 0x74: [0xc1, 0xd1],
  0x75: [0xa0, 0xb0], 0x76: [0x45, 0xc0, 0xd0], 0x78: [0xc1, 0xd1]
}
const AMQP_VALUE = 0x77

/** Throws AmqpError. */
export function decodeMessage(bytes: Buffer): AmqpMessage {
  for (let at = 0; at < bytes.length;) {
    const extent = extentOf(bytes, at, bytes.length)
    const isSection = extent?.descriptor !== undefined && (extent.descriptor === AMQP_VALUE || SECTIONS[extent.descriptor]?.includes(extent.code))
    if (!isSection) { throw malformed('a message is not made of well-formed sections') }
    at = extent!.end
  }
  const message = rhea.message.decode(bytes)
  const { message_annotations: annotations, application_properties: properties } = message
  // a map that set its own prototype, or none at all: only what it holds itself is taken
  if (annotations !== undefined) { message.message_annotations = own(annotations) }
  if (properties !== undefined) { message.application_properties = own(properties) }
  return message
}

function own(map: Record<string, unknown>): Record<string, unknown> {
  return Object.assign(Object.create(null) as Record<string, unknown>, map)
}

export const encodeMessage = (message: AmqpMessage): Buffer => rhea.message.encode(message)

/** What a message carries, as bytes; undefined for a sequence or a value that is neither text nor bytes. */
export function bodyOf({ body }: AmqpMessage): Buffer | undefined {
  if (body === undefined || body === null) { return Buffer.alloc(0) }
  if (typeof body === 'string') { return Buffer.from(body) }
  if (Buffer.isBuffer(body)) { return body }
  const parts = dataOf(body)
  return parts === undefined ? undefined : parts.length === 1 ? parts[0] : Buffer.concat(parts)
}

/** The data sections. */
export function dataOf(body: unknown): Buffer[] | undefined {
  const { typecode, content, multiple } = (body ?? {}) as Partial<Section>
  if (typecode !== 0x75) { return undefined }
  return (multiple ? content : [content]) as Buffer[]
}

export function dataSection(bytes: Uint8Array | string): unknown {
  return rhea.message.data_section(typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** As text; ids of other types are spelled as the SDKs spell them. */
export function idText(id: unknown): string | undefined {
  if (typeof id === 'string') { return id }
  if (typeof id === 'number') { return String(id) }
  if (Buffer.isBuffer(id)) { return id.length === 16 ? rhea.uuid_to_string(id) : id.toString('hex') }
  return undefined
}

export type Outcome = 'accepted' | 'rejected' | 'released' | 'modified-here' | 'modified'
const outcomes: Readonly<Record<number, Outcome>> = { 0x24: 'accepted', 0x25: 'rejected', 0x26: 'released', 0x27: 'modified' }

/** Of a disposition's `state`; undefined for one that ends nothing. */
export function outcomeOf(state: unknown): Outcome | undefined {
  const { descriptor, value } = (state ?? {}) as Partial<Typed>
  const outcome = typeof descriptor?.value === 'number' ? outcomes[descriptor.value] : undefined
  // [§3.4.5] undeliverable-here: this receiver wants it no more
  const isRefusedHere = outcome === 'modified' && Array.isArray(value) && rhea.types.unwrap(value[1]) === true
  return isRefusedHere ? 'modified-here' : outcome
}

export const accepted = (): Typed => rhea.message.accepted().described()
export const rejected = (error: AmqpError): Typed => rhea.message.rejected({ error: { condition: error.condition, description: error.message } }).described()
/** For detach, end and close. */
export const errorFields = (error: AmqpError | undefined): Fields => error === undefined ? {} : { error: { condition: error.condition, description: error.message } }

export const int = (value: number): Typed => rhea.types.wrap_int(value)
export const long = (value: number): Typed => rhea.types.wrap_long(value)
export const timestamp = (ms: number): Typed => rhea.types.wrap_timestamp(ms)
export const strings = (values: string[]): Typed => rhea.types.wrap_array(values, 0xa1)

/** What an attach says of one end of the link; absent for none, or for one that is no plain terminus (transactions). */
export interface Terminus {
  readonly address: string | undefined
  /** By name, values as they are or as text of a described value. */
  readonly filter: Readonly<Record<string, unknown>>
}

const SOURCE = 0x28
const TARGET = 0x29
const FILTER = 7

export function terminusOf(value: unknown): Terminus | undefined {
  const { descriptor, value: fields } = (value ?? {}) as Partial<Typed>
  if ((descriptor?.value !== SOURCE && descriptor?.value !== TARGET) || !Array.isArray(fields)) { return undefined }
  const address = rhea.types.unwrap(fields[0])
  const filters = descriptor.value === SOURCE ? rhea.types.unwrap(fields[FILTER]) : undefined
  const filter: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  if (typeof filters === 'object' && filters !== null) {
    for (const [name, each] of Object.entries(filters)) { filter[name] = rhea.types.unwrap((each as Typed | null)?.value ?? each) }
  }
  return { address: typeof address === 'string' ? address : undefined, filter }
}

/** A symbol or several. */
export function symbolsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string')
}
