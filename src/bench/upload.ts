/** What the upload of a file takes of a device: its RAM, the blocks, what a cut costs, what compression saves. In virtual time, so figures are the same everywhere. */

import { loadBoard } from '../board/index.js'
import { simulate, type Device } from '../sim/index.js'
import type { Figure, Measurement } from './measure.js'

const app = 'assembly/bench/uploader'
const fileBytes = 1024 * 1024
const ramLimit = 8 * 1024

async function begun(board: string, gzip = false): Promise<Device> {
  const device = await simulate(app, { board, deviceId: 'd1' })
  await device.advance('1s')
  await device.invoke('write', { size: fileBytes })
  await device.invoke('beginFiles', { size: fileBytes, gzip })
  return device
}

async function whole(device: Device): Promise<number> {
  for (let minute = 0; minute < 60; minute++) {
    await device.advance('1m')
    const blob = device.world.storage.blobs.get('d1/flash.log')
    if (blob !== undefined) return blob.bytes.length
  }
  throw new Error('the upload did not end within an hour')
}

async function upload(): Promise<readonly Figure[]> {
  const board = 'coffee-rev-a'
  await using plain = await begun(board)
  await whole(plain)
  const requests = plain.world.storage.requests.length

  await using cut = await begun(board)
  cut.world.storage.fault = (_request, index) => {
    if (index === 100) cut.network.down()
    return undefined
  }
  await cut.advance('1m')
  cut.network.up()
  await whole(cut)

  await using power = await begun(board)
  power.world.storage.fault = (_request, index) => {
    if (index === 100) power.network.down()
    return undefined
  }
  await power.advance('1m')
  await power.reset()
  power.network.up()
  await whole(power)

  await using small = await begun(board, true)
  const compressed = await whole(small)
  return [
    { name: 'upload of 1 MiB: RAM beside TLS', value: loadBoard(board).memory.uploadBytes, unit: 'B', limit: ramLimit },
    { name: 'upload of 1 MiB: requests to storage', value: requests, unit: 'requests' },
    { name: 'upload of 1 MiB: requests more with the connection cut once', value: cut.world.storage.requests.length - requests, unit: 'requests' },
    { name: 'upload of 1 MiB: requests more with the power cut once', value: power.world.storage.requests.length - requests, unit: 'requests' },
    { name: 'upload of 1 MiB of text, compressed', value: compressed, unit: 'B' },
  ]
}

export const uploads: readonly Measurement[] = [{ title: 'upload', run: upload }]
