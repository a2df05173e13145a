/** The certificate of the servers of a measurement, and what their clients trust. */

import { loadAuthority, type ServerCertificate } from '../../hub/index.js'
import { HOST } from './device.js'

export async function certificateForBench(): Promise<{ ca: string; certificate: ServerCertificate }> {
  const authority = await loadAuthority()
  return { ca: authority.caPem, certificate: await authority.issueServer({ hosts: [HOST] }) }
}
