// The device itself: identity, time, restart; knows nothing of the hub.

import { host_device } from "./abi.gen";
import { utf8Text } from "./text";

const idMax: i32 = 128;

// @ts-ignore: decorator
@lazy const idBytes = memory.data(idMax);

/**
 * The device.
 *     log.info(device.id());
 *     device.restart(5000);
 */
export namespace device {
  /** The device id, as a new string. */
  export function id(): string {
    return utf8Text(idBytes, min(host_device.id(idBytes, idMax), idMax));
  }

  /** Milliseconds since the runtime started; never goes back. */
  // @ts-ignore: decorator
  @inline export function uptimeMs(): i64 { return host_device.uptime(); }

  /** Milliseconds since 1970-01-01 UTC; negative (`HostError.Unset`) before the clock was set. */
  // @ts-ignore: decorator
  @inline export function clockMs(): i64 { return host_device.clock(); }

  /** Restarts the device `delayMs` (0 to 86,400,000) from now, outputs safe. Negative is a `HostError`. */
  // @ts-ignore: decorator
  @inline export function restart(delayMs: i32): i32 { return host_device.restart(delayMs); }

  /**
   * Sleeps deeply for `seconds` (1 to 2,678,400) and starts anew. First the app ends, outputs safe, and what is queued is sent for up to
   * `patienceMs` (0 to 600,000); what is left waits on flash. Negative is a `HostError`: `Unsupported` where the chip cannot.
   */
  // @ts-ignore: decorator
  @inline export function sleep(seconds: i32, patienceMs: i32 = 30000): i32 { return host_device.sleep(seconds, patienceMs); }

  /** 32 random bits. */
  // @ts-ignore: decorator
  @inline export function random(): i32 { return host_device.random(); }
}
