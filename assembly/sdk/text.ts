// The one place where AssemblyScript's UTF-16 strings become UTF-8 bytes or come from them; knows no JSON and no capability.

import { host_device } from "./abi.gen";

const enum Unit {
  HighSurrogate = 0xd800,
  LowSurrogate = 0xdc00,
  SurrogatesEnd = 0xe000,
  Replacement = 0xfffd,
}

/** Bytes of the UTF-8 form of one code point. */
export function utf8Size(codePoint: i32): i32 {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** Writes the UTF-8 form, of which the caller made room for {@link utf8Size} bytes. */
export function utf8Put(codePoint: i32, into: usize): void {
  const size = utf8Size(codePoint);
  if (size == 1) {
    store<u8>(into, codePoint);
    return;
  }
  for (let i = size - 1; i > 0; i--) {
    store<u8>(into + i, 0x80 | (codePoint & 63));
    codePoint >>= 6;
  }
  store<u8>(into, (0xf00 >> size) | codePoint);
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
    if (at + size > length || decode(bytes + at, bytes + length) != codePoint) return false;
    at += size;
  }
  return at == length;
}

/** A string from UTF-8; each byte that is not part of any becomes U+FFFD. Allocates the string. */
export function utf8Text(bytes: usize, length: i32): string {
  const end = bytes + length;
  let units = 0;
  for (let at = bytes; at < end; at += decodedSize) units += decode(at, end) < 0x10000 ? 1 : 2;
  let into = __new(<usize>units << 1, idof<string>());
  const text = changetype<string>(into);
  for (let at = bytes; at < end; at += decodedSize) {
    const codePoint = decode(at, end);
    if (codePoint < 0x10000) {
      store<u16>(into, codePoint);
      into += 2;
    } else {
      store<u16>(into, Unit.HighSurrogate + ((codePoint - 0x10000) >> 10));
      store<u16>(into, Unit.LowSurrogate | (codePoint & 0x3ff), 2);
      into += 4;
    }
  }
  return text;
}

/** Bytes that the last `decode` took. */
// @ts-ignore: decorator
@lazy export let decodedSize: i32 = 0;

/** The code point at `at`, before `end`, by RFC 3629 §4: U+FFFD and one byte where there is none. */
export function decode(at: usize, end: usize): i32 {
  const lead: i32 = load<u8>(at);
  decodedSize = 1;
  if (lead < 0x80) return lead;
  const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  if (lead < 0xc2 || lead > 0xf4 || at + more >= end) return Unit.Replacement;
  let codePoint = lead & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const byte: i32 = load<u8>(at + i);
    if ((byte & 0xc0) != 0x80) return Unit.Replacement;
    codePoint = (codePoint << 6) | (byte & 63);
  }
  if (utf8Size(codePoint) != more + 1 || codePoint > 0x10ffff || (codePoint >>> 11) == 0x1b) return Unit.Replacement;
  decodedSize = more + 1;
  return codePoint;
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
    addUnits(changetype<usize>(text), text.length);
  }

  /** UTF-16 that is no managed string. */
  export function addUnits(from: usize, length: i32): void {
    const units = min(length, lineUnits - lineUsed);
    memory.copy(line + headerSize + (<usize>lineUsed << 1), from, <usize>units << 1);
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

/** Ends the program, because the app asks for what it can never get; `why` and `name` make the one sentence of the crash record. */
export function stop(why: string, name: string): void {
  staticLine.begin(why);
  staticLine.add(" '");
  staticLine.add(name);
  staticLine.add("'");
  host_device.abort(staticLine.text(), "", 0, 0);
  unreachable();
}

/** Names that the SDK keeps must live as long as the program: literals do, a string made at run time would be collected. */
export function requireLiteral(name: string): void {
  if (changetype<usize>(name) >= __heap_base) stop("Not a literal:", name);
}
