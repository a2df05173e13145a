/** Randomness that repeats with its seed, for everything a virtual world does. Never for real keys. */

import type { Random } from '../hub/index.js'

/** SplitMix64 as in native/port/sim, one stream of bytes. */
export function seededRandom(seed: number): Random {
  let state = BigInt.asUintN(64, BigInt(seed))
  const next = (): bigint => {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n)
    let z = state
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n)
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn)
    return z ^ (z >> 31n)
  }
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length;) {
      let bits = next()
      for (let i = 0; i < 8 && at < length; i++, at++, bits >>= 8n) bytes[at] = Number(bits & 0xffn)
    }
    return bytes
  }
}
