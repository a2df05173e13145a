/** The device of `tinytwin dev` in the local hub: enrolled there as asked, so that each way of proving who one is can be seen. */

import { createHash, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { createDps, derivedKey, listenDps } from '../hub/dps/index.js'
import { folderStore } from '../hub/index.js'
import type { HubAddress } from '../sim/real.js'
import { CliError } from './command.js'
import type { LocalHub } from './local_hub.js'

export const ways = ['sas', 'x509', 'dps'] as const
export type Way = typeof ways[number]

export interface Enrolment {
  readonly hub: HubAddress
  readonly close: () => Promise<void>
}

const groupId = 'dev'

/** `way` undefined: by the keys it has. A device that there is is changed to the way asked for; its twin stays. */
export async function enrol(local: LocalHub, deviceId: string, way: Way | undefined): Promise<Enrolment> {
  const { hub, listener, caPem } = local
  if (hub.devices.get(deviceId) === undefined) hub.devices.create({ deviceId })
  const address = { address: listener.host, port: listener.port, ca: caPem }
  const nothing = { close: () => Promise.resolve() }
  switch (way ?? 'sas') {
    case 'sas': {
      const is = hub.devices.get(deviceId)?.authentication.type
      if (is !== 'sas') {
        if (way === undefined) throw new CliError(`device '${deviceId}' of this hub has no shared access key; --auth sas gives it one, or name another with --device`)
        hub.devices.update(deviceId, { authentication: { type: 'sas' } })
      }
      return { hub: { ...address, connection: hub.connectionString(deviceId) }, ...nothing }
    }
    case 'x509': {
      const { selfSigned } = await import('../hub/certificates.js')
      const { certPem, keyPem } = await selfSigned(deviceId)
      const thumbprint = createHash('sha256').update(new X509Certificate(certPem).raw).digest('hex').toUpperCase()
      hub.devices.update(deviceId, { authentication: { type: 'selfSigned', primaryThumbprint: thumbprint } })
      const client = { certificate: Buffer.from(certPem), key: Buffer.from(keyPem) }
      return { hub: { ...address, connection: `HostName=${hub.hostName};DeviceId=${deviceId};x509=true`, client }, ...nothing }
    }
    case 'dps': return provisioned(local, deviceId, address)
  }
}

async function provisioned({ hub, listener, authority, data }: LocalHub, deviceId: string, address: Omit<HubAddress, 'connection'>): Promise<Enrolment> {
  const { host } = listener
  const dps = createDps({
    hostName: hub.hostName, retryAfterSeconds: 1, store: await folderStore(join(data, 'dps')),
    linkedHubs: [{ hostName: `${hub.hostName}:${listener.port}`, hub }],
  })
  const { attestation } = dps.enrollments.groups.get(groupId) ?? dps.enrollGroup(groupId, { attestation: { type: 'symmetricKey' } })
  if (attestation.type !== 'symmetricKey') throw new CliError(`the enrollment group '${groupId}' of this DPS is not of keys`)
  const dpsListener = await listenDps(dps, { host, port: 0, certificate: await authority.issueServer({ hosts: [hub.hostName, host] }) })
  const key = derivedKey(attestation.primaryKey, deviceId.toLowerCase())
  return {
    hub: {
      ...address, dpsAddress: host, dpsPort: dpsListener.port,
      connection: `GlobalEndpoint=${dps.hostName};IdScope=${dps.idScope};RegistrationId=${deviceId.toLowerCase()};SharedAccessKey=${key}`,
    },
    close: async () => {
      await dps.close()
      await dpsListener.close()
    },
  }
}
