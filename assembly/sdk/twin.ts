// The device twin: desired properties to handlers, their acknowledgements and reported properties back; knows no topic.

import { EventKind, host_json, host_log, host_twin } from "./abi.gen";
import { handle } from "./event";
import { JsonToken } from "./json_lexer";
import { JsonReader, memberAt, openReader, position } from "./json_reader";
import { JsonWriter, beginObject, putF64 } from "./json_writer";
import { requireLiteral, stop } from "./text";

const propertiesMax: i32 = 24;

/** A row: the name, the handler's table index, that of what reads the value for it, and the decimals. */
const enum Row {
  Name = 0,
  Handler = 4,
  Apply = 8,
  Decimals = 12,
  Size = 16,
}

// @ts-ignore: decorator
@lazy const rows = memory.data(Row.Size * propertiesMax);
// @ts-ignore: decorator
@lazy let rowCount: i32 = 0;
/** Of the desired properties that were handled last. */
// @ts-ignore: decorator
@lazy let handledVersion: i64 = -1;
// @ts-ignore: decorator
@lazy let verdictText: string = "";

/** What a handler returns when the device now does as desired; acknowledged with 200. */
export function accept(note: string = ""): i32 {
  verdictText = note;
  return 200;
}

/** What a handler returns when it will not; acknowledged with 400 and the reason. */
export function reject(why: string): i32 {
  verdictText = why;
  return 400;
}

/**
 * `handler` gets the desired property `name`, a literal, when it is an i32 (anything else is rejected for it), and judges it.
 * It runs when the twin was read after start, and at each change; not for a value that was removed. 24 properties.
 *     twin.onInteger("intervalS", (value) => { intervalS = value; return twin.accept(); });
 */
export function onInteger(name: string, handler: (value: i32) => i32): void {
  on(name, handler.index, (handler, _) => {
    const value = reader().i32();
    return reader().failed ? reject("not a 32-bit integer") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}, up to the limits of an i64. */
export function onLong(name: string, handler: (value: i64) => i32): void {
  on(name, handler.index, (handler, _) => {
    const value = reader().i64();
    return reader().failed ? reject("not a 64-bit integer") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}; `handler` gets the number times 10^decimals, exactly. */
export function onFixed(name: string, decimals: i32, handler: (value: i64) => i32): void {
  on(name, handler.index, (handler, decimals) => {
    const value = reader().fixed(decimals);
    return reader().failed ? reject("not a number of so few decimals") : call_indirect<i32>(handler, value);
  }, decimals);
}

/** As {@link onInteger}, for any number. */
export function onNumber(name: string, handler: (value: f64) => i32): void {
  on(name, handler.index, (handler, _) => {
    const value = reader().f64();
    return reader().failed ? reject("not a number") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}, for true and false. */
export function onFlag(name: string, handler: (value: bool) => i32): void {
  on(name, handler.index, (handler, _) => {
    const value = reader().flag();
    return reader().failed ? reject("not true or false") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}, for text, which comes as a new string. */
export function onText(name: string, handler: (value: string) => i32): void {
  on(name, handler.index, (handler, _) => {
    const value = reader().text();
    return reader().failed ? reject("not a text") : call_indirect<i32>(handler, value);
  });
}

/** As {@link onInteger}, for any JSON; the reader stands at the value's first token and must not be rewound. */
export function onJson(name: string, handler: (value: JsonReader) => i32): void {
  on(name, handler.index, (handler, _) => call_indirect<i32>(handler, reader()));
}

/**
 * Begins the reported property `name`, an object. Of several before the link sends, the last wins. `send` results in 0 or a negative `HostError`.
 *     twin.report("firmware").text("build", "7f3a").i32("slot", 1).send();
 */
export function report(name: string): JsonWriter {
  reporting = name;
  return beginObject(() => host_twin.report(reporting));
}

// @ts-ignore: decorator
@lazy let reporting: string = "";

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

// @ts-ignore: decorator
@inline
function reader(): JsonReader {
  return changetype<JsonReader>(1);
}


function on(name: string, handler: u32, apply: (handler: u32, decimals: i32) => i32, decimals: i32 = 0): void {
  requireLiteral(name);
  if (rowCount == propertiesMax) stop("Too many desired properties:", name);
  const row = rows + <usize>(rowCount++ * Row.Size);
  store<usize>(row, changetype<usize>(name), Row.Name);
  store<u32>(row, handler, Row.Handler);
  store<u32>(row, apply.index, Row.Apply);
  store<i32>(row, decimals, Row.Decimals);
  handle(EventKind.Desired, onDesired);
}

/** `patch` 0: the whole of the desired properties, which come after each connection, 1: what changed. */
function onDesired(patch: i32): void {
  const payload = openReader();
  const version = payload.find("$version") ? payload.i64() : 0;
  if (payload.failed) {
    host_log.write(2, "Desired properties ignored: the hub sent malformed JSON.");
    return;
  }
  if (patch == 0 && version == handledVersion) return;
  handledVersion = version;
  payload.rewind();
  payload.next();
  while (payload.next() == JsonToken.Key) {
    const row = rowOf(payload);
    const valueAt = position();
    if (row) judge(row, valueAt, version);
    memberAt(valueAt);
    payload.next();
    payload.skip();
  }
}

function rowOf(payload: JsonReader): usize {
  for (let i = 0; i < rowCount; i++) {
    const row = rows + <usize>(i * Row.Size);
    if (payload.isText(changetype<string>(load<usize>(row, Row.Name)))) return row;
  }
  return 0;
}

/** A removed value takes its acknowledgement with it. */
function judge(row: usize, valueAt: i32, version: i64): void {
  const name = changetype<string>(load<usize>(row, Row.Name));
  const payload = reader();
  memberAt(valueAt);
  if (payload.next() == JsonToken.Null) {
    reportNothing(name);
    return;
  }
  const status = call_indirect<i32>(load<u32>(row, Row.Apply), load<u32>(row, Row.Handler), load<i32>(row, Row.Decimals));
  memberAt(valueAt);
  payload.next();
  payload.skip();
  const size = position() - valueAt;
  if (acknowledge(name, valueAt, size, status, version) < 0) acknowledge(name, valueAt, 0, status, version);
}

/** {"value":…,"ac":status,"av":version,"ad":why or null} [IoT Plug and Play convention: writable properties]; a value too long to repeat is null. */
function acknowledge(name: string, valueAt: i32, size: i32, status: i32, version: i64): i32 {
  host_json.begin(1);
  if (size == 0) host_json.word("value", -1);
  else host_json.payload("value", valueAt, size);
  host_json.number("ac", status, 0);
  host_json.number("av", version, 0);
  // null removes the reason of an earlier verdict: the hub merges what is reported.
  if (verdictText.length > 0) host_json.text("ad", verdictText);
  else host_json.word("ad", -1);
  return host_twin.report(name);
}
