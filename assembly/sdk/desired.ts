// Desired properties on their way from the hub's document to handlers, and each verdict back; knows no type of value and no model.

import { EventKind, host_json, host_log, host_twin } from "./abi.gen";
import { handle } from "./event";
import { JsonToken } from "./json_lexer";
import { JsonReader, memberAt, openReader, position } from "./json_reader";
import { JsonWriter, beginArray, beginObject } from "./json_writer";
import { requireLiteral, staticLine, stop } from "./text";

const propertiesMax: i32 = 24;

/** Of the device itself, not of a component. */
export const root: string = "";

/** A row: component and name, the handler's table index, that of what reads the value for it, the decimals, and what writes the value it has. */
const enum Row {
  Component = 0,
  Name = 4,
  Handler = 8,
  Apply = 12,
  Decimals = 16,
  Current = 20,
  Put = 24,
  Size = 28,
}

// @ts-ignore: decorator
@lazy const rows = memory.data(Row.Size * propertiesMax);
// @ts-ignore: decorator
@lazy let rowCount: i32 = 0;
/** Of the desired properties that were handled last. */
// @ts-ignore: decorator
@lazy let handledVersion: i64 = -1;
/** The whole of them was read, and each patch since; the whole of that version is no news then. */
// @ts-ignore: decorator
@lazy let complete: bool = false;
// @ts-ignore: decorator
@lazy let verdictText: string = "";
/** One bit for each row whose desired value is in the document being read, or was acknowledged since start. */
// @ts-ignore: decorator
@lazy let known: u32 = 0;
// @ts-ignore: decorator
@lazy let reportInitial: u32 = 0;

/** What a handler gives as its reason, with the status that it returns. */
export function verdict(status: i32, text: string): i32 {
  verdictText = text;
  return status;
}

/** Registers a handler for the property `name` of `component`, both literals; the result is its row, for {@link current}. */
export function desire(component: string, name: string, handler: u32, apply: (handler: u32, decimals: i32) => i32, decimals: i32 = 0): i32 {
  requireLiteral(name);
  if (rowCount == propertiesMax) stop("Too many desired properties:", name);
  const row = rows + <usize>(rowCount * Row.Size);
  store<usize>(row, changetype<usize>(component), Row.Component);
  store<usize>(row, changetype<usize>(name), Row.Name);
  store<u32>(row, handler, Row.Handler);
  store<u32>(row, apply.index, Row.Apply);
  store<i32>(row, decimals, Row.Decimals);
  handle(EventKind.Desired, onDesired);
  return rowCount++;
}

/** While the hub desires nothing for the row, `put(current, decimals)` writes the member "value" that is reported instead. [Plug and Play convention: 203 at start] */
export function current(index: i32, current: u32, put: (current: u32, decimals: i32) => void): void {
  const row = rows + <usize>(index * Row.Size);
  store<u32>(row, current, Row.Current);
  store<u32>(row, put.index, Row.Put);
  const report: () => void = reportCurrent;
  reportInitial = report.index;
}

/** `patch` 0: the whole of the desired properties, which come after each connection, 1: what changed. */
function onDesired(patch: i32): void {
  const payload = openReader();
  const version = payload.find("$version") ? payload.i64() : 0;
  if (payload.failed) {
    host_log.write(2, "Desired properties ignored: the hub sent malformed JSON.");
    return;
  }
  if (patch == 0 && complete && version == handledVersion) return;
  complete = patch == 0 || (complete && version == handledVersion + 1);
  handledVersion = version;
  payload.rewind();
  payload.next();
  walk(root, 1);
  if (patch == 0 && reportInitial) call_indirect<void>(reportInitial);
}

/** Each member of the object whose first brace was read, itself at `depth`. */
function walk(component: string, depth: i32): void {
  const payload = reader();
  while (payload.next() == JsonToken.Key) {
    const row = rowOf(component);
    const inner = row == 0 && depth == 1 ? componentOf() : 0;
    const valueAt = position();
    if (row) judge(row, valueAt);
    if (inner && payload.next() == JsonToken.Object) walk(changetype<string>(inner), 2);
    memberAt(valueAt, depth);
    payload.next();
    payload.skip();
  }
}

