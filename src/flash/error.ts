/** What goes wrong between this computer and a board, as one sentence for a person; never with a secret in it. */

export class FlashError extends Error {
  override readonly name = 'FlashError'
}
