// What the AMQP tests share: a rhea client, and a client of bare bytes, at the other end of an in-memory connection.

import { createRequire } from 'node:module'
import { Duplex } from 'node:stream'
import type Rhea from 'rhea'
import type { Connection, EventContext, Message, Receiver, ReceiverOptions, Sender, SenderOptions } from 'rhea'
import { createAmqpServer, type AmqpServer } from '../../../src/hub/amqp/server.js'
import { signSas, type HubConnection, type HubOptions, type SecureInfo } from '../../../src/hub/index.js'
import { bench, HOST, START_MS, token, type Bench } from '../bench.js'

export const rhea = createRequire(import.meta.url)('rhea') as typeof Rhea

export interface AmqpBench extends Bench { amqp: AmqpServer }

export function amqpBench(options: Partial<HubOptions> = {}): AmqpBench {
  const one = bench(options)
  return { ...one, amqp: createAmqpServer(one.hub.context) }
}

/** A stream whose other end is the hub. */
function streamTo(amqp: AmqpServer, secure: SecureInfo | null): Duplex {
  let connection: HubConnection | undefined
  const stream = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      connection!.receive(bytes)
      done()
    },
    destroy(_error, done) {
      connection!.ended()
      done(null)
    }
  })
  connection = amqp.accept({
    // rhea does not expect an answer while it writes
    write: (bytes) => { setImmediate(() => stream.push(Buffer.from(bytes))) },
    close: () => { setImmediate(() => stream.push(null)) }
  }, { secure })
  return stream
}

type Refused = Error & { condition?: string }

/** rhea's client with promises for what is awaited here. */
export class Client {
  readonly connection: Connection
  /** Conditions with which the hub ended links and connections, in order. */
  readonly conditions: string[] = []
  #wake = (): void => {}

  constructor(one: AmqpBench, options: { secure?: SecureInfo | null; username?: string; password?: string} = {}) {
    const { secure = null, username, password } = options
    this.connection = rhea.create_container({ id: 'test' } as never).connect({
      reconnect: false, host: HOST, port: 5671,
      ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }),
      connection_details: () => ({ host: HOST, port: 5671, connect: (_port: number, _host: string, _options: unknown, connected: () => void) => {
        const stream = streamTo(one.amqp, secure)
        setImmediate(connected)
        return stream
      } })
    } as never)
    for (const event of ['session_error', 'connection_error'] as const) {
      this.connection.on(event, ({ session, connection, error }: EventContext) => {
        this.#ended(((session ?? connection) as unknown as { error?: Refused }).error ?? error as Refused | undefined)
      })
    }
    for (const event of ['receiver_close', 'sender_close', 'session_close', 'connection_close', 'disconnected', 'error'] as const) { this.connection.on(event, () => {}) }
  }

  #ended(error: Refused | undefined): void {
    this.conditions.push(error?.condition ?? '')
    this.#wake()
  }

  /** The next condition that has come or comes. */
  async ending(): Promise<string> {
    if (this.conditions.length === 0) { await new Promise<void>((resolve) => { this.#wake = resolve }) }
    return this.conditions[0]!
  }

  event(name: string): Promise<EventContext> {
    return new Promise((resolve) => { this.connection.once(name as 'message', resolve) })
  }

  /** Of this link alone; rejects with the condition if the hub ends it first. */
  #opened<L extends Sender | Receiver>(link: L, kind: 'sender' | 'receiver'): Promise<L> {
    return new Promise((resolve, reject) => {
      // a refused link opens without its end and then closes
      link.once(`${kind}_open` as 'sender_open', () => { void settled().then(() => resolve(link)) })
      link.on(`${kind}_error` as 'sender_error', () => {
        this.#ended(link.error as Refused | undefined)
        reject(new Error(this.conditions.at(-1)))
      })
    })
  }

  sender(address: string, options: SenderOptions = {}): Promise<Sender> {
    return this.#opened(this.connection.open_sender({ target: { address }, autosettle: true, ...options } as SenderOptions), 'sender')
  }

  /** Without credit if not told otherwise. */
  receiver(address: string, options: ReceiverOptions = {}): Promise<Receiver> {
    return this.#opened(this.connection.open_receiver({ source: { address }, credit_window: 0, autoaccept: false, ...options } as ReceiverOptions), 'receiver')
  }

  /** The outcome: 'accepted', or the condition of the rejection. */
  send(sender: Sender, message: Message): Promise<string> {
    return new Promise((resolve) => {
      const delivery = sender.send(message)
      const done = (outcome: string) => (context: EventContext): void => {
        if (context.delivery !== delivery) { return }
        const error = (context.delivery.remote_state as unknown as { error?: { condition: string } }).error
        resolve(error?.condition ?? outcome)
      }
      sender.on('accepted', done('accepted'))
      sender.on('rejected', done('rejected'))
    })
  }

  async put(sas: string): Promise<number> {
    const sender = await this.sender('$cbs')
    const receiver = await this.receiver('$cbs')
    receiver.add_credit(10)
    const reply = nextMessage(receiver)
    sender.send({ message_id: 'put-1', reply_to: 'cbs', application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: HOST }, body: sas })
    const { application_properties: properties } = (await reply).message!
    return (properties as Record<string, number>)['status-code']!
  }

  static async device(one: AmqpBench): Promise<Client> {
    const client = new Client(one)
    await client.put(token())
    return client
  }

  static async service(one: AmqpBench, policy = 'service'): Promise<Client> {
    const client = new Client(one)
    await client.put(serviceToken(one, policy))
    return client
  }
}

export function nextMessage(receiver: Receiver): Promise<EventContext> {
  return new Promise((resolve) => { receiver.once('message', resolve) })
}

/** Lets everything that is under way arrive. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) { await new Promise((resolve) => { setImmediate(resolve) }) }
}

export function serviceToken({ hub }: AmqpBench, policy = 'service', { resource = HOST, lifeSeconds = 3600 } = {}): string {
  return `${signSas({ resource, key: hub.policies.get(policy)!.primaryKey, expiry: START_MS / 1000 + lifeSeconds })}&skn=${policy}`
}

export const data = (text: string): unknown => rhea.message.data_section(Buffer.from(text))
export const textIn = (message: Message): string => (message.body as { content: Buffer }).content.toString()

/** The end of a connection that writes and reads bare bytes. */
export class RawPeer {
  readonly written: Buffer[] = []
  closed = false
  readonly #connection: HubConnection

  constructor({ amqp }: Pick<AmqpBench, 'amqp'>) {
    this.#connection = amqp.accept({
      write: (bytes) => { this.written.push(Buffer.from(bytes)) },
      close: () => { this.closed = true }
    })
  }

  bytes(bytes: Uint8Array): void {
    this.#connection.receive(bytes)
  }

  cut(): void {
    this.#connection.ended()
  }

  get hex(): string {
    return Buffer.concat(this.written).toString('hex')
  }
}