function rowOf(component: string): usize {
  for (let i = 0; i < rowCount; i++) {
    const row = rows + <usize>(i * Row.Size);
    if (load<usize>(row, Row.Component) != changetype<usize>(component)) continue;
    if (reader().isText(changetype<string>(load<usize>(row, Row.Name)))) return row;
  }
  return 0;
}

function componentOf(): usize {
  for (let i = 0; i < rowCount; i++) {
    const component = load<usize>(rows + <usize>(i * Row.Size), Row.Component);
    if (component != changetype<usize>(root) && reader().isText(changetype<string>(component))) return component;
  }
  return 0;
}

/** A removed value takes its acknowledgement with it. */
function judge(row: usize, valueAt: i32): void {
  const component = changetype<string>(load<usize>(row, Row.Component));
  const name = changetype<string>(load<usize>(row, Row.Name));
  const payload = reader();
  memberAt(valueAt, 1);
  if (payload.next() == JsonToken.Null) {
    host_json.begin(0);
    host_json.word("", -1);
    reportIn(component, name);
    return;
  }
  known |= 1 << <i32>((row - rows) / Row.Size);
  verdictText = "";
  const status = call_indirect<i32>(load<u32>(row, Row.Apply), load<u32>(row, Row.Handler), load<i32>(row, Row.Decimals));
  memberAt(valueAt, 1);
  payload.next();
  payload.skip();
  const size = position() - valueAt;
  if (acknowledge(component, name, valueAt, size, status) < 0) acknowledge(component, name, valueAt, 0, status);
}

/** {"value":…,"ac":status,"av":version,"ad":why or null} [IoT Plug and Play convention: writable properties]; a value too long to repeat is null. */
function acknowledge(component: string, name: string, valueAt: i32, size: i32, status: i32): i32 {
  host_json.begin(1);
  if (size == 0) host_json.word("value", -1);
  else host_json.payload("value", valueAt, size);
  endMembers(status, handledVersion, verdictText);
  return reportIn(component, name);
}

/** null removes the reason of an earlier verdict: the hub merges what is reported. */
function endMembers(status: i32, version: i64, why: string): void {
  host_json.number("ac", status, 0);
  host_json.number("av", version, 0);
  if (why.length > 0) host_json.text("ad", why);
  else host_json.word("ad", -1);
}

/** Begins an acknowledgement of the device's own making, to which the caller adds the member "value". */
export function beginAcknowledgement(component: string, name: string): JsonWriter {
  return beginReport(component, name);
}

/** Reports what {@link beginAcknowledgement} began. 203 is a value the device chose, of no version. */
export function endAcknowledgement(status: i32, note: string): i32 {
  endMembers(status, status == 203 ? 0 : max(handledVersion, 0), note);
  return reportIn(reportingComponent, reportingName);
}

function reportCurrent(): void {
  for (let i = 0; i < rowCount; i++) {
    const row = rows + <usize>(i * Row.Size);
    if (load<u32>(row, Row.Put) == 0 || (known & (1 << i)) != 0) continue;
    known |= 1 << i;
    beginAcknowledgement(changetype<string>(load<usize>(row, Row.Component)), changetype<string>(load<usize>(row, Row.Name)));
    call_indirect<void>(load<u32>(row, Row.Put), load<u32>(row, Row.Current), load<i32>(row, Row.Decimals));
    endAcknowledgement(203, "");
  }
}

// @ts-ignore: decorator
@lazy let reportingComponent: string = root;
// @ts-ignore: decorator
@lazy let reportingName: string = "";

/** Begins the value of the reported property as an object; `send` reports it. */
export function beginReport(component: string, name: string): JsonWriter {
  reportingComponent = component;
  reportingName = name;
  return beginObject(() => reportIn(reportingComponent, reportingName));
}

/** As {@link beginReport}, an array. */
export function beginReportArray(component: string, name: string): JsonWriter {
  reportingComponent = component;
  reportingName = name;
  return beginArray(() => reportIn(reportingComponent, reportingName));
}

/** Reports the written value as the property of this component; a component's property is named `component.name` to the host. */
export function reportIn(component: string, name: string): i32 {
  if (component.length == 0) return host_twin.report(name);
  staticLine.begin(component);
  staticLine.add(".");
  staticLine.add(name);
  return host_twin.report(staticLine.text());
}

// @ts-ignore: decorator
@inline
export function reader(): JsonReader {
  return changetype<JsonReader>(1);
}
