// Messages of the hub as AMQP messages and back (reference A5, E3); it knows no link.

import { MAX_DEVICE_MESSAGE_BYTES, type CloudMessage, type DeviceMessage, type SystemProperties, type UserProperties } from '../message.js'
import type { CloudMessageRequest } from '../domain/cloud.js'
import type { ServiceMessage } from '../domain/service-queue.js'
import { bodyOf, dataOf, dataSection, decodeMessage, encodeMessage, idText, long, timestamp, type AmqpMessage } from './codec.js'
import { AmqpError } from './error.js'
import type { Delivery } from './link.js'

/** A message at its limit with the encoding of its properties. */
export const MAX_ENCODED_BYTES = MAX_DEVICE_MESSAGE_BYTES + 64 * 1024
/** Several messages as the data sections of one. */
const BATCH_FORMAT = 0x80013700
const MAX_BATCH = 500

/** Throws AmqpError. */
export function messagesIn({ bytes, format }: Delivery): AmqpMessage[] {
  const message = decodeMessage(bytes)
  if (format !== BATCH_FORMAT) { return [message] }
  const parts = dataOf(message.body)
  if (parts === undefined || parts.length > MAX_BATCH) { throw new AmqpError('amqp:decode-error', `a batch is 1 to ${MAX_BATCH} data sections`) }
  return parts.map((part) => decodeMessage(part))
}

/** Throws AmqpError for a body that is no bytes. */
export function bytesOf(message: AmqpMessage): Buffer {
  const body = bodyOf(message)
  if (body === undefined) { throw new AmqpError('amqp:decode-error', 'a message body is made of data sections') }
  return body
}

/** Values of any simple type, as text. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) { return null }
  if (typeof value === 'string') { return value }
  if (value instanceof Date) { return Number.isNaN(value.getTime()) ? '' : value.toISOString() }
  if (Buffer.isBuffer(value)) { return idText(value)! }
  return typeof value === 'object' ? JSON.stringify(value) ?? '' : String(value)
}

const timeText = (value: unknown): string | undefined => value instanceof Date ? textOf(value)! || undefined : undefined

/** Made an own property whatever the name. */
function userProperties(message: AmqpMessage, reserved: readonly string[]): UserProperties {
  const properties = Object.create(null) as UserProperties
  for (const [name, value] of Object.entries(message.application_properties ?? {})) {
    if (!reserved.includes(name)) { properties[name] = textOf(value) }
  }
  return properties
}

const OUTPUT = 'iothub-outputname'
const ACK = 'iothub-ack'

type Given<T> = { -readonly [K in keyof T]?: T[K] | undefined }

function withoutUndefined<T extends object>(fields: Given<T>): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
}

function systemOf(message: AmqpMessage): SystemProperties {
  const { message_annotations: annotations = {}, application_properties: properties = {} } = message
  const annotation = (name: string): string | undefined => textOf(annotations[name]) ?? undefined
  return withoutUndefined<SystemProperties>({
    messageId: idText(message.message_id),
    correlationId: idText(message.correlation_id),
    userId: message.user_id?.toString('utf8'),
    to: message.to,
    expiry: timeText(message.absolute_expiry_time),
    creationTime: timeText(message.creation_time),
    contentType: message.content_type,
    contentEncoding: message.content_encoding,
    component: annotation('dt-subject'),
    interfaceId: annotation('iothub-interface-id'),
    outputName: textOf(properties[OUTPUT]) ?? undefined,
    ack: textOf(properties[ACK]) ?? undefined
  })
}

/** From a device. */
export function telemetryOf(message: AmqpMessage): { body: Buffer; system: SystemProperties; properties: UserProperties } {
  return { body: bytesOf(message), system: systemOf(message), properties: userProperties(message, [OUTPUT, ACK]) }
}

