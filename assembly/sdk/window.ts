// Aggregates over the last readings, by count or by time; knows no sensor. Memory is taken once, when a window is made.

/**
 * The last `capacity` values (1 or more), 4 bytes each. Whatever is asked of an empty window is `ifEmpty`.
 *     const last = new Window(60);
 *     last.add(deciC);
 *     last.mean();
 */
// @ts-ignore: decorator
@final
export class Window {
  private values: StaticArray<i32>;
  private first: i32 = 0;
  private length: i32 = 0;

  constructor(capacity: i32) {
    this.values = new StaticArray<i32>(max(capacity, 1));
  }

  /** Values in it. */
  get count(): i32 { return this.length; }

  /** A full window loses its oldest value. */
  add(value: i32): void {
    const capacity = this.values.length;
    if (this.length == capacity) this.dropOldest();
    let at = this.first + this.length++;
    if (at >= capacity) at -= capacity;
    unchecked(this.values[at] = value);
  }

  dropOldest(): void {
    if (this.length == 0) return;
    this.length--;
    if (++this.first == this.values.length) this.first = 0;
  }

  clear(): void { this.length = 0; }

  /** Value `index`, the oldest is 0. */
  at(index: i32, ifEmpty: i32 = 0): i32 {
    if (<u32>index >= <u32>this.length) return ifEmpty;
    const capacity = this.values.length;
    const at = this.first + index;
    return unchecked(this.values[at < capacity ? at : at - capacity]);
  }

  min(ifEmpty: i32 = 0): i32 {
    if (this.length == 0) return ifEmpty;
    let least = i32.MAX_VALUE;
    for (let i = 0; i < this.length; i++) least = min(least, this.at(i));
    return least;
  }

  max(ifEmpty: i32 = 0): i32 {
    if (this.length == 0) return ifEmpty;
    let most = i32.MIN_VALUE;
    for (let i = 0; i < this.length; i++) most = max(most, this.at(i));
    return most;
  }

  /** The sum, exact: 2^31 values of any size fit. 0 when empty. */
  sum(): i64 {
    let sum: i64 = 0;
    for (let i = 0; i < this.length; i++) sum += this.at(i);
    return sum;
  }

  /** sum / count, rounded to the nearest, halves away from zero: an i32 always. */
  mean(ifEmpty: i32 = 0): i32 {
    const count: i64 = this.length;
    if (count == 0) return ifEmpty;
    const sum = this.sum();
    return <i32>((sum + (sum < 0 ? -count : count) / 2) / count);
  }

  /**
   * The nearest-rank percentile, percent from 0 to 100 (others count as the nearest): the smallest value that at least percent % of
   * the values do not exceed, rank = max(1, ceil(percent * count / 100)). 0 is the minimum, 50 the lower median, 100 the maximum.
   * Takes 32 passes over the values and no memory.
   */
  percentile(percent: i32, ifEmpty: i32 = 0): i32 {
    const count = this.length;
    if (count == 0) return ifEmpty;
    const wanted = max<i64>(1, (<i64>max(0, min(percent, 100)) * count + 99) / 100);
    let low: i64 = i32.MIN_VALUE;
    let high: i64 = i32.MAX_VALUE;
    while (low < high) {
      const middle = (low + high) >> 1;
      let below: i64 = 0;
      for (let i = 0; i < count; i++) below += i64(<i64>this.at(i) <= middle);
      if (below >= wanted) high = middle;
      else low = middle + 1;
    }
    return <i32>low;
  }
}

/**
 * The values of the last `spanMs`, at most `capacity` of them (a full window loses its oldest), 12 bytes each.
 * A value of time t is in it until t + spanMs, which it is no more. Time is milliseconds that never go back, such as
 * `device.uptimeMs()`; a time before the newest counts as the newest.
 *     const hour = new TimeWindow(3_600_000, 360);
 *     hour.add(deciC, device.uptimeMs());
 *     hour.at(device.uptimeMs()).percentile(95);
 */
// @ts-ignore: decorator
@final
export class TimeWindow {
  private values: Window;
  private times: Window64;
  private newestMs: i64 = i64.MIN_VALUE;

  constructor(private spanMs: i64, capacity: i32) {
    this.values = new Window(capacity);
    this.times = new Window64(max(capacity, 1));
  }

  add(value: i32, nowMs: i64): void {
    this.at(nowMs);
    this.values.add(value);
    this.times.add(this.newestMs);
  }

  /** What is in it at that time, to be asked at once. */
  at(nowMs: i64): Window {
    this.newestMs = max(this.newestMs, nowMs);
    while (this.values.count > 0 && <u64>(this.newestMs - this.times.oldest) >= <u64>max<i64>(this.spanMs, 0)) {
      this.values.dropOldest();
      this.times.dropOldest();
    }
    return this.values;
  }
}

/** The times of a window's values. */
// @ts-ignore: decorator
@final
class Window64 {
  private values: StaticArray<i64>;
  private first: i32 = 0;
  private length: i32 = 0;

  constructor(capacity: i32) {
    this.values = new StaticArray<i64>(capacity);
  }

  get oldest(): i64 { return unchecked(this.values[this.first]); }

  add(value: i64): void {
    const capacity = this.values.length;
    if (this.length == capacity) this.dropOldest();
    let at = this.first + this.length++;
    if (at >= capacity) at -= capacity;
    unchecked(this.values[at] = value);
  }

  dropOldest(): void {
    this.length--;
    if (++this.first == this.values.length) this.first = 0;
  }
}
