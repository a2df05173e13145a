// The device twin as apps see it: desired properties to handlers by type, reported properties from values; knows no topic.

import { host_json, host_twin } from "./abi.gen";
import { beginReport, desire, reader, root, verdict } from "./desired";
import { JsonReader } from "./json_reader";
import { JsonWriter, putF64 } from "./json_writer";

/** What a handler returns when the device now does as desired; acknowledged with 200. */
export function accept(note: string = ""): i32 {
  return verdict(200, note);
}

/** What a handler returns when it will not; acknowledged with 400 and the reason. */
export function reject(why: string): i32 {
  return verdict(400, why);
}

/** What a handler returns that needs time; acknowledged with 202. The app reports the end of it later, as a stub's `complete…` does. */
export function later(note: string = ""): i32 {
  return verdict(202, note);
}

/**
 * `handler` gets the desired property `name`, a literal, when it is an i32 (anything else is rejected for it), and judges it.
 * It runs when the twin was read after start, and at each change; not for a value that was removed. 24 properties.
 *     twin.onInteger("intervalS", (value) => { intervalS = value; return twin.accept(); });
 */
export function onInteger(name: string, handler: (value: i32) => i32): void {
  desire(root, name, handler.index, (handler, _) => {
    const value = reader().i32();
    return reader().failed ? reject("not a 32-bit integer") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}, up to the limits of an i64. */
export function onLong(name: string, handler: (value: i64) => i32): void {
  desire(root, name, handler.index, (handler, _) => {
    const value = reader().i64();
    return reader().failed ? reject("not a 64-bit integer") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}; `handler` gets the number times 10^decimals, exactly. */
export function onFixed(name: string, decimals: i32, handler: (value: i64) => i32): void {
  desire(root, name, handler.index, (handler, decimals) => {
    const value = reader().fixed(decimals);
    return reader().failed ? reject("not a number of so few decimals") : call_indirect<i32>(handler, value);
  }, decimals);
}

/** As {@link onInteger}, for any number. */
export function onNumber(name: string, handler: (value: f64) => i32): void {
  desire(root, name, handler.index, (handler, _) => {
    const value = reader().f64();
    return reader().failed ? reject("not a number") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}, for true and false. */
export function onFlag(name: string, handler: (value: bool) => i32): void {
  desire(root, name, handler.index, (handler, _) => {
    const value = reader().flag();
    return reader().failed ? reject("not true or false") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}, for text, which comes as a new string. */
export function onText(name: string, handler: (value: string) => i32): void {
  desire(root, name, handler.index, (handler, _) => {
    const value = reader().text();
    return reader().failed ? reject("not a text") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}, for any JSON; the reader stands at the value's first token and must not be rewound. */
export function onJson(name: string, handler: (value: JsonReader) => i32): void {
  desire(root, name, handler.index, (handler, _) => call_indirect<i32>(handler, reader()));
}

/**
 * Begins the reported property `name`, an object. Of several before the link sends, the last wins. `send` results in 0 or a negative `HostError`.
 *     twin.report("firmware").text("build", "7f3a").i32("slot", 1).send();
 */
export function report(name: string): JsonWriter {
  return beginReport(root, name);
}

/** Reports an integer; 0 or a negative `HostError`, as for all of these. */
export function reportInteger(name: string, value: i64): i32 {
  return reportFixed(name, value, 0);
}

/** Reports value / 10^decimals, exactly. */
export function reportFixed(name: string, value: i64, decimals: i32): i32 {
  host_json.begin(0);
  host_json.number("", value, decimals);
  return host_twin.report(name);
}

export function reportNumber(name: string, value: f64): i32 {
  host_json.begin(0);
  putF64("", value);
  return host_twin.report(name);
}

export function reportFlag(name: string, value: bool): i32 {
  return reportWord(name, value);
}

export function reportText(name: string, value: string): i32 {
  host_json.begin(0);
  host_json.text("", value);
  return host_twin.report(name);
}

/** Removes the reported property. */
export function reportNothing(name: string): i32 {
  return reportWord(name, -1);
}

function reportWord(name: string, which: i32): i32 {
  host_json.begin(0);
  host_json.word("", which);
  return host_twin.report(name);
}
