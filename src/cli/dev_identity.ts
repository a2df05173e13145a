/** Who the device of `tinytwin dev` is and where its hub is, from options, files and the environment. Knows no hub, shows no secret. */

import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { rootCertificates } from 'node:tls'
import type { ClientIdentity } from '../sim/native.js'
import type { HubAddress } from '../sim/real.js'
import { CliError, type Arguments, type Option } from './command.js'
import { bytesOf } from './secret.js'

export const deviceVariable = 'TINYTWIN_CONNECTION'

export const identityOptions: readonly Option[] = [
  { name: 'connection', value: 'STRING|@FILE', doc: `Another hub, or DPS, by the device's connection string (HostName=…;DeviceId=…;… or IdScope=…;RegistrationId=…;…), or by a file with it. Better than the string itself is the file or ${deviceVariable} in the environment, which other users cannot read.` },
  { name: 'cert', value: 'FILE', doc: 'With x509=true in the connection string: its certificate and those that lead to its root, PEM or DER.' },
  { name: 'key', value: 'FILE', doc: 'The private key of that certificate, P-256 or RSA, PEM or DER.' },
  { name: 'ca', value: 'FILE', doc: 'The authorities that hub is verified with, PEM or DER. Default: Azure\'s, DigiCert Global Root G2 and Microsoft RSA Root 2017.' },
]

export interface GivenIdentity {
  readonly hub: HubAddress
  readonly deviceId: string
  /** The hub's name, or DPS and its scope. */
  readonly where: string
  /** Of the authorities: a file, or words. */
  readonly ca: string
}

/** What hubs and DPS of Azure have certificates of. */
const azureNames = ['DigiCert Global Root G2', 'Microsoft RSA Root Certificate Authority 2017'] as const
const certificateOf = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Undefined when neither option nor environment names a hub. Throws CliError. */
export function givenIdentity(args: Arguments): GivenIdentity | undefined {
  const option = args.text('connection')
  const local = args.text('auth') !== undefined // asked for by name, whatever the environment has
  const given = option?.startsWith('@') === true ? bytesOf(option.slice(1), 'the connection string').toString('utf8') : option ?? (local ? undefined : process.env[deviceVariable])
  const [cert, key, ca] = [args.text('cert'), args.text('key'), args.text('ca')]
  if (given === undefined) {
    if (cert !== undefined || key !== undefined || ca !== undefined) throw new CliError(`--cert, --key and --ca go with a hub of --connection or ${deviceVariable}; the local one makes its own`)
    return undefined
  }
  const connection = given.trim()
  if (connection === '') throw new CliError('the connection string is empty')
  const fields = new Map((connection.split('\n', 1)[0] ?? '').trim().split(';').map((pair): [string, string] => {
    const equals = pair.indexOf('=')
    return [pair.slice(0, Math.max(equals, 0)).toLowerCase(), pair.slice(equals + 1)]
  }))
  if (fields.has('sharedaccesskeyname')) throw new CliError('the connection string is a service\'s; a device\'s has DeviceId')
  const x509 = fields.get('x509')?.toLowerCase() === 'true'
  if (!x509 && (cert !== undefined || key !== undefined)) throw new CliError('--cert and --key go with x509=true in the connection string')
  if (x509 && (cert === undefined || key === undefined)) throw new CliError('x509=true in the connection string needs --cert and --key')
  const module = fields.get('moduleid')
  return {
    hub: {
      connection,
      ca: ca === undefined ? azureRoots() : authorities(ca),
      ...(cert === undefined || key === undefined ? {} : { client: clientIdentity(cert, key) }),
    },
    deviceId: `${fields.get('deviceid') ?? fields.get('registrationid') ?? ''}${module === undefined ? '' : `/${module}`}`,
    where: fields.get('hostname') ?? `DPS ${fields.get('idscope') ?? ''}`,
    ca: ca ?? azureNames.join(', '),
  }
}

/** Of those Node.js comes with: a device has memory for a few. PEM. */
function azureRoots(): string {
  return rootCertificates.filter((pem) => azureNames.some((name) => new X509Certificate(pem).subject.includes(`CN=${name}`))).join('\n')
}

/** PEM. */
function authorities(file: string): string {
  const bytes = bytesOf(file, 'the authority')
  return certificates(bytes, `--ca: '${file}'`).map((each) => each.toString()).join('\n')
}

function clientIdentity(certFile: string, keyFile: string): ClientIdentity {
  const certificate = bytesOf(certFile, 'the certificate')
  const [leaf] = certificates(certificate, `--cert: '${certFile}'`)
  const key = bytesOf(keyFile, 'the private key')
  if (leaf?.checkPrivateKey(privateKey(key, keyFile)) !== true) throw new CliError(`the private key in '${keyFile}' is not that of the certificate in '${certFile}'`)
  return { certificate, key }
}

function certificates(bytes: Buffer, what: string): X509Certificate[] {
  const pem = bytes.toString('latin1').match(certificateOf)
  try {
    return (pem ?? [bytes]).map((one) => new X509Certificate(one))
  } catch (error) {
    throw new CliError(`${what} holds no certificate${pem === null ? '' : ' that can be read'} in PEM or DER`, { cause: error })
  }
}

function privateKey(bytes: Buffer, file: string): KeyObject {
  const text = bytes.toString('latin1')
  if (/ENCRYPTED/.test(text)) throw new CliError(`the private key in '${file}' is encrypted; a device wants it plain`)
  const forms = text.includes('-----BEGIN') ? [{ key: text }] : (['pkcs8', 'sec1', 'pkcs1'] as const).map((type) => ({ key: bytes, format: 'der' as const, type }))
  for (const form of forms) {
    try {
      const key = createPrivateKey(form)
      if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key
      throw new CliError(`the private key in '${file}' is neither P-256 nor RSA`)
    } catch (error) {
      if (error instanceof CliError) throw error
    }
  }
  throw new CliError(`'${file}' holds no private key in PEM or DER`)
}
