// Writes one JSON value as UTF-8 straight into static memory: no strings, no garbage; knows not where the bytes go.

import { MAX_DOUBLE_LENGTH, dtoa_buffered } from "util/number";
import { HostError } from "./abi.gen";
import { putFixed } from "./decimal";
import { codePointAt, utf8Put, utf8Size, utf8Write } from "./text";

/** Bytes of the longest JSON value; what is longer is not sent and `send` answers with `HostError.Full`. */
export const bodyMax: i32 = 1024;
const depthMax: i32 = 32;

// @ts-ignore: decorator
@lazy export const body = memory.data(bodyMax, 8);
// @ts-ignore: decorator
@lazy export let bodyLength: i32 = 0;
// @ts-ignore: decorator
@lazy let overflowed: bool = false;
/** Open containers; one bit each in `arrays` (it is an array) and `filled` (it has a member, so that a comma comes next). */
// @ts-ignore: decorator
@lazy let depth: i32 = 0;
// @ts-ignore: decorator
@lazy let arrays: u32 = 0;
// @ts-ignore: decorator
@lazy let filled: u32 = 0;
// @ts-ignore: decorator
@lazy let finish: u32 = 0;
// @ts-ignore: decorator
@lazy const floatText = memory.data(2 * MAX_DOUBLE_LENGTH);

/**
 * Writes the members of a JSON object, then sends it; what is still open is closed. There is one writer: starting another discards the first.
 * Inside an array the names are ignored. Strings may hold anything; a lone surrogate becomes U+FFFD.
 *     hub.telemetry().i32("celsius", 93).array("rpm").i32("", 900).i32("", 910).end().send();
 */
// @ts-ignore: decorator
@final @unmanaged
export class JsonWriter {
  i32(name: string, value: i32): JsonWriter {
    member(name);
    putNumber(value, 0);
    return this;
  }

  i64(name: string, value: i64): JsonWriter {
    member(name);
    putNumber(value, 0);
    return this;
  }

  /** `value` / 10^`decimals` (0 to 18), exactly: `fixed("celsius", 9325, 2)` writes 93.25. */
  fixed(name: string, value: i64, decimals: i32): JsonWriter {
    member(name);
    putNumber(value, decimals);
    return this;
  }

  flag(name: string, value: bool): JsonWriter {
    member(name);
    putRaw(value ? "true" : "false");
    return this;
  }

  text(name: string, value: string): JsonWriter {
    member(name);
    putText(value);
    return this;
  }

  /** The JSON null, which removes a reported property. */
  nothing(name: string): JsonWriter {
    member(name);
    putRaw("null");
    return this;
  }

  /** `json` is written as it is and must be one JSON value. */
  json(name: string, json: string): JsonWriter {
    member(name);
    putRaw(json);
    return this;
  }

  /** The shortest decimal text that reads back as `value`; null for NaN and infinities. Costs 3 KB of Wasm where it is used. */
  f64(name: string, value: f64): JsonWriter {
    member(name);
    putF64(value);
    return this;
  }

  object(name: string): JsonWriter {
    member(name);
    open(0x7b, false);
    return this;
  }

  array(name: string): JsonWriter {
    member(name);
    open(0x5b, true);
    return this;
  }

  /** Closes the innermost object or array. */
  end(): JsonWriter {
    if (depth > 1) close();
    return this;
  }

  /** The result is that of what was begun (`hub.telemetry`, `request.answer`, `twin.report`), or `HostError.Full` when it got too long. */
  send(): i32 {
    while (depth > 0) close();
    return call_indirect<i32>(finish);
  }
}

/** Begins an object; `send` will call `finish`. */
export function beginObject(whenSent: () => i32): JsonWriter {
  begin();
  finish = whenSent.index;
  open(0x7b, false);
  return changetype<JsonWriter>(1);
}

