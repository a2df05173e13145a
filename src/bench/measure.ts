/** What one measurement is, and the figures they share; knows nothing of what is measured. */

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The most (or, for rates, the least) an issue asks for; absent where none does. */
  readonly limit?: number
}

export interface Measurement {
  readonly title: string
  /** Too long for a run of everything: only when asked for by name. */
  readonly onlyNamed?: boolean
  readonly run: () => Promise<readonly Figure[]>
}

/** The time the fastest of `rounds` runs took, in milliseconds: the others were disturbed. */
export async function fastestMs(rounds: number, run: () => Promise<unknown>): Promise<number> {
  let fastest = Infinity
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    await run()
    fastest = Math.min(fastest, performance.now() - began)
  }
  return fastest
}

export const rounded = (value: number, digits: number): number => Number(value.toPrecision(digits))
