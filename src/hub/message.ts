// The messages that pass through the hub and their limits (reference A5 to A7); it knows no transport.

/** Keys in the property bag on MQTT are in mqtt/bag.ts; absent means not given. */
export interface SystemProperties {
  messageId?: string
  correlationId?: string
  userId?: string
  to?: string
  /** ISO 8601. */
  expiry?: string
  contentType?: string
  contentEncoding?: string
  /** Plug and Play component, `dt-subject` to readers. */
  component?: string
  interfaceId?: string
  outputName?: string
  /** The input of the module that a message goes to. */
  inputName?: string
  /** Who sent a message to a module's input. */
  connectionDeviceId?: string
  connectionModuleId?: string
  creationTime?: string
  ack?: string
}

/** null is a key without `=`. */
export type UserProperties = Record<string, string | null>

/** What a message tells of: `iothub-message-source`. Only telemetry is made today; routes will ask for the others (reference F). */
export type MessageSource =
  | 'Telemetry'
  | 'twinChangeEvents'
  | 'deviceLifecycleEvents'
  | 'deviceConnectionStateEvents'
  | 'deviceJobLifecycleEvents'

/** A message on its way through the hub, stamped and not yet stored. */
export interface StampedMessage {
  readonly deviceId: string
  readonly moduleId?: string
  /** Milliseconds since 1970, by the hub's clock. */
  readonly enqueuedTime: number
  /** A view: its buffer holds other bodies as well. */
  readonly body: Uint8Array
  readonly system: Readonly<SystemProperties>
  readonly properties: Readonly<UserProperties>
  readonly source: MessageSource
  /** How the sender proved itself, as JSON text: `iothub-connection-auth-method`. */
  readonly authMethod: string
  readonly generationId: string
  /** Announced by the device; `dt-dataschema` to readers. */
  readonly modelId?: string
}

/** Device to cloud, as the readers of the built-in endpoint see it. */
export interface DeviceMessage extends StampedMessage {
  readonly partition: number
  /** 0 for the first of its partition, without gaps. */
  readonly sequence: number
  /** A place in the partition: decimal digits, larger for what is later. */
  readonly offset: string
}

/** Cloud to device, as it waits in the queue. */
export interface CloudMessage {
  readonly body: Uint8Array
  readonly system: Readonly<SystemProperties> & { readonly messageId: string }
  readonly properties: Readonly<UserProperties>
  readonly enqueuedTime: number
  /** Milliseconds since 1970; not delivered from then on. */
  readonly expiresAt: number
  /** How often it was abandoned [A7]. */
  readonly deliveryCount: number
}

export const MAX_DEVICE_MESSAGE_BYTES = 256 * 1024
export const MAX_CLOUD_MESSAGE_BYTES = 64 * 1024
export const MAX_MESSAGE_ID_CHARS = 128

/** Body, values of system properties, names and values of user properties, in UTF-8 (reference A6). */
export function messageBytes(body: Uint8Array, system: SystemProperties, properties: UserProperties): number {
  let bytes = body.length
  for (const value of Object.values(system) as string[]) {
    bytes += Buffer.byteLength(value)
  }
  for (const name of Object.keys(properties)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(properties[name] ?? '')
  }
  return bytes
}
