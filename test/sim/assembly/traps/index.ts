// Test fixture: each method is one way to be stopped by the engine.

import { OutputPin, hub, log } from "tinytwin";

/** Never set, but the compiler cannot know that. */
let zero = 0;
let lowest = i32.MIN_VALUE;
let deep = 0;
const handlers: (() => void)[] = [];

// Of each kind one in the table, or the compiler would know that a call of that kind can only fail.
const plain = (): void => { deep++; };
const other = (value: f64): f64 => value * 2;

function sink(value: i32): void {
  deep = value;
}

function dive(depth: i32): i32 {
  deep += depth;
  return dive(depth + 1) + deep;
}

hub.onMethod("set", (request) => { zero = request.payload.i32(); return request.later(); });
hub.onMethod("divide", (request) => { sink(1 / zero); return request.later(); });
hub.onMethod("remainder", (request) => { sink(1 % zero); return request.later(); });
hub.onMethod("overflow", (request) => { sink(lowest / (zero - 1)); return request.later(); });
hub.onMethod("beyond", (request) => { sink(load<i32>(0x7fff_fff0 + zero)); return request.later(); });
hub.onMethod("unreachable", (request) => { unreachable(); return request.later(); });
hub.onMethod("table", (request) => { call_indirect<void>(plain.index + 9999 + zero); return request.later(); });
hub.onMethod("mismatch", (request) => { call_indirect<void>(other.index + zero); return request.later(); });
hub.onMethod("stack", (request) => { sink(dive(1)); return request.later(); });
hub.onMethod("assert", (request) => { assert(zero == 1, "zero was not one"); return request.later(); });
hub.onMethod("index", (request) => { handlers[3](); return request.later(); });

const led = OutputPin.open("led");
const twice = (value: i32): i32 => value * 2;

function blink(times: i32): void {
  for (let i = 0; i < times; i++) led.write((i & 1) != 0);
}

hub.onMethod("spin", (request) => {
  for (let i = 0; deep != -1; i++) {
    blink(i % 3);
    deep += call_indirect<i32>(twice.index + zero, i) & 1;
  }
  return request.later();
});

hub.onMethod("chatter", (request) => {
  while (deep != -1) log.info("on and on");
  return request.later();
});
