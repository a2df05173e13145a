// The one place where AssemblyScript's UTF-16 strings become UTF-8 bytes or come from them; knows no JSON and no capability.

import { host_device } from "./abi.gen";

const enum Unit {
  HighSurrogate = 0xd800,
  LowSurrogate = 0xdc00,
  SurrogatesEnd = 0xe000,
  Replacement = 0xfffd,
}

/** Bytes of the UTF-8 form of one code point. */
// @ts-ignore: decorator
@inline
export function utf8Size(codePoint: i32): i32 {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** Writes the UTF-8 form, of which the caller made room for {@link utf8Size} bytes. */
export function utf8Put(codePoint: i32, into: usize): void {
  if (codePoint < 0x80) {
    store<u8>(into, codePoint);
  } else if (codePoint < 0x800) {
    store<u8>(into, 0xc0 | (codePoint >> 6));
    store<u8>(into, 0x80 | (codePoint & 63), 1);
  } else if (codePoint < 0x10000) {
    store<u8>(into, 0xe0 | (codePoint >> 12));
    store<u8>(into, 0x80 | ((codePoint >> 6) & 63), 1);
    store<u8>(into, 0x80 | (codePoint & 63), 2);
  } else {
    store<u8>(into, 0xf0 | (codePoint >> 18));
    store<u8>(into, 0x80 | ((codePoint >> 12) & 63), 1);
    store<u8>(into, 0x80 | ((codePoint >> 6) & 63), 2);
    store<u8>(into, 0x80 | (codePoint & 63), 3);
  }
}

/** The code point that begins at unit `index` of the string; a lone surrogate reads as U+FFFD. It takes two units when >= 0x10000. */
export function codePointAt(text: string, index: i32): i32 {
  const at = changetype<usize>(text) + (<usize>index << 1);
  const unit: i32 = load<u16>(at);
  if (unit < Unit.HighSurrogate || unit >= Unit.SurrogatesEnd) return unit;
  if (unit >= Unit.LowSurrogate || index + 1 >= text.length) return Unit.Replacement;
  const low: i32 = load<u16>(at, 2);
  if (low < Unit.LowSurrogate || low >= Unit.SurrogatesEnd) return Unit.Replacement;
  return 0x10000 + ((unit - Unit.HighSurrogate) << 10) + (low - Unit.LowSurrogate);
}

/** The string in UTF-8, at most `capacity` bytes of it, cut at a character. The result is what the whole needs. */
export function utf8Write(text: string, into: usize, capacity: i32): i32 {
  let used = 0;
  for (let i = 0, n = text.length; i < n; i++) {
    const codePoint = codePointAt(text, i);
    if (codePoint >= 0x10000) i++;
    if (codePoint < 0x80 && used < capacity) {
      store<u8>(into + used++, codePoint);
      continue;
    }
    const size = utf8Size(codePoint);
    if (used + size <= capacity) {
      utf8Put(codePoint, into + used);
    } else {
      capacity = 0;
    }
    used += size;
  }
  return used;
}

/** Whether valid UTF-8 says the same as the string. */
export function utf8Equals(bytes: usize, length: i32, text: string): bool {
  let at = 0;
  for (let i = 0, n = text.length; i < n; i++) {
    const codePoint = codePointAt(text, i);
    if (codePoint >= 0x10000) i++;
    const size = utf8Size(codePoint);
    if (at + size > length || decode(bytes + at) != codePoint) return false;
    at += size;
  }
  return at == length;
}

/** A string from UTF-8, malformed bytes as U+FFFD. Allocates the string. */
export function utf8Text(bytes: usize, length: i32): string {
  return String.UTF8.decodeUnsafe(bytes, length);
}

/** The code point at `bytes`, which is valid UTF-8. */
function decode(bytes: usize): i32 {
  const lead: i32 = load<u8>(bytes);
  if (lead < 0x80) return lead;
  const second: i32 = load<u8>(bytes, 1) & 63;
  if (lead < 0xe0) return ((lead & 31) << 6) | second;
  const third: i32 = load<u8>(bytes, 2) & 63;
  if (lead < 0xf0) return ((lead & 15) << 12) | (second << 6) | third;
  return ((lead & 7) << 18) | (second << 12) | (third << 6) | (load<u8>(bytes, 3) & 63);
}

/** Bytes before a managed object in which the runtime keeps its size, the last 4 of them. */
const headerSize: i32 = 20;
const lineUnits: i32 = 160;

// @ts-ignore: decorator
@lazy const line = memory.data(headerSize + 2 * lineUnits, 16);
// @ts-ignore: decorator
@lazy let lineUsed: i32 = 0;

/**
 * One line of text put together in static memory, for host calls that take a string; a line longer than 160 units is cut.
 * Valid until the next `begin`: hand it to a host call, never keep it.
 */
export namespace staticLine {
  export function begin(text: string): void {
    lineUsed = 0;
    add(text);
  }

  export function add(text: string): void {
    const units = min(text.length, lineUnits - lineUsed);
    memory.copy(line + headerSize + (<usize>lineUsed << 1), changetype<usize>(text), <usize>units << 1);
    lineUsed += units;
  }

  /** `bytes` are ASCII. */
  export function addAscii(bytes: usize, length: i32): void {
    const units = min(length, lineUnits - lineUsed);
    for (let i = 0; i < units; i++) store<u16>(line + headerSize + (<usize>(lineUsed + i) << 1), load<u8>(bytes + i));
    lineUsed += units;
  }

  export function text(): string {
    store<u32>(line + headerSize - 4, <u32>lineUsed << 1);
    return changetype<string>(line + headerSize);
  }
}

/** Ends the program, because the app asks what it can never get; `why` and `name` make the one sentence of the crash record. */
export function stop(why: string, name: string, api: string): void {
  staticLine.begin(why);
  staticLine.add(" '");
  staticLine.add(name);
  staticLine.add("'");
  host_device.abort(staticLine.text(), api, 0, 0);
  unreachable();
}

/** Names that the SDK keeps must live as long as the program: literals do, a string made at run time would be collected. */
export function requireLiteral(name: string, api: string): void {
  if (changetype<usize>(name) >= __heap_base) stop("A literal is needed here, not", name, api);
}
