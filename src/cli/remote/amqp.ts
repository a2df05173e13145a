/** What the hub offers over AMQP only: messages to devices, and the stream of what devices send. */

import { randomUUID } from 'node:crypto'
import rhea, { type Connection, type EventContext, type Message, type Receiver, type Sender, type Session } from 'rhea'
import { CliError } from '../command.js'
import type { HubAddress } from './address.js'
import { tlsOf, tokenFor, unreachable } from './rest.js'

const answerMs = 10_000
const cbs = '$cbs'

export interface CloudMessage {
  readonly deviceId: string
  readonly body: string
  readonly properties: Readonly<Record<string, string>>
  readonly messageId?: string
  readonly ack?: string
  /** Milliseconds since 1970. */
  readonly expiresAt?: number
}

export interface DeviceEvent {
  readonly deviceId: string
  readonly enqueuedTime: string
  readonly sequence: number
  readonly partition: string
  readonly body: unknown
  readonly properties: Readonly<Record<string, unknown>>
  readonly contentType?: string
  readonly messageId?: string
}

/** One connection with its token put; `close` ends it. */
async function open(address: HubAddress, audience: string): Promise<{ connection: Connection, failed: Promise<never>, close: () => void }> {
  const container = rhea.create_container()
  const connection = container.connect({
    host: address.host, port: address.port, hostname: address.host, transport: 'tls', reconnect: false, idle_time_out: 60_000,
    container_id: randomUUID(), ...tlsOf(address),
  })
  const failed = new Promise<never>((_, reject) => {
    const fail = (error: Error | undefined): void => reject(error instanceof CliError ? error : new CliError(
      error === undefined ? 'the hub ended the connection' : unreachable(address, error), { cause: error }))
    connection.on('disconnected', ({ error }: EventContext) => fail(error as Error | undefined))
    connection.on('connection_error', ({ connection: { error } }: EventContext) => fail(new CliError(`the hub ended the connection: ${reasonOf(error)}`)))
    connection.on('receiver_error', ({ receiver }: EventContext) => fail(new CliError(`the hub refused: ${reasonOf(receiver?.error)}`)))
    connection.on('sender_error', ({ sender }: EventContext) => fail(new CliError(`the hub refused: ${reasonOf(sender?.error)}`)))
  })
  failed.catch(() => {}) // whoever waits for something races with it
  const close = (): void => { connection.close() }
  try {
    const { status, description } = await ask(connection, failed, {
      address: cbs,
      message: {
        application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: audience },
        body: tokenFor(address, audience),
      },
    })
    if (status !== 200) throw new CliError(`the hub refused the key of policy '${address.policy}': ${description}`)
    return { connection, failed, close }
  } catch (error) {
    close()
    throw error
  }
}

interface Question { readonly address: string, readonly message: Message }
interface Reply { readonly status: number, readonly description: string, readonly body: unknown }

