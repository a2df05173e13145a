// What the hub counts for Prometheus (text format 0.0.4) and for a health check; it knows no HTTP and reads no clock but the hub's.

import type { HubEvent } from './event.js'
import type { Hub } from './hub.js'
import type { EngineStatus } from './store/engine.js'

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export interface Health {
  readonly status: 'ok' | 'failing'
  /** Why it is failing, in a sentence. */
  readonly reason?: string
  readonly uptimeSeconds: number
}

/** Of the process the hub runs in. */
export interface ProcessFigures {
  readonly residentBytes: number
  readonly cpuSeconds: number
}

export interface MetricsOptions {
  /** The hub's store if it writes to a disk. */
  readonly store?: { status(): EngineStatus }
  readonly process?: () => ProcessFigures
}

export interface Metrics {
  /** The answer to a scrape; it names reasons and parts, never a device. */
  text(): string
  health(): Health
  /** Counts no more. */
  close(): void
}

type Kind = 'counter' | 'gauge'
type Labels = Readonly<Record<string, string | number>>

/** Counts by the values of one label, in the order in which they were first seen. */
class Counts {
  readonly #counts = new Map<string, number>()

  add(value: string): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1)
  }

  samples(label: string): [Labels, number][] {
    return Array.from(this.#counts, ([value, count]) => [{ [label]: value }, count])
  }
}

/** A label's value has no line break, quote or backslash of its own. */
const escaped = (value: string): string => value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')

function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(String(text))}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`
}

class Page {
  #text = ''

  add(name: string, kind: Kind, help: string, samples: number | readonly (readonly [Labels, number])[]): void {
    const all: readonly (readonly [Labels, number])[] = typeof samples === 'number' ? [[{}, samples]] : samples
    if (all.length === 0) { return }
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${all.map(([labels, value]) => sample(name, labels, value)).join('')}`
  }

  get text(): string {
    return this.#text
  }
}

/** Begins to count what the hub tells from now on. */
export function measureHub(hub: Hub, { store, process: figures }: MetricsOptions = {}): Metrics {
  const { clock, events } = hub.context
  const startedAt = clock.now()
  let messages = 0
  let messageBytes = 0
  let connected = 0
  const disconnected = new Counts()
  const refused = new Counts()
  const twins = new Counts()
  const cloud = new Counts()
  const lifecycle = new Counts()
  const note = (event: HubEvent): void => {
    switch (event.type) {
      case 'connected': connected++; return
      case 'disconnected': return disconnected.add(event.reason)
      case 'refused': return refused.add(event.reason)
      case 'twin': return twins.add(event.part)
      case 'c2d': return cloud.add(event.outcome)
      case 'lifecycle': return lifecycle.add(event.change)
      default: event satisfies never
    }
  }
  const stops = [
    hub.onEvent(note),
    hub.onMessage(({ body }) => {
      messages++
      messageBytes += body.length
    })
  ]
  const partitions = (of: (partition: number) => number): [Labels, number][] =>
    Array.from({ length: events.partitionCount }, (_, partition) => [{ partition }, of(partition)])

  return {
    text() {
      const page = new Page()
      const statistics = hub.devices.statistics()
      page.add('tinytwin_hub_devices', 'gauge', 'Devices in the registry.', statistics.totalDeviceCount)
      page.add('tinytwin_hub_connected_devices', 'gauge', 'Devices that are connected.', statistics.connectedDeviceCount)
      page.add('tinytwin_hub_connections_total', 'counter', 'Connections of devices and modules that were accepted.', connected)
      page.add('tinytwin_hub_disconnections_total', 'counter', 'Connections that ended, by reason.', disconnected.samples('reason'))
      page.add('tinytwin_hub_refusals_total', 'counter', 'Connections and requests that were refused, by reason.', refused.samples('reason'))
      page.add('tinytwin_hub_messages_total', 'counter', 'Messages from devices that were accepted.', messages)
      page.add('tinytwin_hub_message_bytes_total', 'counter', 'Bytes of their bodies.', messageBytes)
      page.add('tinytwin_hub_twin_changes_total', 'counter', 'Changes of twins, by part.', twins.samples('part'))
      page.add('tinytwin_hub_cloud_messages_total', 'counter', 'Messages to devices that ended, by outcome.', cloud.samples('outcome'))
      page.add('tinytwin_hub_identities_total', 'counter', 'Identities that were created and deleted.', lifecycle.samples('change'))
      page.add('tinytwin_hub_partition_first_sequence', 'gauge', 'The oldest event that a partition keeps.', partitions((number) => events.info(number).firstSequence))
      page.add('tinytwin_hub_partition_last_sequence', 'gauge', 'The newest event of a partition, -1 before the first.', partitions((number) => events.info(number).lastSequence))
      if (store !== undefined) { addStore(page, store.status()) }
      if (figures !== undefined) { addProcess(page, figures()) }
      page.add('tinytwin_hub_start_time_seconds', 'gauge', 'When the hub started, in seconds since 1970.', startedAt / 1000)
      return page.text
    },
    health() {
      const failed = store?.status().failed
      const uptimeSeconds = (clock.now() - startedAt) / 1000
      return failed === undefined ? { status: 'ok', uptimeSeconds } : { status: 'failing', reason: failed, uptimeSeconds }
    },
    close() {
      for (const stop of stops) { stop() }
    }
  }
}

function addStore(page: Page, { failed, commits, commitSeconds, slowestCommitSeconds, waitingBytes }: EngineStatus): void {
  page.add('tinytwin_store_failed', 'gauge', '1 when nothing is written any more.', failed === undefined ? 0 : 1)
  page.add('tinytwin_store_commits_total', 'counter', 'Groups of records written, each with one sync.', commits)
  page.add('tinytwin_store_commit_seconds_total', 'counter', 'Seconds these took together.', commitSeconds)
  page.add('tinytwin_store_slowest_commit_seconds', 'gauge', 'Seconds the slowest took.', slowestCommitSeconds)
  page.add('tinytwin_store_waiting_bytes', 'gauge', 'Bytes of records that are not on the disk yet.', waitingBytes)
}

function addProcess(page: Page, { residentBytes, cpuSeconds }: ProcessFigures): void {
  page.add('process_resident_memory_bytes', 'gauge', 'Resident memory.', residentBytes)
  page.add('process_cpu_seconds_total', 'counter', 'User and system time.', cpuSeconds)
}

export function processFigures(): ProcessFigures {
  const { user, system } = process.cpuUsage()
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 }
}
