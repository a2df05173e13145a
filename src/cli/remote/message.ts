/** `tinytwin c2d` and `monitor`: messages to devices, and what devices send. */

import { CliError, type Command, type Invocation, type Option } from '../command.js'
import { ended, realSpan } from '../ending.js'
import { addressOptions, hubAddress } from './address.js'
import { pairs } from './json.js'

export const c2dCommand: Command = {
  name: 'c2d',
  summary: 'Sends a message from cloud to device.',
  doc: 'Queues the message at the hub, which delivers it when the device is there, and prints its id.',
  arguments: [{ name: 'ID', doc: 'The device id.' }, { name: 'BODY', doc: 'The message, as text.' }],
  options: [
    { name: 'property', value: 'NAME=VALUE', repeat: true, doc: 'An application property. May be given more than once.' },
    { name: 'message-id', value: 'TEXT', doc: 'Default: a new UUID.' },
    { name: 'ack', value: 'KIND', doc: 'Feedback wanted: none, positive, negative or full. Default: none.' },
    { name: 'expires-in', value: 'DURATION', doc: 'Not delivered after this time, 1m to 2d. Default: the hub\'s, an hour.' },
    ...addressOptions,
  ],
  examples: [['c2d grinder-1 "beans are low"', 'Delivered at least once.']],
  run: async ({ args, terminal }) => {
    const [deviceId, body] = args.positionals
    if (deviceId === undefined || body === undefined) throw new CliError(`${deviceId === undefined ? 'ID' : 'BODY'} is missing`)
    const ack = args.choice('ack', ['none', 'positive', 'negative', 'full'])
    const messageId = args.text('message-id')
    const expiresIn = args.span('expires-in')
    const { sendToDevice } = await import('./amqp.js')
    const id = await sendToDevice(hubAddress(args), {
      deviceId, body, properties: pairs(args, 'property'),
      ...(messageId === undefined ? {} : { messageId }),
      ...(ack === undefined ? {} : { ack }),
      ...(expiresIn === undefined ? {} : { expiresAt: Date.now() + expiresIn }),
    })
    terminal.print(args.json ? `${JSON.stringify({ type: 'sent', device: deviceId, messageId: id })}\n` : `queued for ${deviceId}, message id ${id}\n`)
    return 0
  },
}

/** Of watching a hub. */
export const monitorOptions: readonly Option[] = [
  { name: 'device', value: 'ID', doc: 'Only this device of the hub. Default: all.' },
  { name: 'since', value: 'DURATION', doc: 'Also what came to the hub in the time before now, such as 10m. Default: 0s.' },
  { name: 'group', value: 'NAME', doc: 'Consumer group of the hub. Default: $Default.' },
  ...addressOptions,
]

/** Prints what devices send to a hub until it is told to stop. */
export async function monitorHub({ args, terminal }: Invocation): Promise<number> {
  const forMs = realSpan(args)
  const since = args.span('since')
  const only = args.text('device')
  const address = hubAddress(args)
  const over = new AbortController()
  const finish = async (): Promise<void> => {
    await ended(AbortSignal.any([terminal.interruption(), over.signal]), forMs)
    over.abort()
  }
  const finishing = finish()
  const { monitor } = await import('./amqp.js')
  try {
    await monitor(address, {
      consumerGroup: args.text('group') ?? '$Default',
      ...(since === undefined ? {} : { since: Date.now() - since }),
      event: ({ deviceId, enqueuedTime, body, ...rest }) => {
        if (only !== undefined && deviceId !== only) return
        terminal.print(args.json
          ? `${JSON.stringify({ type: 'telemetry', device: deviceId, time: enqueuedTime, body, ...rest })}\n`
          : `${enqueuedTime}  ${deviceId}  ${typeof body === 'string' ? body : JSON.stringify(body)}\n`)
      },
    }, over.signal)
  } finally {
    over.abort()
    await finishing
  }
  return 0
}
