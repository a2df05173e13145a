// Makes toBeCompleteAndInOrder known to vitest; imported for its effect.

import { expect } from 'vitest'
import { toBeCompleteAndInOrder } from '../../src/sim/complete.js'

expect.extend({ toBeCompleteAndInOrder })

declare module 'vitest' {
  interface Matchers<T> {
    toBeCompleteAndInOrder(): T
  }
}
