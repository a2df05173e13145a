// A service built on the unmodified azure-iothub package; it does what its parent process asks over IPC and knows nothing of our hub.
const iothub = require('azure-iothub')

const { Client, JobClient, Registry, DigitalTwinClient, IoTHubTokenCredentials } = iothub

let registry
let client
let jobs
let digitalTwins

const plain = (value) => value === undefined ? null : JSON.parse(JSON.stringify(value))
// some calls answer with a pair, some with the body alone
const bodyOf = (result) => plain(result !== null && typeof result === 'object' && 'responseBody' in result ? result.responseBody : result)

/** A date is text once it came over IPC. */
const revived = (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*Z$/.test(value) ? new Date(value) : value

const commands = {
  async open({ connectionString }) {
    registry = Registry.fromConnectionString(connectionString)
    client = Client.fromConnectionString(connectionString)
    jobs = JobClient.fromConnectionString(connectionString)
    digitalTwins = new DigitalTwinClient(new IoTHubTokenCredentials(connectionString))
  },
  /** One call of the registry by its name. */
  registry: async ({ name, args }) => bodyOf(await registry[name](...args)),
  list: async () => (await registry.list()).responseBody.map(({ deviceId }) => deviceId),
  twin: async ({ deviceId, moduleId }) => {
    const { responseBody } = moduleId === undefined ? await registry.getTwin(deviceId) : await registry.getModuleTwin(deviceId, moduleId)
    return plain({ etag: responseBody.etag, tags: responseBody.tags, desired: responseBody.properties.desired, reported: responseBody.properties.reported })
  },
  async query({ text, pageSize }) {
    const query = registry.createQuery(text, pageSize)
    const pages = []
    // without a token a promised next() begins again
    while (query.hasMoreResults) { pages.push((await query.next(query.continuationToken)).result) }
    return plain(pages)
  },
  async queryTwins({ text }) {
    const twins = []
    const query = registry.createQuery(text)
    for (const twin of (await query.nextAsTwin()).result) {
      twins.push({ deviceId: twin.deviceId, etag: twin.etag, tags: twin.tags, desired: twin.properties.desired })
    }
    return plain(twins)
  },
  method: async ({ deviceId, moduleId, params }) =>
    (moduleId === undefined ? await client.invokeDeviceMethod(deviceId, params) : await client.invokeDeviceMethod(deviceId, moduleId, params)).result,
  jobs: async ({ name, args }) => plain((await jobs[name](...args.map(revived))).jobStatus),
  async jobPages({ type, status, pageSize }) {
    const query = jobs.createQuery(type, status, pageSize)
    const pages = []
    while (query.hasMoreResults) { pages.push((await query.next()).result) }
    return plain(pages)
  },
  async digitalTwins({ name, args }) {
    // the response holds the socket
    const { _response, ...result } = await digitalTwins[name](...args) ?? {}
    return plain(result)
  },
  /** Over AMQP in WebSockets; resolves with the id of the message once the hub has accepted it. */
  async send({ connectionString, deviceId, body }) {
    const { Message } = require('azure-iot-common')
    const sender = Client.fromConnectionString(connectionString, iothub.AmqpWs)
    await sender.open()
    const message = new Message(body)
    message.messageId = 'sent'
    await sender.send(deviceId, message)
    await sender.close()
  },
  close: () => client.close().then(() => undefined)
}

process.on('message', ({ id, command, ...input }) => {
  Promise.resolve().then(() => commands[command](input)).then(
    (result) => process.send({ id, result: result === undefined ? null : result }),
    (error) => process.send({ id, error: error.name, message: error.message }))
})
process.on('disconnect', () => process.exit())
