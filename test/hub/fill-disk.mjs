// Creates devices until the disk takes no more; run with a limit on the size of files. Prints which were acknowledged, and the errors after that.

const [folder] = process.argv.slice(2)
const { createHub, folderStore } = await import(new URL('../../build/host/hub/index.js', import.meta.url).href)

const store = await folderStore(folder)
const hub = createHub({ hostName: 'hub.test', store, events: store.events })
const create = (deviceId) => new Promise((resolve) => { hub.devices.create({ deviceId }, resolve) })
const acknowledged = []
let error
for (let i = 0; error === undefined && i < 100_000; i++) {
  const deviceId = `device-${i}-${'x'.repeat(80)}`
  error = await create(deviceId)
  if (error === undefined) { acknowledged.push(deviceId) }
}
const later = await create('later')
process.stdout.write(JSON.stringify({ acknowledged, error: error?.message, later: later?.message }))
process.exit()
