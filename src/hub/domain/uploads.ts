// Files from devices (reference A10): permission to write one blob, its end, and the notification to the service. Blobs themselves are kept elsewhere.

import { HubError } from '../error.js'
import { quoted } from '../reason.js'
import type { Kept } from '../store/store.js'
import type { Device, HubContext } from './device.js'

/** The container that devices upload to. */
export interface BlobContainer {
  /** As in a URL: with a port if it is not 443. */
  readonly hostName: string
  readonly containerName: string
  /** The query of a URL, with its `?`, that permits to write this one blob until `expiresAt`, in milliseconds since 1970. */
  sasFor(blobName: string, expiresAt: number): string
  /** What is there, or undefined. */
  find(blobName: string): Promise<{ sizeBytes: number; lastModified: number } | undefined>
}

export interface UploadRecord {
  readonly correlationId: string
  readonly deviceKey: string
  readonly blobName: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** The answer to a device that wants to upload. */
export interface UploadGrant {
  readonly correlationId: string
  readonly hostName: string
  readonly containerName: string
  /** The device's id, a slash and the name it asked for. */
  readonly blobName: string
  readonly sasToken: string
}

export interface UploadResult {
  readonly isSuccess: boolean
  readonly statusCode?: number
  readonly statusDescription?: string
}

const MAX_CONCURRENT = 10
const GRANT_MS = 3_600_000
const MAX_BLOB_NAME_CHARS = 1024
const MAX_SEGMENTS = 254
const CONTENT_TYPE = 'application/json; charset=utf-8'

/** Also when a blank, a query or a fragment would be cut from it by whoever takes the name for a part of a URL. */
const DOTS = /^(\.|%2e)+ *([?#]|$)/i

const fault = (what: string): HubError => new HubError('ArgumentInvalid', `a blob name ${what}`)

/** A name that stays below the device's own folder however a server normalizes it. */
function checkBlobName(deviceId: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || name === '' || deviceId.length + 1 + name.length > MAX_BLOB_NAME_CHARS) {
    throw fault(`with the device id has 1 to ${MAX_BLOB_NAME_CHARS} characters`)
  }
  // a surrogate without its other half is no text that a URL could carry
  if (/[\p{Cc}\p{Cs}\\]/u.test(name)) { throw fault('has no control characters and no backslash') }
  const segments = [deviceId, ...name.split('/')]
  if (segments.length > MAX_SEGMENTS) { throw fault(`has at most ${MAX_SEGMENTS} segments`) }
  if (segments.some((segment) => segment === '' || DOTS.test(segment))) { throw fault('has no empty segments and none of dots alone') }
  if (/%(2f|5c|00)/i.test(name)) { throw fault('has no percent-encoded separators') }
}

/** Throws ArgumentInvalid, UploadNotConfigured, UploadLimitExceeded or Throttled. `kept` says when the grant is stored. */
export function beginUpload(hub: HubContext, device: Device, blobName: string, kept: Kept): UploadGrant {
  const { blobs, clock, uploads } = hub
  if (blobs === undefined) { throw new HubError('UploadNotConfigured', 'the hub has no container for files. Give it one') }
  const { deviceId } = device.identity
  checkBlobName(deviceId, blobName)
  hub.throttles.require('upload')
  const now = clock.now()
  let open = 0
  for (const [key, upload] of uploads) {
    if (upload.expiresAt <= now) {
      uploads.delete(key)
      hub.store.remove('upload', key, () => {})
    } else if (upload.deviceKey === device.key) {
      open++
    }
  }
  if (open >= MAX_CONCURRENT) { throw new HubError('UploadLimitExceeded', `device '${device.key}' has ${open} uploads under way of at most ${MAX_CONCURRENT}`) }
  const correlationId = Buffer.from(hub.random(16)).toString('hex')
  const upload: UploadRecord = { correlationId, deviceKey: device.key, blobName: `${deviceId}/${blobName}`, expiresAt: now + GRANT_MS }
  const sasToken = blobs.sasFor(upload.blobName, upload.expiresAt)
  uploads.set(correlationId, upload)
  hub.store.put('upload', correlationId, upload, kept)
  return { correlationId, hostName: blobs.hostName, containerName: blobs.containerName, blobName: upload.blobName, sasToken }
}

/** Rejects with UploadNotFound; of a success the service is told before it resolves. */
export async function finishUpload(hub: HubContext, device: Device, correlationId: string, { isSuccess }: UploadResult): Promise<void> {
  const upload = hub.uploads.get(correlationId)
  if (upload === undefined || upload.deviceKey !== device.key || upload.expiresAt <= hub.clock.now()) {
    throw new HubError('UploadNotFound', `no upload ${quoted(correlationId)} is under way`)
  }
  hub.uploads.delete(correlationId)
  if (isSuccess) { await notify(hub, device, upload) }
  await new Promise<void>((resolve, reject) => {
    hub.store.remove('upload', correlationId, (error) => error === undefined ? resolve() : reject(error))
  })
}

async function notify({ blobs, clock, fileNotifications }: HubContext, device: Device, { blobName }: UploadRecord): Promise<void> {
  const blob = await blobs?.find(blobName)
  const body = JSON.stringify({
    deviceId: device.identity.deviceId,
    blobUri: `https://${blobs?.hostName}/${blobs?.containerName}/${blobName.split('/').map(encodeURIComponent).join('/')}`,
    blobName,
    lastUpdatedTime: new Date(blob?.lastModified ?? clock.now()).toISOString(),
    blobSizeInBytes: blob?.sizeBytes ?? 0,
    enqueuedTimeUtc: new Date(clock.now()).toISOString()
  })
  await new Promise<void>((resolve, reject) => {
    fileNotifications.add({ body, contentType: CONTENT_TYPE }, (error) => error === undefined ? resolve() : reject(error))
  })
}
