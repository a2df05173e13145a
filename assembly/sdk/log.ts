// Lines for whoever develops or operates the device; knows not where they go.

import { host_log } from "./abi.gen";
import { putFixed } from "./decimal";
import { staticLine } from "./text";

// @ts-ignore: decorator
@lazy const digits = memory.data(24, 8);

/**
 * The device's log. Template strings are fine where speed does not matter; `value` and `fixed` make no garbage.
 *     log.info("ready");
 *     log.value("uptime s", 12);
 */
export namespace log {
  // @ts-ignore: decorator
  @inline export function debug(message: string): void { host_log.write(0, message); }
  // @ts-ignore: decorator
  @inline export function info(message: string): void { host_log.write(1, message); }
  // @ts-ignore: decorator
  @inline export function warning(message: string): void { host_log.write(2, message); }
  // @ts-ignore: decorator
  @inline export function error(message: string): void { host_log.write(3, message); }

  /** The line `name value`, at level info. Name at most 130 characters. */
  export function value(name: string, value: i64): void {
    fixed(name, value, 0);
  }

  /** The line `name value`, where the value is divided by 10^decimals (0 to 18), at level info. */
  export function fixed(name: string, value: i64, decimals: i32): void {
    staticLine.begin(name);
    staticLine.add(" ");
    staticLine.addAscii(digits, putFixed(value, decimals, digits));
    host_log.write(1, staticLine.text());
  }
}
