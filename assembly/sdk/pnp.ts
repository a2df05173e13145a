// What the stubs of `tinytwin model` stand on: telemetry, properties and commands of a component by name, and views of structured values; knows no model.

import { host_json } from "./abi.gen";
import { beginAcknowledgement, beginReport, beginReportArray, current, desire, endAcknowledgement, reader, reportIn } from "./desired";
import { JsonToken, tokenAt } from "./json_lexer";
import { memberAt, position } from "./json_reader";
import { JsonWriter, putF64 } from "./json_writer";
import { Request, answer } from "./method";
import { Properties, properties, subject } from "./properties";
import { telemetry as beginTelemetry } from "./telemetry";
import { reject as rejectProperty } from "./twin";

export { rejectProperty as mismatch, answer, beginAcknowledgement, beginReport, beginReportArray, current, desire, endAcknowledgement, reader };

/** What a written value ends in: `send` results in 0 or a sequence number, or a negative `HostError`. */
// @ts-ignore: decorator
@final @unmanaged
export class Sending {
  send(): i32 { return writer().send(); }
}

// @ts-ignore: decorator
@inline
export function writer(): JsonWriter {
  return changetype<JsonWriter>(1);
}

/** Begins a telemetry message of the component. */
export function telemetry(component: string, with_: Properties | null): void {
  const bag = with_ != null ? with_ : properties();
  subject(component);
  beginTelemetry(bag);
}

export function reportInteger(component: string, name: string, value: i64): i32 {
  return reportFixed(component, name, value, 0);
}

export function reportFixed(component: string, name: string, value: i64, decimals: i32): i32 {
  host_json.begin(0);
  host_json.number("", value, decimals);
  return reportIn(component, name);
}

export function reportNumber(component: string, name: string, value: f64): i32 {
  host_json.begin(0);
  putF64("", value);
  return reportIn(component, name);
}

export function reportFlag(component: string, name: string, value: bool): i32 {
  host_json.begin(0);
  host_json.word("", value);
  return reportIn(component, name);
}

export function reportText(component: string, name: string, value: string): i32 {
  host_json.begin(0);
  host_json.text("", value);
  return reportIn(component, name);
}

export function reportJson(component: string, name: string, json: string): i32 {
  host_json.begin(0);
  host_json.raw("", json);
  return reportIn(component, name);
}

export function replyInteger(request: Request, status: i32, value: i64): i32 {
  return replyFixed(request, status, value, 0);
}

export function replyFixed(request: Request, status: i32, value: i64, decimals: i32): i32 {
  host_json.begin(0);
  host_json.number("", value, decimals);
  return request.sendWritten(status);
}

export function replyNumber(request: Request, status: i32, value: f64): i32 {
  host_json.begin(0);
  putF64("", value);
  return request.sendWritten(status);
}

export function replyText(request: Request, status: i32, value: string): i32 {
  host_json.begin(0);
  host_json.text("", value);
  return request.sendWritten(status);
}

/** What a command gets whose request is not what its model says. */
export function refuse(request: Request): i32 {
  return request.reject(400, `{"error":"the request is not what the model says"}`);
}

/** Ends the value of an acknowledgement, and what was left open in it: one call too many does nothing. */
export function endValue(levels: i32): void {
  while (levels-- > 0) host_json.close();
}

/** Reads the first token of a command's request. */
export function openRequest(): void {
  reader().next();
}

/** Whether the request was read to its end and nothing in it failed. */
export function atEnd(): bool {
  return !reader().failed && reader().next() == JsonToken.End;
}

// Checks of the value that begins with the reader's current token; each leaves the reader at the value's last token.

export function isInteger(): bool {
  reader().i32();
  return !reader().failed;
}

export function isLong(): bool {
  reader().i64();
  return !reader().failed;
}

export function isNumber(): bool { return reader().token == JsonToken.Number; }

export function isFlag(): bool { return reader().token == JsonToken.True || reader().token == JsonToken.False; }

export function isText(): bool { return reader().token == JsonToken.Text; }

/** A GeoJSON object is not looked into. */
export function isGeometry(): bool {
  if (reader().token != JsonToken.Object) return false;
  reader().skip();
  return true;
}

/** Whether an object begins here; its members follow. */
export function isObject(): bool { return reader().token == JsonToken.Object; }

/** Whether there is one more member, whose name is the current token. */
export function hasMember(): bool { return reader().next() == JsonToken.Key; }

/** Passes over the value of the current member. */
export function skipMember(): bool {
  reader().skip();
  return true;
}

export function isArray(): bool { return reader().token == JsonToken.Array; }

/** Whether there is one more element, whose first token is the current one. */
export function hasElement(): bool {
  const token = reader().next();
  return token != JsonToken.ArrayEnd && token != JsonToken.End && token != JsonToken.Malformed;
}

/** A view of the structured value that begins with the current token: where it is, never 0. */
export function view(): usize { return <usize>tokenAt + 1; }

/** The structured value in a view's member, or 0 when it is not there. */
export function viewOf(view: usize, name: string): usize { return member(view, name) ? <usize>tokenAt + 1 : 0; }

/** Goes to the value of the member; of several of one name the last counts. */
export function member(view: usize, name: string): bool {
  let found = -1;
  enter(view);
  while (reader().next() == JsonToken.Key) {
    const matches = reader().isText(name);
    const valueAt = position();
    reader().skip();
    if (matches) found = valueAt;
  }
  if (found < 0) return false;
  memberAt(found, 2);
  reader().next();
  return true;
}

/** Goes to the name of member `index`, from 0. */
export function memberName(view: usize, index: i32): bool {
  enter(view);
  while (reader().next() == JsonToken.Key) {
    if (index-- == 0) return true;
    reader().skip();
  }
  return false;
}

/** Goes to element `index` of an array, from 0. */
export function element(view: usize, index: i32): bool {
  enter(view);
  while (hasElement()) {
    if (index-- == 0) return true;
    reader().skip();
  }
  return false;
}

/** Elements of an array. */
export function count(view: usize): i32 {
  let elements = 0;
  for (enter(view); hasElement(); elements++) reader().skip();
  return elements;
}

/** Members of an object. */
export function size(view: usize): i32 {
  let members = 0;
  for (enter(view); hasMember(); members++) reader().skip();
  return members;
}

function enter(view: usize): void {
  if (view == 0) {
    // Of an object that is not there nothing is there.
    reader().rewind();
    while (reader().next() != JsonToken.End && !reader().failed) {}
    return;
  }
  memberAt(<i32>view - 1, 1);
  reader().next();
}