/** From the service to a device. A time that is over already expires at once. */
export function cloudRequestOf(message: AmqpMessage, now: number): CloudMessageRequest {
  const { absolute_expiry_time: expiry, ttl } = message
  const system = systemOf(message)
  const expiryMs = expiry instanceof Date ? Math.max(1, expiry.getTime() - now) : typeof ttl === 'number' && ttl > 0 ? ttl : undefined
  return withoutUndefined<CloudMessageRequest>({
    body: bytesOf(message),
    properties: userProperties(message, [ACK]),
    messageId: system.messageId,
    correlationId: system.correlationId,
    userId: system.userId,
    contentType: system.contentType,
    contentEncoding: system.contentEncoding,
    ack: system.ack as CloudMessageRequest['ack'],
    expiryMs
  })
}

function propertiesOf(system: Readonly<SystemProperties>): AmqpMessage {
  return withoutUndefined<AmqpMessage>({
    message_id: system.messageId,
    correlation_id: system.correlationId,
    user_id: system.userId === undefined ? undefined : Buffer.from(system.userId),
    to: system.to,
    content_type: system.contentType,
    content_encoding: system.contentEncoding,
  })
}

/** To a device. */
export function encodeCloudMessage({ body, system, properties, enqueuedTime, expiresAt, deliveryCount }: CloudMessage): Buffer {
  const annotations: Record<string, unknown> = { 'iothub-enqueuedtime': timestamp(enqueuedTime) }
  if (system.inputName !== undefined) { annotations['x-opt-input-name'] = system.inputName }
  if (system.connectionDeviceId !== undefined) { annotations['iothub-connection-device-id'] = system.connectionDeviceId }
  if (system.connectionModuleId !== undefined) { annotations['iothub-connection-module-id'] = system.connectionModuleId }
  return encodeMessage({
    ...propertiesOf(system),
    absolute_expiry_time: expiresAt,
    delivery_count: deliveryCount,
    message_annotations: annotations,
    application_properties: { ...properties, ...(system.ack === undefined ? {} : { [ACK]: system.ack }) },
    body: dataSection(body)
  })
}

/** Feedback and file notifications. */
export function encodeServiceMessage({ messageId, body, contentType, enqueuedTime, expiresAt, deliveryCount }: ServiceMessage, hubName: string): Buffer {
  return encodeMessage({
    message_id: messageId,
    user_id: Buffer.from(hubName),
    content_type: contentType,
    content_encoding: 'utf-8',
    creation_time: enqueuedTime,
    absolute_expiry_time: expiresAt,
    delivery_count: deliveryCount,
    message_annotations: { 'iothub-enqueuedtime': timestamp(enqueuedTime) },
    body: dataSection(body)
  })
}

/** To a reader of the built-in endpoint. */
export function encodeEvent(event: DeviceMessage, deliveryAnnotations?: Record<string, unknown>): Buffer {
  const { system } = event
  return encodeMessage({
    ...propertiesOf(system),
    ...(deliveryAnnotations === undefined ? {} : { delivery_annotations: deliveryAnnotations }),
    message_annotations: withoutUndefined<Record<string, unknown>>({
      'x-opt-sequence-number': long(event.sequence),
      'x-opt-offset': event.offset,
      'x-opt-enqueued-time': timestamp(event.enqueuedTime),
      'x-opt-partition-key': event.deviceId,
      'iothub-connection-device-id': event.deviceId,
      'iothub-connection-module-id': event.moduleId,
      'iothub-connection-auth-method': event.authMethod,
      'iothub-connection-auth-generation-id': event.generationId,
      'iothub-enqueuedtime': timestamp(event.enqueuedTime),
      'iothub-message-source': event.source,
      'iothub-interface-id': system.interfaceId,
      'iothub-creation-time-utc': system.creationTime,
      'dt-dataschema': event.modelId,
      'dt-subject': system.component
    }),
    application_properties: withoutUndefined<Record<string, unknown>>({ ...event.properties, [OUTPUT]: system.outputName, [ACK]: system.ack }),
    body: dataSection(event.body)
  })
}

