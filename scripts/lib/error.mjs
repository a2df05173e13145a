// The one kind of error set-up shows without a stack: what is wrong and what to do about it.

export class SetupError extends Error {
  name = 'SetupError'
}