/** Begins a value that is not the writer's object: see the put functions. */
export function begin(): void {
  bodyLength = 0;
  overflowed = false;
  depth = 0;
  arrays = 0;
  filled = 0;
}

/** What `begin` and the puts have come to: `HostError.Full` when it did not fit. */
export function complete(): i32 {
  return overflowed ? <i32>HostError.Full : 0;
}

/** Whether `size` more bytes fit; from the first time that they do not, nothing more does. */
export function room(size: i32): bool {
  if (bodyLength + size > bodyMax) overflowed = true;
  return !overflowed;
}

/** Counts bytes that the caller put at the end of `body` after asking for their {@link room}. */
export function advance(size: i32): void {
  bodyLength += size;
}

/** The text as it is, in UTF-8. */
export function putRaw(text: string): void {
  const size = utf8Write(text, body + bodyLength, overflowed ? 0 : bodyMax - bodyLength);
  if (room(size)) bodyLength += size;
}

function putByte(byte: i32): void {
  if (room(1)) store<u8>(body + bodyLength++, byte);
}

/** value / 10^decimals. */
export function putNumber(value: i64, decimals: i32): void {
  if (room(24)) bodyLength += putFixed(value, decimals, body + bodyLength);
}

/** A JSON string. */
export function putText(text: string): void {
  putByte(0x22);
  for (let i = 0, n = text.length; i < n; i++) {
    const unit: i32 = load<u16>(changetype<usize>(text) + (<usize>i << 1));
    if (unit >= 0x20 && unit < 0x80 && unit != 0x22 && unit != 0x5c && bodyLength < bodyMax) {
      store<u8>(body + bodyLength++, unit);
      continue;
    }
    const codePoint = codePointAt(text, i);
    if (codePoint >= 0x10000) i++;
    if (codePoint == 0x22 || codePoint == 0x5c) {
      putByte(0x5c);
      putByte(codePoint);
    } else if (codePoint < 0x20) {
      putControl(codePoint);
    } else {
      const size = utf8Size(codePoint);
      if (!room(size)) return;
      utf8Put(codePoint, body + bodyLength);
      bodyLength += size;
    }
  }
  putByte(0x22);
}

/** The standard library's text of a float, which comes in UTF-16. */
export function putF64(value: f64): void {
  if (!isFinite(value)) {
    putRaw("null");
    return;
  }
  const units = dtoa_buffered(floatText, value);
  if (!room(units)) return;
  for (let i: u32 = 0; i < units; i++) store<u8>(body + bodyLength + i, load<u16>(floatText + (<usize>i << 1)));
  bodyLength += units;
}

/** RFC 8259 §7: \n and \t short, the others as \u00XX. */
function putControl(control: i32): void {
  if (!room(6)) return;
  const at = body + bodyLength;
  if (control == 10 || control == 9) {
    store<u8>(at, 0x5c);
    store<u8>(at, control == 10 ? 0x6e : 0x74, 1);
    bodyLength += 2;
    return;
  }
  store<u32>(at, 0x3030755c);
  const low = control & 15;
  store<u8>(at, 0x30 + (control >> 4), 4);
  store<u8>(at, low < 10 ? 0x30 + low : 0x57 + low, 5);
  bodyLength += 6;
}

function member(name: string): void {
  const bit = <u32>1 << (depth - 1);
  if (filled & bit) putByte(0x2c);
  filled |= bit;
  if ((arrays & bit) == 0) {
    putText(name);
    putByte(0x3a);
  }
}

function open(byte: i32, isArray: bool): void {
  if (depth == depthMax) {
    overflowed = true;
    return;
  }
  putByte(byte);
  const bit = <u32>1 << depth++;
  filled &= ~bit;
  if (isArray) {
    arrays |= bit;
  } else {
    arrays &= ~bit;
  }
}

function close(): void {
  depth--;
  putByte(arrays & ((<u32>1) << depth) ? 0x5d : 0x7d);
}
