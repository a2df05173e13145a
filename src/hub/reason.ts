// Every reason for which the hub refuses or ends something, in words a person can act on; it knows no packet and no socket.

interface Reason {
  readonly text: string
  /** IoT Hub's own error code where one is known (reference A13); logged, never sent over MQTT. */
  readonly code?: number
}

const table = {
  // CONNECT
  'connect-timeout': { text: 'No CONNECT arrived in time after the connection was opened' },
  'left-early': { text: 'The peer left before it sent CONNECT, as a client does that does not trust the certificate' },
  'malformed-connect': { text: 'The first packet is not a well-formed MQTT CONNECT' },
  'protocol-level': { text: 'Only MQTT 3.1.1 (protocol level 4) is spoken here' },
  'empty-client-id': { text: 'The client id is empty; it must be the device id' },
  'malformed-username': { text: 'The username is not {hubHostName}/{deviceId}/?api-version=...' },
  'malformed-registration': { text: 'The username is not {idScope}/registrations/{registrationId}/api-version=...' },
  'wrong-id-scope': { text: 'The id scope is that of another provisioning service', code: 401002 },
  'unknown-registration': { text: 'No enrollment expects this registration id', code: 401002 },
  'wrong-hub': { text: 'The username names another hub', code: 401002 },
  'client-id-mismatch': { text: 'Client id and username name different identities', code: 401002 },
  'unknown-device': { text: 'No such device identity', code: 404001 },
  'disabled-device': { text: 'The device identity is disabled', code: 401002 },
  'no-credentials': { text: 'No SAS token was given as password', code: 401002 },
  'malformed-token': { text: 'The SAS token is malformed', code: 401002 },
  'foreign-token': { text: 'The SAS token is for another resource', code: 401002 },
  'expired-token': { text: 'The SAS token had expired', code: 401003 },
  'wrong-signature': { text: 'The SAS token is signed with neither key of this identity', code: 401002 },
  'wrong-credentials': { text: 'The identity does not authenticate in this way', code: 401002 },
  'wrong-certificate': { text: 'The client certificate has neither thumbprint of this identity', code: 401002 },
  'untrusted-certificate': { text: 'The client certificate is not issued by a verified authority of this hub', code: 401002 },
  'foreign-certificate': { text: 'The common name of the client certificate is not the identity', code: 401002 },
  'expired-certificate': { text: 'The client certificate is not valid now', code: 401002 },
  'malformed-certificate': { text: 'The client certificate cannot be used', code: 401002 },
  'unknown-policy': { text: 'No such shared access policy', code: 401002 },
  'missing-right': { text: 'The shared access policy does not have the right', code: 401002 },
  'throttled': { text: 'The rate of the tier and its units was exceeded', code: 429001 },
  'will-topic': { text: 'The will must go to the telemetry topic of the same identity' },
  'will-qos': { text: 'A will of QoS 2 is not supported' },
  'tls-handshake': { text: 'The TLS handshake failed' },
  'unknown-protocol': { text: 'The first byte is of no protocol that is spoken here' },
  'malformed-http': { text: 'An HTTP request was malformed, too large or too slow' },
  'http-refused': { text: 'An HTTP request was refused' },
  // AMQP
  'amqp-violation': { text: 'A frame broke the rules of AMQP 1.0' },
  'sasl-refused': { text: 'SASL did not succeed', code: 401002 },
  'unauthenticated-timeout': { text: 'Nobody proved who he is in time' },
  'unknown-address': { text: 'The address of a link is not one that is served here' },
  // a connection in use
  'malformed-packet': { text: 'A packet was malformed' },
  'protocol-violation': { text: 'A packet broke the rules of MQTT 3.1.1' },
  'packet-too-large': { text: 'A packet was larger than the hub accepts', code: 413001 },
  'message-too-large': { text: 'A message was larger than 256 KiB', code: 413001 },
  'qos-2': { text: 'QoS 2 is not supported' },
  'unknown-topic': { text: 'The topic is not one that a device may publish to' },
  'foreign-topic': { text: 'The topic belongs to another identity', code: 401002 },
  'keep-alive': { text: 'Nothing was heard for 1.5 times the keep-alive' },
  'token-expired': { text: 'The SAS token expired during the connection', code: 401003 },
  'certificate-expired': { text: 'The client certificate ended during the connection', code: 401002 },
  'replaced': { text: 'Another connection of the same identity took over', code: 400027 },
  'device-removed': { text: 'The device identity was removed', code: 404001 },
  'device-disabled': { text: 'The device identity was disabled', code: 401002 },
  'slow-reader': { text: 'The device did not read what it was sent' },
  'store-failed': { text: 'The message could not be stored', code: 500001 },
  'hub-closed': { text: 'The hub closed the connection' },
  'disconnected': { text: 'The device said goodbye' },
  'connection-lost': { text: 'The connection ended without DISCONNECT' },
  // a request, the connection goes on
  'undocumented-filter': { text: 'The topic filter is not one that a device may subscribe to' },
  'too-many-subscriptions': { text: 'An identity may hold at most 5 subscriptions' },
  'malformed-twin': { text: 'The twin patch was malformed', code: 400004 },
  'twin-limit': { text: 'The twin patch was beyond a limit of device twins', code: 400004 },
  'malformed-reply': { text: 'The reply to a method was malformed', code: 400004 },
  'registration-refused': { text: 'A registration request was refused' },
  'late-reply': { text: 'The reply answers no pending method call' }
} as const satisfies Record<string, Reason>

export type ReasonId = keyof typeof table

export function describeReason(id: ReasonId, detail?: string): { message: string; code?: number } {
  const { text, code }: Reason = table[id]
  const message = detail === undefined ? `${text}.` : `${text}: ${detail}.`
  return code === undefined ? { message } : { message, code }
}

const LONGEST_QUOTE = 160

/** Text from outside, fit for one line of a log: control characters escaped, cut to a bearable length. */
export function quoted(text: string): string {
  const cut = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}...` : text
  return `'${cut.replace(/[\p{Cc}\u2028\u2029\ufeff]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`
}
