// Units of measure in integers; knows no sensor. Allocates nothing.

/** The quotient rounded to the nearest, halves away from zero, then to the nearest i32. A divisor of 0 gives the i32 nearest to infinity, 0 for 0 / 0. */
function quotient(dividend: i64, divisor: i64): i32 {
  if (divisor == 0) return dividend == 0 ? 0 : dividend < 0 ? i32.MIN_VALUE : i32.MAX_VALUE;
  if (divisor < 0) {
    divisor = -divisor;
    dividend = -dividend;
  }
  const whole = dividend / divisor;
  const rest = dividend % divisor;
  // Twice the rest may not fit where the divisor is large: what is missing to the divisor does.
  return saturated(abs(rest) >= divisor - abs(rest) ? whole + (dividend < 0 ? -1 : 1) : whole);
}

function saturated(value: i64): i32 {
  return <i32>max<i64>(i32.MIN_VALUE, min<i64>(value, i32.MAX_VALUE));
}

/**
 * Conversions of i32 values, which are in any decimal part of a unit: `scale` is how many of it make one (10 for tenths, 1000 for
 * thousandths; 1 to 1,000,000). Each rounds to the nearest, halves away from zero, and stops at the ends of an i32 instead of wrapping.
 *     units.fahrenheit(215, 10);            // 21.5 °C are 707, 70.7 °F
 *     units.scaled(raw, 3300, 4095);        // an ADC's reading in millivolts
 */
export namespace units {
  /** value * multiplier / divisor. */
  export function scaled(value: i32, multiplier: i32, divisor: i32): i32 {
    return quotient(<i64>value * <i64>multiplier, divisor);
  }

  /** The line through (fromLow, toLow) and (fromHigh, toHigh), also beyond them: toLow + (value - fromLow) * (toHigh - toLow) / (fromHigh - fromLow), the quotient rounded; toLow where the two ends are one. */
  export function mapped(value: i32, fromLow: i32, fromHigh: i32, toLow: i32, toHigh: i32): i32 {
    // The differences have 33 bits each, too many for a product of 64: whole spans first, then the rest.
    const span = <i64>fromHigh - <i64>fromLow;
    const way = <i64>value - <i64>fromLow;
    const rise = <i64>toHigh - <i64>toLow;
    if (span == 0) return toLow;
    const spans = way / span;
    if (spans != 0 && abs(rise) > (<i64>1 << 34) / abs(spans)) return (spans < 0) == (rise < 0) ? i32.MAX_VALUE : i32.MIN_VALUE;
    return saturated(<i64>toLow + spans * rise + fraction(way % span, rise, span));
  }

  /** celsius * 9 / 5 + 32. */
  export function fahrenheit(celsius: i32, scale: i32): i32 {
    return quotient(<i64>celsius * 9 + <i64>scale * 160, 5);
  }

  /** (fahrenheit - 32) * 5 / 9. */
  export function celsius(fahrenheit: i32, scale: i32): i32 {
    return quotient((<i64>fahrenheit - <i64>scale * 32) * 5, 9);
  }

  /** celsius + 273.15. */
  export function kelvin(celsius: i32, scale: i32): i32 {
    return quotient(<i64>celsius * 100 + <i64>scale * 27315, 100);
  }

  /** kelvin - 273.15. */
  export function celsiusOfKelvin(kelvin: i32, scale: i32): i32 {
    return quotient(<i64>kelvin * 100 - <i64>scale * 27315, 100);
  }

  /** kilopascal / 6.894757 (pounds per square inch). */
  export function psi(kilopascal: i32): i32 { return quotient(<i64>kilopascal * 1_000_000, 6_894_757); }

  /** psi * 6.894757. */
  export function kilopascal(psi: i32): i32 { return quotient(<i64>psi * 6_894_757, 1_000_000); }

  /** metresPerSecond * 3.6. */
  export function kilometresPerHour(metresPerSecond: i32): i32 { return quotient(<i64>metresPerSecond * 18, 5); }

  /** kilometresPerHour / 3.6. */
  export function metresPerSecond(kilometresPerHour: i32): i32 { return quotient(<i64>kilometresPerHour * 5, 18); }
}

/** rest * rise / span, rounded, where |rest| < |span| and all have at most 33 bits: by long division, a bit of the rest at a time. */
function fraction(rest: i64, rise: i64, span: i64): i64 {
  const negative = ((rest < 0) != (rise < 0)) != (span < 0);
  const divisor = abs(span);
  const factor = abs(rise);
  const left = abs(rest);
  let result: i64 = 0;
  let carried: i64 = 0;
  // result * divisor + carried == the product of the bits seen of `rest` and `rise`.
  for (let bit = 33; bit >= 0; bit--) {
    result <<= 1;
    carried <<= 1;
    if ((left >> bit) & 1) carried += factor;
    result += carried / divisor;
    carried %= divisor;
  }
  if (carried >= divisor - carried) result++;
  return negative ? -result : result;
}
