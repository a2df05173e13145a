// What the hub tells of itself to Prometheus and to a health check.

import { expect, test } from 'vitest'
import { measureHub, type MetricsOptions } from '../../src/hub/index.js'
import { bench, FILTER, Peer, START_MS } from './bench.js'

const EVENTS = 'devices/d1/messages/events/'

function measured(options: MetricsOptions = {}) {
  const one = bench()
  return { ...one, metrics: measureHub(one.hub, options) }
}

/** The samples, without the lines about them. */
const samplesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))

test('messages, connections, twins and refusals are counted', () => {
  const { hub, metrics } = measured()
  const peer = Peer.connected(hub)
  peer.subscribe(FILTER.c2d)
  peer.publish(EVENTS, '12345')
  peer.publish(EVENTS, '678')
  hub.twin('d1').patchTags({ a: 1 })
  hub.send('d1', { body: 'x' })
  peer.send({ cmd: 'puback', messageId: 1 })
  hub.devices.create({ deviceId: 'd2' })
  peer.publish('anything')
  expect(samplesOf(metrics.text())).toEqual(expect.arrayContaining([
    'tinytwin_hub_devices 2', 'tinytwin_hub_connected_devices 0', 'tinytwin_hub_connections_total 1',
    'tinytwin_hub_messages_total 2', 'tinytwin_hub_message_bytes_total 8',
    'tinytwin_hub_twin_changes_total{part="tags"} 1', 'tinytwin_hub_cloud_messages_total{outcome="Success"} 1',
    'tinytwin_hub_identities_total{change="created"} 1', 'tinytwin_hub_disconnections_total{reason="unknown-topic"} 1',
    `tinytwin_hub_start_time_seconds ${START_MS / 1000}`
  ]))
})

test('each metric says once what it is, before its samples', () => {
  const { metrics } = measured()
  const text = metrics.text()
  expect(text).toContain('# HELP tinytwin_hub_devices Devices in the registry.\n# TYPE tinytwin_hub_devices gauge\ntinytwin_hub_devices 1\n')
  const types = text.split('\n').filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2])
  expect(new Set(types).size).toBe(types.length)
  expect(text.endsWith('\n')).toBe(true)
})

test('no device id, key or payload is in what is told', () => {
  const { hub, metrics } = measured()
  hub.devices.create({ deviceId: 'secret-device' })
  const peer = Peer.connected(hub)
  peer.publish(EVENTS, 'secret-payload')
  new Peer(hub, 'secret-peer').bytes(Buffer.from('secret'))
  expect(metrics.text()).not.toContain('secret')
})

test('a store that writes is told with its partitions, and its process', () => {
  const { metrics } = measured({
    store: { status: () => ({ commits: 3, commitSeconds: 0.5, slowestCommitSeconds: 0.25, waitingBytes: 7 }) },
    process: () => ({ residentBytes: 1024, cpuSeconds: 1.5 })
  })
  expect(samplesOf(metrics.text())).toEqual(expect.arrayContaining([
    'tinytwin_hub_partition_last_sequence{partition="0"} -1', 'tinytwin_store_failed 0', 'tinytwin_store_commits_total 3',
    'tinytwin_store_waiting_bytes 7', 'process_resident_memory_bytes 1024', 'process_cpu_seconds_total 1.5'
  ]))
})

test('a hub is well until its store writes no more, and then says why', () => {
  let failed: string | undefined
  const { clock, metrics } = measured({ store: { status: () => ({ commits: 0, commitSeconds: 0, slowestCommitSeconds: 0, waitingBytes: 0, ...(failed === undefined ? {} : { failed }) }) } })
  clock.advance(2500)
  expect(metrics.health()).toEqual({ status: 'ok', uptimeSeconds: 2.5 })
  failed = 'nothing can be written (no space left)'
  expect(metrics.health()).toEqual({ status: 'failing', reason: failed, uptimeSeconds: 2.5 })
  expect(samplesOf(metrics.text())).toContain('tinytwin_store_failed 1')
})

test('what was closed counts no more', () => {
  const { hub, metrics } = measured()
  metrics.close()
  Peer.connected(hub)
  expect(samplesOf(metrics.text())).toContain('tinytwin_hub_connections_total 0')
})
