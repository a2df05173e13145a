// A reader built on the unmodified @azure/event-hubs package; it does what its parent process asks over IPC and knows nothing of our hub.
const { EventHubConsumerClient } = require('@azure/event-hubs')

let client
const subscriptions = []
const tell = (event, data) => process.send({ event, ...data })
const plain = (value) => JSON.parse(JSON.stringify(value))

const commands = {
  async open({ connectionString, group = '$Default' }) {
    client = new EventHubConsumerClient(group, connectionString, { retryOptions: { maxRetries: 0 } })
  },
  about: async () => plain(await client.getEventHubProperties()),
  partition: async ({ partition }) => plain(await client.getPartitionProperties(partition)),
  /** Tells 'event' for each one and 'failed' for each error. */
  async subscribe({ partition, options = {} }) {
    const handlers = {
      processEvents: async (events) => {
        for (const { body, properties, systemProperties, sequenceNumber, offset, enqueuedTimeUtc, partitionKey, contentType, messageId } of events) {
          tell('event', plain({ body, properties, systemProperties, sequenceNumber, offset, enqueuedTimeUtc, partitionKey, contentType, messageId }))
        }
      },
      processError: async (error) => tell('failed', { code: error.code, name: error.name }),
      processInitialize: async () => tell('initialized', {})
    }
    const wanted = { maxBatchSize: 10, maxWaitTimeInSeconds: 1, ...options }
    subscriptions.push(partition === undefined ? client.subscribe(handlers, wanted) : client.subscribe(partition, handlers, wanted))
  },
  async close() {
    for (const subscription of subscriptions) { await subscription.close() }
    await client.close()
  }
}

process.on('message', ({ id, command, ...input }) => {
  Promise.resolve().then(() => commands[command](input)).then(
    (result) => process.send({ id, result: result === undefined ? null : result }),
    (error) => process.send({ id, error: error.code ?? error.name, message: error.message }))
})
process.on('disconnect', () => process.exit())
