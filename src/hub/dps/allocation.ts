// Which of the linked hubs a device is given (reference B5): by hash, latency, a fixed one, or a webhook's word. It makes no device.

import { createHash } from 'node:crypto'
import { HubError } from '../error.js'
import { isObject, type JsonObject, type JsonValue } from '../domain/json.js'
import { quoted } from '../reason.js'
import type { Attested } from './attest.js'
import { certificateInfo } from './certificate-info.js'
import type { DpsContext, LinkedHub } from './context.js'
import { isGroup, type Enrollment, type InitialTwin } from './enrollment.js'
import { enrollmentDocument, initialTwinOf } from './enrollment-document.js'
import { askWebhook } from './webhook.js'

export interface Allocation {
  readonly linked: LinkedHub
  /** Custom allocation may replace the enrollment's. */
  readonly initialTwin?: InitialTwin | undefined
  /** Custom allocation's word to the device. */
  readonly payload?: JsonValue
}

export interface AllocationRequest {
  readonly attested: Attested
  readonly payload?: JsonValue
  /** Where it is now. */
  readonly current?: { readonly assignedHub: string; readonly deviceId: string }
}

/** In the order in which they are linked. */
export function candidatesFor({ linkedHubs }: Pick<DpsContext, 'linkedHubs'>, { iotHubs }: Pick<Enrollment, 'iotHubs'>): LinkedHub[] {
  return iotHubs.length === 0 ? [...linkedHubs] : linkedHubs.filter(({ hostName }) => iotHubs.includes(hostName))
}

/** 0 to 1, the same for the same two. */
function lot(registrationId: string, hostName: string): number {
  const digest = createHash('sha256').update(`${registrationId.toLowerCase()}\n${hostName}`).digest()
  return (digest.readUInt32BE(0) * 2 ** 16 + digest.readUInt16BE(4) + 1) / (2 ** 48 + 1)
}

/** Weighted rendezvous hashing: a hub that comes or goes moves only the devices that it gains or loses. */
export function byHash(hubs: readonly LinkedHub[], registrationId: string): LinkedHub | undefined {
  let best: { score: number; hub: LinkedHub } | undefined
  for (const hub of hubs) {
    const weight = hub.allocationWeight ?? 1
    if (weight <= 0) { continue }
    const score = weight / -Math.log(lot(registrationId, hub.hostName))
    if (best === undefined || score > best.score) { best = { score, hub } }
  }
  return best?.hub
}

const byLatency = (hubs: readonly LinkedHub[]): LinkedHub | undefined =>
  hubs.toSorted((a, b) => (a.latencyMs ?? 0) - (b.latencyMs ?? 0))[0]

const noHub = (): HubError => new HubError('ArgumentInvalid', 'no linked hub fits the enrollment. Link one, or change its iotHubs')

/** `decided` is called before this returns unless a webhook is asked. */
export function allocate(dps: DpsContext, request: AllocationRequest, decided: (result: Allocation | HubError) => void): void {
  const { attested: { enrollment, registrationId } } = request
  const hubs = candidatesFor(dps, enrollment)
  const { allocationPolicy = 'hashed' } = enrollment
  const found = (linked: LinkedHub | undefined): void => decided(linked === undefined ? noHub() : { linked, initialTwin: enrollment.initialTwin })
  switch (allocationPolicy) {
    case 'hashed': return found(byHash(hubs, registrationId))
    case 'geoLatency': return found(byLatency(hubs))
    case 'static': return found(hubs[0])
    case 'custom':
      void byWebhook(dps, request, hubs).catch((cause: unknown) => new HubError('CustomAllocationFailed', 'custom allocation failed', { cause })).then(decided)
      return undefined
    default: return allocationPolicy satisfies never
  }
}

const failed = (why: string): HubError => new HubError('CustomAllocationFailed', `custom allocation failed: ${why}`)

async function byWebhook(dps: DpsContext, request: AllocationRequest, hubs: readonly LinkedHub[]): Promise<Allocation | HubError> {
  const { enrollment } = request.attested
  if (enrollment.webhook === undefined) { return failed('the enrollment has no webhook') }
  const result = await askWebhook(dps, enrollment.webhook.url, questionOf(request, hubs))
  if ('error' in result) { return failed(result.error) }
  const { iotHubHostName, initialTwin, payload } = result.answer
  if (typeof iotHubHostName !== 'string') { return failed('its answer has no iotHubHostName') }
  const linked = hubs.find(({ hostName }) => hostName.toLowerCase() === iotHubHostName.toLowerCase())
  if (linked === undefined) { return failed(`${quoted(iotHubHostName)} is none of the linked hubs`) }
  try {
    return {
      linked,
      initialTwin: isObject(initialTwin) ? initialTwinOf(initialTwin) : enrollment.initialTwin,
      ...(payload === undefined || payload === null ? {} : { payload })
    }
  } catch (error) {
    return failed(error instanceof HubError ? error.message : 'its initialTwin is malformed')
  }
}

function questionOf({ attested, payload, current }: AllocationRequest, hubs: readonly LinkedHub[]): JsonObject {
  const { enrollment, registrationId, certificate } = attested
  return {
    [isGroup(enrollment) ? 'enrollmentGroup' : 'individualEnrollment']: enrollmentDocument(enrollment),
    deviceRuntimeContext: {
      registrationId,
      ...(current === undefined ? {} : { currentIotHubHostName: current.assignedHub, currentDeviceId: current.deviceId }),
      ...(certificate === undefined ? { symmetricKey: {} } : { x509: { clientCertificate: { ...certificateInfo(certificate) } } }),
      ...(payload === undefined ? {} : { payload })
    },
    linkedHubs: hubs.map(({ hostName }) => hostName)
  }
}
