// A service built on the unmodified azure-iothub package over AMQP; it does what its parent process asks over IPC and knows nothing of our hub.
const { Client } = require('azure-iothub')
const { Message } = require('azure-iot-common')

const transports = {
  'amqp': () => require('azure-iothub/dist/amqp.js').Amqp,
  'amqp-ws': () => require('azure-iothub/dist/amqp_ws.js').AmqpWs
}

let client
const tell = (event, data) => process.send({ event, ...data })

/** Ends each message as the next of `hows` says, the last one for all that follow. */
function settling(receiver, event, hows) {
  receiver.on('message', (message) => {
    const how = hows.length > 1 ? hows.shift() : hows[0]
    receiver[how](message, (error) => tell(event, {
      body: JSON.parse(message.data.toString()), how, failed: error?.name, contentType: message.contentType
    }))
  })
}

const commands = {
  async open({ connectionString, transport = 'amqp' }) {
    client = Client.fromConnectionString(connectionString, transports[transport]())
    client.on('disconnect', () => tell('disconnect', {}))
    await client.open()
  },
  async send({ to, body, messageId, ack, properties = {}, expiryTimeUtc }) {
    const message = new Message(body)
    message.messageId = messageId
    message.ack = ack
    if (expiryTimeUtc !== undefined) { message.expiryTimeUtc = expiryTimeUtc }
    for (const [key, value] of Object.entries(properties)) { message.properties.add(key, value) }
    await client.send(to, message)
  },
  feedback: ({ hows }) => new Promise((resolve, reject) => {
    client.getFeedbackReceiver((error, receiver) => error ? reject(error) : resolve(settling(receiver, 'feedback', hows)))
  }),
  files: ({ hows }) => new Promise((resolve, reject) => {
    client.getFileNotificationReceiver((error, receiver) => error ? reject(error) : resolve(settling(receiver, 'file', hows)))
  }),
  close: () => client.close().then(() => undefined)
}

process.on('message', ({ id, command, ...input }) => {
  Promise.resolve().then(() => commands[command](input)).then(
    (result) => process.send({ id, result: result === undefined ? null : result }),
    (error) => process.send({ id, error: error.name, message: error.message }))
})
process.on('disconnect', () => process.exit())