/** A request on a pair of links of its own, as $cbs and $management have it. */
async function ask(connection: Connection, failed: Promise<never>, { address, message }: Question): Promise<Reply> {
  const replyTo = `reply-${randomUUID()}`
  const session: Session = connection.create_session()
  session.begin()
  const receiver: Receiver = session.open_receiver({ name: replyTo, source: { address }, target: { address: replyTo } })
  const sender: Sender = session.open_sender({ target: { address } })
  const answered = new Promise<Reply>((resolve) => {
    receiver.on('message', ({ message: reply }: EventContext) => {
      const { 'status-code': status = 0, 'status-description': description = '' } = reply?.application_properties ?? {}
      resolve({ status: Number(status), description: String(description), body: reply?.body })
    })
  })
  sender.once('sendable', () => { sender.send({ ...message, message_id: randomUUID(), reply_to: replyTo }) })
  try {
    return await inTime(Promise.race([answered, failed]))
  } finally {
    session.close()
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CliError(`the hub did not answer in ${answerMs / 1000} s`)), answerMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const reasonOf = (error: unknown): string => {
  const { condition = '', description = '' } = (error ?? {}) as { condition?: string, description?: string }
  return [description, condition === '' ? '' : `(${condition})`].filter((part) => part !== '').join(' ') || 'no reason given'
}

/** Resolves when the hub has taken it. Rejects with CliError. */
export async function sendToDevice(address: HubAddress, { deviceId, body, properties, messageId = randomUUID(), ack, expiresAt }: CloudMessage): Promise<string> {
  const { connection, failed, close } = await open(address, address.host)
  try {
    const sender = connection.open_sender({ target: { address: '/messages/devicebound' } })
    const settled = new Promise<void>((resolve, reject) => {
      const refuse = (error: unknown): void => reject(new CliError(`the hub refused the message: ${reasonOf(error)}`))
      sender.once('accepted', () => resolve())
      sender.once('rejected', ({ delivery }: EventContext) => refuse((delivery?.remote_state as { error?: unknown } | undefined)?.error))
      sender.once('released', () => refuse({ description: 'it was released' }))
    })
    sender.once('sendable', () => {
      sender.send({
        message_id: messageId,
        to: `/devices/${encodeURIComponent(deviceId)}/messages/devicebound`,
        ...(expiresAt === undefined ? {} : { absolute_expiry_time: new Date(expiresAt) }),
        application_properties: { ...properties, ...(ack === undefined ? {} : { 'iothub-ack': ack }) },
        body: rhea.message.data_section(Buffer.from(body)),
      })
    })
    await inTime(Promise.race([settled, failed]))
    return messageId
  } finally {
    close()
  }
}

export interface MonitorOptions {
  readonly consumerGroup: string
  /** Messages that came after this, milliseconds since 1970; absent: from now on. */
  readonly since?: number
  readonly event: (event: DeviceEvent) => void
}

const endpoint = 'messages'

/** Reads every partition of the built-in endpoint until `stopped`. Rejects with CliError when the hub ends it. */
export async function monitor(address: HubAddress, { consumerGroup, since, event }: MonitorOptions, stopped: AbortSignal): Promise<void> {
  const { connection, failed, close } = await open(address, `sb://${address.host}/${endpoint}`)
  try {
    const { body } = await ask(connection, failed, {
      address: '$management',
      message: { application_properties: { operation: 'READ', name: endpoint, type: 'com.microsoft:eventhub' }, body: rhea.message.data_section(Buffer.from('[]')) },
    })
    const { partition_ids: partitions = [] } = body as { partition_ids?: string[] }
    const position = since === undefined ? `amqp.annotation.x-opt-offset > '@latest'` : `amqp.annotation.x-opt-enqueued-time > '${since}'`
    for (const partition of partitions) {
      const receiver = connection.open_receiver({
        source: {
          address: `${endpoint}/ConsumerGroups/${consumerGroup}/Partitions/${partition}`,
          filter: { 'apache.org:selector-filter:string': rhea.types.wrap_described(position, 0x468c00000004) },
        },
        credit_window: 100,
      })
      receiver.on('message', ({ message }: EventContext) => { if (message !== undefined) event(eventOf(message, partition)) })
    }
    const stop = new Promise<void>((resolve) => {
      if (stopped.aborted) resolve()
      else stopped.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([stop, failed])
  } finally {
    close()
  }
}

function eventOf({ body, content_type: contentType, message_id: messageId, message_annotations: annotations = {}, application_properties: properties = {} }: Message, partition: string): DeviceEvent {
  const bytes = (body as { content?: Buffer } | undefined)?.content ?? Buffer.alloc(0)
  const enqueued = annotations['x-opt-enqueued-time'] as Date | number | undefined
  return {
    deviceId: String(annotations['iothub-connection-device-id'] ?? ''),
    enqueuedTime: new Date(enqueued ?? 0).toISOString(),
    sequence: Number(annotations['x-opt-sequence-number'] ?? 0),
    partition,
    body: parsed(bytes.toString('utf8')),
    properties,
    ...(contentType === undefined ? {} : { contentType: String(contentType) }),
    ...(messageId === undefined ? {} : { messageId: String(messageId) }),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
