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
  creationTime?: string
  ack?: string
}

/** null is a key without `=`. */
export type UserProperties = Record<string, string | null>

/** Device to cloud, as its readers see it. */
export interface DeviceMessage {
  readonly deviceId: string
  readonly moduleId?: string
  /** 1 for the hub's first message, without gaps. */
  readonly sequence: number
  /** Milliseconds since 1970, by the hub's clock. */
  readonly enqueuedTime: number
  readonly body: Uint8Array
  readonly system: Readonly<SystemProperties>
  readonly properties: Readonly<UserProperties>
  readonly source: 'Telemetry'
  /** How the sender proved itself, as JSON text: `iothub-connection-auth-method`. */
  readonly authMethod: string
  readonly generationId: string
  /** Announced at CONNECT; `dt-dataschema` to readers. */
  readonly modelId?: string
}

/** Cloud to device, as it waits in the queue. */
export interface CloudMessage {
  readonly body: Uint8Array
  readonly system: Readonly<SystemProperties> & { readonly messageId: string }
  readonly properties: Readonly<UserProperties>
  readonly enqueuedTime: number
  /** Milliseconds since 1970; not delivered from then on. */
  readonly expiresAt: number
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
