// The door of the provisioning service.

export { createDps, type Dps, type DpsOptions } from './dps.js'
export { listenDps, serveDps, type ListenDpsOptions } from './serve.js'
export { derivedKey } from './derived-key.js'
export type { DpsEvent, LinkedHub } from './context.js'
export type { CredentialIssuer, IssuedCredentials } from './credential-issuer.js'
export type { EnrollmentGroup, IndividualEnrollment } from './enrollment.js'
export type { RegistrationRecord } from './registration.js'
export type { Post } from './webhook.js'
