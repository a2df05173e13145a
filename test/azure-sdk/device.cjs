// A device built on the unmodified azure-iot-device package; it does what its parent process asks over IPC and knows nothing of our hub.
const { Client, Message } = require('azure-iot-device')
const { Readable } = require('node:stream')

/** Loaded when asked for: each takes its time. */
const transports = {
  'mqtt': () => require('azure-iot-device-mqtt').Mqtt,
  'mqtt-ws': () => require('azure-iot-device-mqtt').MqttWs,
  'amqp': () => require('azure-iot-device-amqp').Amqp,
  'amqp-ws': () => require('azure-iot-device-amqp').AmqpWs,
  'http': () => require('azure-iot-device-http').Http
}

let client
let twin

const tell = (event, data) => process.send({ event, ...data })

const commands = {
  async open({ connectionString, sas, transport = 'mqtt', x509 }) {
    const Transport = transports[transport]()
    client = sas === undefined ? Client.fromConnectionString(connectionString, Transport) : Client.fromSharedAccessSignature(sas, Transport)
    if (x509 !== undefined) {
      const applied = client.setOptions(x509)
      // the HTTP transport sets a certificate without ever saying so
      if (transport !== 'http') { await applied }
    }
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
  async batch({ bodies }) {
    await client.sendEventBatch(bodies.map((body) => {
      const message = new Message(body)
      message.properties.add('part', 'of a batch')
      return message
    }))
  },
  async upload({ name, body }) {
    await client.uploadToBlob(name, Readable.from([Buffer.from(body)]), Buffer.byteLength(body))
  },
  /** Ends messages as `how` says, until told otherwise. */
  async settle({ how, poll }) {
    if (poll !== undefined) { await client.setTransportOptions(poll) }
    client.on('message', (message) => client[how](message, (error) => tell('message', { body: message.data.toString(), how, failed: error?.name })))
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
