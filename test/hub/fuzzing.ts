// What the fuzz tests share: a seeded generator, how much is thrown, and whether the heap grew meanwhile.

/** xorshift32; whole numbers below `below`. */
export function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** As many as `npm run fuzz` asks for by this name in the environment, else few enough for every day. */
export function rounds(variable: 'FUZZ_MQTT' | 'FUZZ_AMQP' | 'FUZZ_HTTP', everyDay: number): number {
  return Number(process.env[variable] ?? everyDay)
}

/** A machine under load does a thousand a second at least. */
export const timeoutFor = (count: number): number => Math.max(60_000, count)

/** Of heap, for what the hub rightly keeps of what got through: devices, twins, the bounded log of events. */
const ROOM_BYTES = 48 * 1024 * 1024

/** The heap in use after a fifth of the rounds, and at the end, both after a collection. */
export class HeapGrowth {
  readonly #markAt: number
  #marked = 0

  constructor(count: number) {
    this.#markAt = Math.floor(count / 5)
  }

  round(number: number): void {
    if (this.#marked === 0 && number >= this.#markAt) { this.#marked = heapBytes() }
  }

  /** True if it grew by no more than there is room for. */
  isBounded(): boolean {
    return heapBytes() - this.#marked <= ROOM_BYTES
  }
}

function heapBytes(): number {
  // vitest.config.ts exposes it
  const { gc } = globalThis as { gc?: () => void }
  if (gc === undefined) { throw new Error('the tests need node --expose-gc') }
  gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
