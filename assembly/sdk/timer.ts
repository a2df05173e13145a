// Timers; knows no clock: the host fires what is due, in order.

import { EventKind, HostError, host_timer } from "./abi.gen";
import { handle } from "./event";
import { stop } from "./text";

const timersMax: i32 = 32;

/** Rows of timer + 1 and the handler's table index, its top bit set for a timer that repeats; a row of 0 is free. */
// @ts-ignore: decorator
@lazy const timers = memory.data(8 * timersMax);
const repeats: u32 = 0x80000000;

/**
 * Calls `handler` each `periodMs` (1 or more), first after one period, without drift. The result is for {@link cancel}.
 *     every(1000, () => { led.toggle(); });
 */
export function every(periodMs: i32, handler: () => void): i32 {
  // To the host a period of 0 is a timer that fires once.
  return start(periodMs, periodMs > 0 ? periodMs : -1, handler.index | repeats);
}

/**
 * Calls `handler` once, `delayMs` (0 or more) from now. The result is for {@link cancel}.
 *     after(500, () => { pump.write(false); });
 */
export function after(delayMs: i32, handler: () => void): i32 {
  return start(delayMs, 0, handler.index);
}

/** Whether the timer was still to come. A timer that is over may be cancelled again, to no effect. */
export function cancel(timer: i32): bool {
  const row = find(timer + 1);
  if (timer < 0 || row == 0) return false;
  store<i32>(row, 0);
  return host_timer.cancel(timer) >= 0;
}

function start(delayMs: i32, periodMs: i32, handler: u32): i32 {
  const row = find(0);
  const timer = row ? host_timer.start(delayMs, periodMs) : <i32>HostError.Full;
  if (timer < 0) stop("No timer:", timer == HostError.Full ? "32 run" : "delay or period");
  store<i32>(row, timer + 1);
  store<u32>(row, handler, 4);
  handle(EventKind.Timer, onTimer);
  return timer;
}

function find(taken: i32): usize {
  for (let i = 0; i < timersMax; i++) {
    const row = timers + (<usize>i << 3);
    if (load<i32>(row) == taken) return row;
  }
  return 0;
}

function onTimer(timer: i32): void {
  const row = find(timer + 1);
  if (row == 0) return;
  const handler = load<u32>(row, 4);
  if ((handler & repeats) == 0) store<i32>(row, 0);
  call_indirect<void>(handler & ~repeats);
}
