// A module built on the unmodified azure-iot-device package; it does what its parent process asks over IPC and knows nothing of our hub.
const { ModuleClient, Message } = require('azure-iot-device')

let client
let twin

const tell = (event, data) => process.send({ event, ...data })

const commands = {
  async open({ connectionString, transport = 'mqtt' }) {
    const Transport = transport === 'mqtt' ? require('azure-iot-device-mqtt').Mqtt : require('azure-iot-device-amqp').Amqp
    client = ModuleClient.fromConnectionString(connectionString, Transport)
    client.on('error', (error) => tell('error', { name: error.name }))
    await client.open()
  },
  output: ({ name, body }) => client.sendOutputEvent(name, new Message(body)).then(() => undefined),
  async inputs() {
    client.on('inputMessage', (input, message) => {
      const properties = Object.fromEntries(message.properties.propertyList.map(({ key, value }) => [key, value]))
      client.complete(message, (error) => tell('input', { input, body: message.data.toString(), properties, completed: !error }))
    })
  },
  async method({ name }) {
    client.onMethod(name, (request, response) => { response.send(200, { got: request.payload }, () => {}) })
  },
  async twin() {
    twin = await client.getTwin()
    twin.on('properties.desired', (desired) => tell('desired', { desired: JSON.parse(JSON.stringify(desired)) }))
    return { desired: twin.properties.desired, reported: twin.properties.reported }
  },
  report: ({ patch }) => new Promise((resolve, reject) => {
    twin.properties.reported.update(patch, (error) => error ? reject(error) : resolve())
  })
}

process.on('message', ({ id, command, ...input }) => {
  // plain functions of the SDK throw, others reject: both are the answer
  Promise.resolve().then(() => commands[command](input)).then(
    (result) => process.send({ id, result: result === undefined ? null : JSON.parse(JSON.stringify(result)) }),
    (error) => process.send({ id, error: error.name, message: error.message }))
})
process.on('disconnect', () => process.exit())
