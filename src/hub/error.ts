// The errors that the hub's own API throws or rejects with; adapters translate `code`, people read `message`.

export type HubErrorCode =
  | 'ArgumentInvalid'
  | 'DeviceNotFound'
  | 'DeviceAlreadyExists'
  | 'PreconditionFailed'
  | 'DeviceNotOnline'
  | 'DeviceTimeout'
  | 'BadDeviceResponse'
  | 'DeviceMaximumQueueDepthExceeded'
  | 'MessageTooLarge'
  | 'TwinMalformed'
  | 'TwinTooLarge'
  | 'HubClosed'
  | 'StoreFailed'
  | 'Unauthorized'
  | 'ModuleNotFound'
  | 'ModuleAlreadyExists'
  | 'TooManyModules'
  | 'MessageLockLost'
  | 'UploadLimitExceeded'
  | 'UploadNotFound'
  | 'UploadNotConfigured'
  | 'CertificateNotFound'
  | 'PartitionNotFound'
  | 'Throttled'
  | 'JobNotFound'
  | 'JobAlreadyExists'
  | 'ConfigurationNotFound'
  | 'ConfigurationAlreadyExists'
  | 'EnrollmentNotFound'
  | 'EnrollmentAlreadyExists'
  | 'RegistrationNotFound'
  | 'OperationNotFound'
  | 'CustomAllocationFailed'

/** IoT Hub's numbers for them (reference A13); the first three digits are the HTTP status. */
const numbers: Record<HubErrorCode, number> = {
  ArgumentInvalid: 400004,
  DeviceNotFound: 404001,
  DeviceAlreadyExists: 409001,
  PreconditionFailed: 412001,
  DeviceNotOnline: 404103,
  DeviceTimeout: 504101,
  BadDeviceResponse: 502101,
  DeviceMaximumQueueDepthExceeded: 403004,
  MessageTooLarge: 413001,
  TwinMalformed: 400004,
  TwinTooLarge: 413001,
  HubClosed: 503001,
  StoreFailed: 500001,
  Unauthorized: 401002,
  ModuleNotFound: 404010,
  ModuleAlreadyExists: 409301,
  TooManyModules: 403009,
  MessageLockLost: 412002,
  UploadLimitExceeded: 403006,
  UploadNotFound: 404000,
  UploadNotConfigured: 400004,
  CertificateNotFound: 404000,
  PartitionNotFound: 404003,
  JobNotFound: 404002,
  JobAlreadyExists: 409000,
  ConfigurationNotFound: 404000,
  ConfigurationAlreadyExists: 409000,
  Throttled: 429001,
  EnrollmentNotFound: 404201,
  EnrollmentAlreadyExists: 409201,
  RegistrationNotFound: 404202,
  OperationNotFound: 404204,
  CustomAllocationFailed: 400207
}

/** What IoT Hub calls them: the `ErrorCode:` of a body and the header `iothub-errorcode` [E1], where it is not our own name. */
const publicNames: Partial<Record<HubErrorCode, string>> = {
  DeviceTimeout: 'GatewayTimeout',
  BadDeviceResponse: 'InvalidDeviceResponse',
  TwinMalformed: 'ArgumentInvalid',
  TwinTooLarge: 'MessageTooLarge',
  HubClosed: 'ServiceUnavailable',
  StoreFailed: 'ServerError',
  Unauthorized: 'IotHubUnauthorizedAccess',
  ModuleAlreadyExists: 'ModuleAlreadyExistsOnDevice',
  TooManyModules: 'TooManyModulesOnDevice',
  MessageLockLost: 'DeviceMessageLockLost',
  UploadLimitExceeded: 'DeviceMaximumActiveFileUploadLimitExceeded',
  UploadNotFound: 'GenericNotFound',
  UploadNotConfigured: 'ArgumentInvalid',
  CertificateNotFound: 'GenericNotFound',
  Throttled: 'ThrottlingException'
}

export class HubError extends Error {
  override readonly name = 'HubError'
  readonly number: number
  /** When it is worth trying again, for Throttled. */
  readonly retryAfterSeconds: number | undefined

  constructor(readonly code: HubErrorCode, message: string, options?: ErrorOptions & { retryAfterSeconds?: number }) {
    super(message, options)
    this.number = numbers[code]
    this.retryAfterSeconds = options?.retryAfterSeconds
  }

  get publicName(): string {
    return publicNames[this.code] ?? this.code
  }

  get status(): number {
    return Math.floor(this.number / 1000)
  }
}
