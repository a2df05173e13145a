// A device built on the unmodified azure-iot-device package; it does what its parent process asks over IPC and knows nothing of our hub.
const { Client, Message } = require('azure-iot-device')
const { Mqtt } = require('azure-iot-device-mqtt')

let client
let twin

const tell = (event, data) => process.send({ event, ...data })

const commands = {
  async open({ connectionString, sas }) {
    client = sas === undefined ? Client.fromConnectionString(connectionString, Mqtt) : Client.fromSharedAccessSignature(sas, Mqtt)
    client.on('error', (error) => tell('error', { name: error.name }))
    client.on('disconnect', () => tell('disconnect', {}))
    await client.open()
  },
  async telemetry({ body, properties, contentType }) {
    const message = new Message(body)
    message.contentType = contentType
    for (const [key, value] of Object.entries(properties)) { message.properties.add(key, value) }
    await client.sendEvent(message)
  },
  async messages() {
    client.on('message', (message) => {
      const properties = Object.fromEntries(message.properties.propertyList.map(({ key, value }) => [key, value]))
      client.complete(message, (error) => tell('message', {
        body: message.data.toString(), messageId: message.messageId, properties, completed: !error
      }))
    })
  },
  async method({ name }) {
    client.onDeviceMethod(name, (request, response) => {
      response.send(202, { got: request.payload }, () => {})
    })
  },
  async twin() {
    twin = await client.getTwin()
    twin.on('properties.desired', (desired) => tell('desired', { desired: JSON.parse(JSON.stringify(desired)) }))
    return { desired: twin.properties.desired, reported: twin.properties.reported }
  },
  report: ({ patch }) => new Promise((resolve, reject) => {
    twin.properties.reported.update(patch, (error) => error ? reject(error) : resolve())
  }),
  renew: ({ sas }) => new Promise((resolve, reject) => {
    client.updateSharedAccessSignature(sas, (error) => error ? reject(error) : resolve())
  }),
  renewOften: ({ validSeconds, marginSeconds }) => client.setOptions({
    tokenRenewal: { tokenValidTimeInSeconds: validSeconds, tokenRenewalMarginInSeconds: marginSeconds }
  }).then(() => undefined),
  close: () => client.close().then(() => undefined)
}

process.on('message', ({ id, command, ...input }) => {
  // plain functions of the SDK throw, others reject: both are the answer
  Promise.resolve().then(() => commands[command](input)).then(
    (result) => process.send({ id, result: result === undefined ? null : JSON.parse(JSON.stringify(result)) }),
    (error) => process.send({ id, error: error.name, message: error.message }))
})
process.on('disconnect', () => process.exit())
