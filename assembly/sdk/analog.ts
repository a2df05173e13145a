// Analog inputs by the board's names; knows no converter and no reference voltage.

import { host_adc } from "./abi.gen";
import { stop } from "./text";

/**
 * An analog input.
 *     const probe = AnalogIn.open("probe");
 *     const celsius = (probe.millivolts - 500) / 10;
 */
// @ts-ignore: decorator
@final @unmanaged
export class AnalogIn {
  /** The program stops when the board has no such analog input. */
  static open(name: string): AnalogIn {
    const input = host_adc.open(name);
    if (input < 0) stop("The board has no analog input", name);
    return changetype<AnalogIn>(<usize>input + 1);
  }

  /** One conversion; negative, a `HostError`, when the converter does not answer. */
  // @ts-ignore: decorator
  @inline
  get millivolts(): i32 {
    return host_adc.millivolts(<i32>changetype<usize>(this) - 1);
  }
}
