// Which readings are worth telling: by how much they changed, by how often; knows no sensor and no message.

/**
 * Lets a value pass that differs from the last one that passed by `width` or more; the first always passes.
 * |value - passed| >= width, computed in 64 bits: right for every i32. A width of 0 or less lets all pass. Units are the caller's.
 *     const change = new Deadband(5);
 *     if (change.passes(deciC)) hub.telemetry().fixed("celsius", deciC, 1).send();
 */
// @ts-ignore: decorator
@final
export class Deadband {
  private passed: i32 = 0;
  private any: bool = false;

  constructor(private width: i32) {}

  passes(value: i32): bool {
    if (this.any && abs(<i64>value - <i64>this.passed) < <i64>this.width) return false;
    this.any = true;
    this.passed = value;
    return true;
  }

  /** The next value passes, whatever it is. */
  reset(): void { this.any = false; }
}

/**
 * Lets one event pass for each `periodMs` at most: the first, and each that comes periodMs or more after the last that passed.
 * Time is milliseconds that never go back, such as `device.uptimeMs()`; one that does go back does not pass. No drift is made up for.
 *     const rate = new RateLimit(10_000);
 *     if (rate.passes(device.uptimeMs())) …
 */
// @ts-ignore: decorator
@final
export class RateLimit {
  private passedMs: i64 = 0;
  private any: bool = false;

  constructor(private periodMs: i32) {}

  passes(nowMs: i64): bool {
    if (this.any && nowMs - this.passedMs < <i64>this.periodMs) return false;
    this.any = true;
    this.passedMs = nowMs;
    return true;
  }

  reset(): void { this.any = false; }
}
