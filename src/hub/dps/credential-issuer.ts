// What may issue operational certificates for devices that bring a certificate request (reference B6); who does is in credentials.ts.

export interface IssuedCredentials {
  /** Base64 of DER, leaf first, the issuer last. */
  readonly chain: readonly string[]
  /** Base64 of DER: what a hub must trust. */
  readonly authority: string
}

export interface CredentialIssuer {
  /** `request` is base64 of a PKCS#10 without armour. Rejects with ArgumentInvalid for one that is not as it must be. */
  issue(request: string, registrationId: string): Promise<IssuedCredentials>
}
