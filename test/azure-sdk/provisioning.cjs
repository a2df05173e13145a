// Devices and a service built on the unmodified azure-iot-provisioning packages; they do what the parent process asks over IPC and know nothing of our service.
const { ProvisioningDeviceClient } = require('azure-iot-provisioning-device')

/** Loaded when asked for: each takes its time. */
const transports = {
  'mqtt': () => require('azure-iot-provisioning-device-mqtt').Mqtt,
  'mqtt-ws': () => require('azure-iot-provisioning-device-mqtt').MqttWs,
  'amqp': () => require('azure-iot-provisioning-device-amqp').Amqp,
  'amqp-ws': () => require('azure-iot-provisioning-device-amqp').AmqpWs,
  'http': () => require('azure-iot-provisioning-device-http').Http
}

const plain = (value) => value === undefined ? null : JSON.parse(JSON.stringify(value))

function securityOf({ registrationId, key, x509 }) {
  if (x509 !== undefined) {
    const { X509Security } = require('azure-iot-security-x509')
    return new X509Security(registrationId, x509)
  }
  const { SymmetricKeySecurityClient } = require('azure-iot-security-symmetric-key')
  return new SymmetricKeySecurityClient(registrationId, key)
}

let service

const commands = {
  async register({ host, idScope, transport, payload, ...identity }) {
    const Transport = transports[transport]()
    const client = ProvisioningDeviceClient.create(host, idScope, new Transport(), securityOf(identity))
    if (payload !== undefined) { client.setProvisioningPayload(payload) }
    return plain(await client.register())
  },
  async open({ connectionString }) {
    const { ProvisioningServiceClient } = require('azure-iot-provisioning-service')
    service = ProvisioningServiceClient.fromConnectionString(connectionString)
  },
  /** One call of the service client by its name. */
  service: async ({ name, args }) => plain((await service[name](...args)).responseBody),
  /** Of the calls whose promises never settle without a callback. */
  called: ({ name, args }) => new Promise((resolve, reject) => {
    service[name](...args, (error, result) => error ? reject(error) : resolve(plain(result)))
  }),
  async query({ name, args }) {
    const query = service[name](...args)
    const pages = []
    // without a callback the package forgets where it was and begins anew
    const next = () => new Promise((resolve, reject) => { query.next((error, result) => error ? reject(error) : resolve(result)) })
    while (query.hasMoreResults) { pages.push(await next()) }
    return plain(pages)
  }
}

process.on('message', ({ id, command, ...input }) => {
  Promise.resolve().then(() => commands[command](input)).then(
    (result) => process.send({ id, result: result === undefined ? null : result }),
    // the packages hand on what rhea gives them, which has a condition and no name
    (error) => process.send({ id, error: error.name ?? error.condition ?? 'Error', message: error.message }))
})
process.on('disconnect', () => process.exit())
