// Pulse-width outputs by the board's names; knows no timer and no prescaler.

import { host_pwm } from "./abi.gen";
import { stop } from "./text";

/**
 * A PWM output. It is silent until both were called.
 *     const buzzer = Pwm.open("buzzer");
 *     buzzer.frequency(2000); buzzer.duty(32768);
 */
// @ts-ignore: decorator
@final @unmanaged
export class Pwm {
  /** The program stops when the board has no such PWM output. */
  static open(name: string): Pwm {
    const output = host_pwm.open(name);
    if (output < 0) stop("The board has no PWM output", name);
    return changetype<Pwm>(<usize>output + 1);
  }

  /** 1 to 40,000,000 Hz, as the board can. Negative is a `HostError`. */
  // @ts-ignore: decorator
  @inline
  frequency(hz: i32): i32 {
    return host_pwm.frequency(<i32>changetype<usize>(this) - 1, hz);
  }

  /** 0 (always low) to 65,535 (always high). Negative is a `HostError`. */
  // @ts-ignore: decorator
  @inline
  duty(duty: i32): i32 {
    return host_pwm.duty(<i32>changetype<usize>(this) - 1, duty);
  }
}
