// Integers and fixed-point numbers as decimal ASCII; knows no buffer but the one it is given.

/** Writes value / 10^decimals, at most 24 bytes; the result is how many. decimals is 0 to 18, others are taken as the nearest. */
export function putFixed(value: i64, decimals: i32, into: usize): i32 {
  decimals = max(0, min(decimals, 18));
  let length = 0;
  let rest = <u64>value;
  if (value < 0) {
    store<u8>(into, 0x2d);
    length = 1;
    rest = 0 - rest;
  }
  const point = max(digits(rest), decimals + 1) + length - decimals; // where the point goes, when there is one
  length = point + decimals + (decimals > 0 ? 1 : 0);
  let at = into + length;
  const first = into + (value < 0 ? 1 : 0);
  // 64-bit division is a library call on 32-bit processors: leave it as soon as the rest is small.
  while (at > first) {
    at--;
    if (decimals > 0 && at == into + point) {
      store<u8>(at, 0x2e);
    } else if (rest <= u32.MAX_VALUE) {
      const small = <u32>rest;
      store<u8>(at, 0x30 + (small % 10));
      rest = small / 10;
    } else {
      store<u8>(at, 0x30 + <u32>(rest % 10));
      rest /= 10;
    }
  }
  return length;
}

/** Decimal digits of the value, 1 for 0. */
function digits(value: u64): i32 {
  let count = 1;
  while (value > u32.MAX_VALUE) {
    value /= 10;
    count++;
  }
  for (let small = <u32>value; small >= 10; small /= 10) count++;
  return count;
}
