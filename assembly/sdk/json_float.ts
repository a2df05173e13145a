// Decimal text to the nearest f64, ties to even, always; knows no JSON beyond a number's digits.
//
// Most numbers have few digits and are exact by one multiplication or division (W. D. Clinger 1990). For the others an estimate is
// moved, one f64 at a time, until the decimal lies between its neighbours' midpoints; the comparison is exact, in big integers.

import { byteAt, parsed } from "./json_lexer";

/** Significant digits that can matter: 768 decide any midpoint between two f64s, one more stands for all that follow. */
const digitsMax: i32 = 768;
/** Words of 32 bits: the largest operand, 769 digits or 5^1126 with a 54-bit factor, needs 2,700 bits. */
const bigWords: i32 = 112;

// @ts-ignore: decorator
@lazy const left = memory.data(4 + 4 * bigWords, 8);
// @ts-ignore: decorator
@lazy const right = memory.data(4 + 4 * bigWords, 8);
// @ts-ignore: decorator
@lazy let bigExponent: i32 = 0;

/** The value of the number just read, which begins at `start` of the payload; infinite when it is too large. */
export function parseF64(start: i32): f64 {
  const mantissa = parsed.mantissa;
  const exponent = parsed.exponent;
  let value: f64;
  if (mantissa == 0) {
    value = 0;
  } else if (!parsed.inexact && mantissa <= 9007199254740992 && exponent >= -22 && exponent <= 22) {
    value = exponent < 0 ? <f64>mantissa / powerOfTen(-exponent) : <f64>mantissa * powerOfTen(exponent);
  } else if (exponent > 310) {
    value = Infinity;
  } else if (exponent < -345) {
    value = 0;
  } else {
    value = nearest(start, estimate(mantissa, exponent));
  }
  return parsed.negative ? -value : value;
}

/** Exact up to 10^22. */
function powerOfTen(exponent: i32): f64 {
  let power: f64 = 1;
  for (; exponent > 0; exponent--) power *= 10;
  return power;
}

/** A few f64s off at most: each step rounds once. */
function estimate(mantissa: u64, exponent: i32): f64 {
  let value = <f64>mantissa;
  for (let rest = abs(exponent); rest > 0; rest -= 22) {
    const power = powerOfTen(min(rest, 22));
    value = exponent < 0 ? value / power : value * power;
  }
  return min(value, f64.MAX_VALUE);
}

function nearest(start: i32, guess: f64): f64 {
  let bits = reinterpret<u64>(guess);
  for (;;) {
    const above = compareToMidpoint(start, bits);
    if (above > 0 || (above == 0 && (bits & 1) != 0)) {
      if (++bits == 0x7ff0000000000000) break;
      continue;
    }
    if (bits == 0) break;
    const below = compareToMidpoint(start, bits - 1);
    if (below > 0 || (below == 0 && (bits & 1) == 0)) break;
    bits--;
  }
  return reinterpret<f64>(bits);
}

/** The sign of: the decimal less the midpoint between the f64 of these bits and the next one. */
function compareToMidpoint(start: i32, bits: u64): i32 {
  const biased = <i32>(bits >> 52);
  const fraction = bits & 0x000fffffffffffff;
  // The f64 is b * 2^k, the midpoint (2b + 1) * 2^(k - 1).
  const b = biased == 0 ? fraction : fraction | 0x0010000000000000;
  const half = (biased == 0 ? -1074 : biased - 1075) - 1;
  readDigits(start);
  const middle = 2 * b + 1;
  store<u32>(right, 2);
  store<u32>(right, <u32>middle, 4);
  store<u32>(right, <u32>(middle >> 32), 8);
  if (bigExponent >= 0) {
    multiplyByPowerOfFive(left, bigExponent);
  } else {
    multiplyByPowerOfFive(right, -bigExponent);
  }
  const shift = half - bigExponent;
  if (shift >= 0) {
    shiftLeft(right, shift);
  } else {
    shiftLeft(left, -shift);
  }
  return compare();
}

/** The number's digits into `left`, its power of ten into `bigExponent`. */
function readDigits(start: i32): void {
  let digits = 0;
  let fraction = false;
  let dropped = false;
  let pending: u32 = 0;
  let scale: u32 = 1;
  bigExponent = parsed.exponentPart;
  store<u32>(left, 0);
  for (let at = start + i32(parsed.negative); ; at++) {
    const byte = byteAt(at);
    if (byte == 0x2e) {
      fraction = true;
      continue;
    }
    const digit = byte - 0x30;
    if (<u32>digit >= 10) break;
    if (digits < digitsMax) {
      pending = pending * 10 + digit;
      scale *= 10;
      if (digits > 0 || digit != 0) digits++;
      if (fraction) bigExponent--;
      if (scale == 1_000_000_000) {
        multiplyAdd(left, scale, pending);
        pending = 0;
        scale = 1;
      }
    } else {
      if (digit != 0) dropped = true;
      if (!fraction) bigExponent++;
    }
  }
  multiplyAdd(left, scale, pending);
  if (dropped) {
    multiplyAdd(left, 10, 1);
    bigExponent--;
  }
}

/** A big integer is its number of words, then the words, the lowest first, none of them 0 at the top. */
function multiplyAdd(big: usize, factor: u32, addend: u32): void {
  const words = load<u32>(big);
  let carry: u64 = addend;
  for (let i: u32 = 1; i <= words; i++) {
    const at = big + (<usize>i << 2);
    carry += <u64>load<u32>(at) * factor;
    store<u32>(at, <u32>carry);
    carry >>= 32;
  }
  if (carry == 0) return;
  store<u32>(big, words + 1);
  store<u32>(big + (<usize>words << 2), <u32>carry, 4);
}

function multiplyByPowerOfFive(big: usize, exponent: i32): void {
  for (; exponent >= 13; exponent -= 13) multiplyAdd(big, 1_220_703_125, 0);
  for (; exponent > 0; exponent--) multiplyAdd(big, 5, 0);
}

function shiftLeft(big: usize, bits: i32): void {
  const words = load<u32>(big);
  const whole = bits >>> 5;
  if (whole > 0) {
    memory.copy(big + 4 + (<usize>whole << 2), big + 4, <usize>words << 2);
    memory.fill(big + 4, 0, <usize>whole << 2);
    store<u32>(big, words + whole);
  }
  multiplyAdd(big, <u32>1 << (bits & 31), 0);
}

function compare(): i32 {
  let words = length(left);
  const other = length(right);
  if (words != other) return words < other ? -1 : 1;
  for (; words > 0; words--) {
    const a = load<u32>(left + (<usize>words << 2));
    const b = load<u32>(right + (<usize>words << 2));
    if (a != b) return a < b ? -1 : 1;
  }
  return 0;
}

function length(big: usize): i32 {
  let words = load<u32>(big);
  while (words > 0 && load<u32>(big + (<usize>words << 2)) == 0) words--;
  return words;
}
