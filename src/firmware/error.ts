/** What goes wrong on the way to a running firmware, as one sentence for a person. */

export class FirmwareError extends Error {
  override readonly name = 'FirmwareError'
}
