// The highest and lowest temperature of the last two hours in 964 bytes; knows no sensor.

const bucketMs: i64 = 30_000;
/** Two hours and the bucket that is being filled: what is told covers 2 h to 2 h 30 s. */
const bucketCount = 241;

const highest = new StaticArray<i16>(bucketCount);
const lowest = new StaticArray<i16>(bucketCount);
/** The bucket being filled, counted such that the first reading empties all. */
let current: i64 = 0;

/** Takes one reading, in tenths of a degree, at a time that never goes back. */
export function remember(deciC: i32, nowMs: i64): void {
  age(nowMs);
  const bucket = <i32>(current % bucketCount);
  unchecked(highest[bucket] = <i16>max(<i32>highest[bucket], deciC));
  unchecked(lowest[bucket] = <i16>min(<i32>lowest[bucket], deciC));
}

/** In tenths of a degree; `i16.MIN_VALUE` when there was no reading. */
export function highestDeciC(nowMs: i64): i32 {
  age(nowMs);
  let result: i32 = i16.MIN_VALUE;
  for (let i = 0; i < bucketCount; i++) result = max(result, <i32>unchecked(highest[i]));
  return result;
}

/** In tenths of a degree; `i16.MAX_VALUE` when there was no reading. */
export function lowestDeciC(nowMs: i64): i32 {
  age(nowMs);
  let result: i32 = i16.MAX_VALUE;
  for (let i = 0; i < bucketCount; i++) result = min(result, <i32>unchecked(lowest[i]));
  return result;
}

/** Empties the buckets that time has passed over: an empty one has a highest below its lowest. */
function age(nowMs: i64): void {
  const now = nowMs / bucketMs + bucketCount;
  for (current = max(current, now - bucketCount); current < now;) {
    const bucket = <i32>(++current % bucketCount);
    unchecked(highest[bucket] = i16.MIN_VALUE);
    unchecked(lowest[bucket] = i16.MAX_VALUE);
  }
}
