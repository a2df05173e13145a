// Tells a reading that stands out from those before it; knows no sensor. Memory is taken once, when a detector is made.

/** Fixed point: mean and deviation are kept in 1/256 of a unit. */
const fractionBits: i64 = 8;

/**
 * Follows the level and the usual deviation of a signal, each by an exponential mean of weight 1 / 2^smoothing (smoothing 1 to 16), and
 * calls a value a spike when it is farther from the level than `factor` (0 to 1000) times the usual deviation and than `floor` units:
 *     d = |value - level|;  spike when d > max(factor * deviation, floor), after the first 2^smoothing values
 *     otherwise level += (value - level) / 2^smoothing;  deviation += (d - deviation) / 2^smoothing
 * A spike moves neither. A level that stays elsewhere is not a spike: after 2^smoothing spikes in a row the last value becomes the level
 * and the deviation begins at 0. Exact for every i32 (level and deviation in 1/256, rounded down). The first value sets the level.
 *     const spike = new Spike(4, 6, 20);
 *     if (spike.isSpike(deciC)) return;
 */
// @ts-ignore: decorator
@final
export class Spike {
  private mean: i64 = 0;
  private spread: i64 = 0;
  private seen: i32 = 0;
  private inRow: i32 = 0;

  constructor(private smoothing: i32, private factor: i32, private floor: i32) {
    this.smoothing = max(1, min(smoothing, 16));
    this.factor = max(0, min(factor, 1000));
  }

  /** The level, in units, rounded to the nearest. */
  get level(): i32 {
    return <i32>((this.mean + 128) >> fractionBits);
  }

  /** The usual deviation, in units, rounded down. */
  get deviation(): i64 { return this.spread >> fractionBits; }

  /** Takes the next value. */
  isSpike(value: i32): bool {
    const scaled = <i64>value << fractionBits;
    const length = 1 << this.smoothing;
    if (this.seen == 0) this.mean = scaled;
    const distance = abs(scaled - this.mean);
    const bound = max(<i64>this.factor * this.spread, <i64>max(this.floor, 0) << fractionBits);
    if (this.seen >= length && distance > bound) {
      if (++this.inRow < length) return true;
      this.mean = scaled;
      this.spread = 0;
      this.inRow = 0;
      return false;
    }
    this.inRow = 0;
    if (this.seen < length) this.seen++;
    this.mean += (scaled - this.mean) >> this.smoothing;
    this.spread += (distance - this.spread) >> this.smoothing;
    return false;
  }

  reset(): void { this.seen = 0; this.spread = 0; this.inRow = 0; }
}
