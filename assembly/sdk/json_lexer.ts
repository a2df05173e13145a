// The words of JSON (RFC 8259): numbers, texts and literals, in bytes that are fetched from the host in pieces; knows no grammar.

import { host_event } from "./abi.gen";
import { decode, decodedSize, utf8Put, utf8Size } from "./text";

/** What {@link JsonReader.next} found. */
export const enum JsonToken {
  None,
  Object,
  ObjectEnd,
  Array,
  ArrayEnd,
  Key,
  Text,
  Number,
  True,
  False,
  Null,
  /** The document is complete and nothing but white space follows. */
  End,
  /** The document is malformed; `reason` and `offset` say how. It stays so. */
  Malformed,
}

/** Why a document or a value failed; `JsonReader.reason` has the words. */
export const enum JsonProblem {
  None,
  EndsTooEarly,
  SomethingFollows,
  ExpectedCommaOrEnd,
  ExpectedName,
  ExpectedColon,
  ExpectedValue,
  ExpectedDigit,
  LeadingZero,
  ControlCharacter,
  BadEscape,
  NotUtf8,
  TooDeep,
  ExpectedObject,
  ExpectedNumber,
  ExpectedInteger,
  ExpectedFlag,
  ExpectedText,
  TooManyDecimals,
  OutOfRange,
}

const pieceMax: i32 = 128;
/** Bytes of the longest key or text that is kept decoded. */
export const textMax: i32 = 256;

// @ts-ignore: decorator
@lazy const piece = memory.data(pieceMax, 8);
/** The bytes of one character. */
// @ts-ignore: decorator
@lazy const character = memory.data(4);
/** The text or key just read, when it has at most `textMax` bytes; `textLength` is that of all of it. */
// @ts-ignore: decorator
@lazy export const decoded = memory.data(textMax, 8);
// @ts-ignore: decorator
@lazy export let textLength: i32 = 0;
/** The piece holds the bytes [pieceAt, pieceAt + pieceLength) of the payload. */
// @ts-ignore: decorator
@lazy let pieceAt: i32 = 0;
// @ts-ignore: decorator
@lazy let pieceLength: i32 = 0;
/** Offset of the next byte. */
// @ts-ignore: decorator
@lazy export let at: i32 = 0;
// @ts-ignore: decorator
@lazy export let tokenAt: i32 = 0;
// @ts-ignore: decorator
@lazy export let problem: JsonProblem = JsonProblem.None;
// @ts-ignore: decorator
@lazy export let problemAt: i32 = 0;

/**
 * Of the number just read: (-1)^negative * (mantissa * 10^exponent + less than one unit of that when inexact). mantissa has at most 19 digits.
 * exponentPart is what follows the `e`.
 */
export namespace parsed {
  // @ts-ignore: decorator
  @lazy export let negative: bool = false;
  // @ts-ignore: decorator
  @lazy export let mantissa: u64 = 0;
  // @ts-ignore: decorator
  @lazy export let exponent: i32 = 0;
  // @ts-ignore: decorator
  @lazy export let exponentPart: i32 = 0;
  // @ts-ignore: decorator
  @lazy export let inexact: bool = false;
}

/** A new event, a new payload. */
export function forgetPiece(): void {
  pieceLength = 0;
}

/** The next byte is the one at `offset`. */
export function seek(offset: i32): void {
  at = offset;
}

export function step(): void {
  at++;
}

/** The next byte begins a token. */
export function markToken(): void {
  tokenAt = at;
}

/** Keeps the first failure only. */
export function fail(why: JsonProblem, offset: i32): void {
  if (problem != JsonProblem.None) return;
  problem = why;
  problemAt = offset;
}

export function forgive(): void {
  problem = JsonProblem.None;
  problemAt = 0;
}

/** The payload's byte at the offset, -1 past the end. */
export function byteAt(offset: i32): i32 {
  if (<u32>(offset - pieceAt) >= <u32>pieceLength) {
    pieceAt = offset;
    pieceLength = max(0, host_event.read(offset, piece, pieceMax));
    if (pieceLength == 0) return -1;
  }
  return load<u8>(piece + (offset - pieceAt));
}

export function peek(): i32 { return byteAt(at); }

function digitNext(): bool { return <u32>(peek() - 0x30) < 10; }

export function peekPastSpace(): i32 {
  let byte = peek();
  while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) {
    at++;
    byte = peek();
  }
  return byte;
}

/** What stands at the next byte has no place there. */
export function malformed(why: JsonProblem): JsonToken {
  fail(peek() < 0 ? JsonProblem.EndsTooEarly : why, at);
  return JsonToken.Malformed;
}

export function literal(word: string, found: JsonToken): JsonToken {
  for (let i = 0, n = word.length; i < n; i++, at++) {
    if (peek() != load<u16>(changetype<usize>(word) + (<usize>i << 1))) return malformed(JsonProblem.ExpectedValue);
  }
  return found;
}

export function scanNumber(): JsonToken {
  let mantissa: u64 = 0;
  let exponent = 0;
  let significant = 0;
  let inexact = false;
  parsed.negative = peek() == 0x2d;
  if (parsed.negative) at++;
  const firstDigit = peek();
  if (!digitNext()) return malformed(JsonProblem.ExpectedDigit);
  let fraction = false;
  for (;;) {
    const byte = peek();
    if (byte == 0x2e && !fraction) {
      fraction = true;
      at++;
      if (!digitNext()) return malformed(JsonProblem.ExpectedDigit);
      continue;
    }
    const digit = byte - 0x30;
    if (<u32>digit >= 10) break;
    if (!fraction && firstDigit == 0x30 && at > tokenAt + i32(parsed.negative)) return malformed(JsonProblem.LeadingZero);
    if (significant < 19) {
      mantissa = mantissa * 10 + digit;
      if (mantissa != 0) significant++;
      if (fraction) exponent--;
    } else {
      if (digit != 0) inexact = true;
      if (!fraction) exponent++;
    }
    at++;
  }
  parsed.exponentPart = 0;
  if ((peek() | 0x20) == 0x65 && peek() >= 0) {
    if (!scanExponent()) return malformed(JsonProblem.ExpectedDigit);
  }
  parsed.mantissa = mantissa;
  parsed.exponent = exponent + parsed.exponentPart;
  parsed.inexact = inexact;
  return JsonToken.Number;
}

/** Stays within ±10^8, which no document's digits can make up for. */
function scanExponent(): bool {
  at++;
  const sign = peek();
  if (sign == 0x2b || sign == 0x2d) at++;
  if (!digitNext()) return false;
  let part = 0;
  for (let digit = peek() - 0x30; <u32>digit < 10; at++, digit = peek() - 0x30) {
    if (part < 10_000_000) part = part * 10 + digit;
  }
  parsed.exponentPart = sign == 0x2d ? -part : part;
  return true;
}

/** The text or key whose opening quote is the next byte. */
export function scanQuoted(found: JsonToken): JsonToken {
  at++;
  textLength = scanText(decoded, textMax);
  return textLength < 0 ? JsonToken.Malformed : found;
}

/** Copies the text or key that was read last, in UTF-8, at most `capacity` bytes of it. */
export function copyText(into: usize, capacity: i32): void {
  if (textLength <= textMax) {
    memory.copy(into, decoded, min(capacity, textLength));
    return;
  }
  const next = at;
  at = tokenAt + 1;
  scanText(into, capacity);
  at = next;
}

/** Decodes up to the closing quote. The result is the length of the whole in UTF-8, negative when malformed. */
function scanText(into: usize, capacity: i32): i32 {
  let length = 0;
  let high = 0; // a high surrogate that waits for its low one
  for (;;) {
    const byte = peek();
    if (high == 0 && byte >= 0x20 && byte < 0x80 && byte != 0x22 && byte != 0x5c) {
      if (length < capacity) store<u8>(into + length, byte);
      length++;
      at++;
      continue;
    }
    let codePoint = byte;
    let escaped = false;
    if (byte < 0x20) {
      malformed(JsonProblem.ControlCharacter);
      return -1;
    }
    if (byte == 0x5c) {
      escaped = true;
      codePoint = scanEscape();
    } else if (byte >= 0x80) {
      codePoint = scanUtf8(byte);
    } else if (byte != 0x22) {
      at++;
    }
    if (codePoint < 0) return -1;
    const low = escaped && codePoint >= 0xdc00 && codePoint < 0xe000;
    if (high != 0) {
      if (low) {
        codePoint = 0x10000 + ((high - 0xd800) << 10) + (codePoint - 0xdc00);
      } else {
        length = put(0xfffd, into, length, capacity);
      }
      high = 0;
    } else if (low) {
      codePoint = 0xfffd;
    }
    if (byte == 0x22) break;
    if (escaped && codePoint >= 0xd800 && codePoint < 0xdc00) {
      high = codePoint;
    } else {
      length = put(codePoint, into, length, capacity);
    }
  }
  at++;
  return length;
}

function put(codePoint: i32, into: usize, length: i32, capacity: i32): i32 {
  const size = utf8Size(codePoint);
  if (length + size <= capacity) utf8Put(codePoint, into + length);
  return length + size;
}

/** At the backslash; the result is a UTF-16 unit, negative when malformed. */
function scanEscape(): i32 {
  at++;
  const byte = peek();
  if (byte == 0x75) return scanHex();
  const letters = "\"\\/bfnrt";
  const meanings = "\"\\/\b\f\n\r\t";
  for (let i = 0; i < 8; i++) {
    if (letters.charCodeAt(i) != byte) continue;
    at++;
    return meanings.charCodeAt(i);
  }
  malformed(JsonProblem.BadEscape);
  return -1;
}

function scanHex(): i32 {
  let unit = 0;
  at++;
  for (let i = 0; i < 4; i++, at++) {
    const byte = peek();
    let digit = byte - 0x30;
    if (<u32>digit >= 10) {
      digit = (byte | 0x20) - 0x57;
      if (byte < 0 || <u32>(digit - 10) >= 6) {
        malformed(JsonProblem.BadEscape);
        return -1;
      }
    }
    unit = (unit << 4) | digit;
  }
  return unit;
}

/** At a byte >= 0x80; the code point, negative when it is not UTF-8. */
function scanUtf8(lead: i32): i32 {
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  for (let i = 0; i < size; i++) store<u8>(character + i, peekAhead(i));
  const codePoint = decode(character, character + size);
  if (decodedSize != size) {
    malformed(JsonProblem.NotUtf8);
    return -1;
  }
  at += size;
  return codePoint;
}

/** 0, which no character goes on with, past the end. */
function peekAhead(bytes: i32): i32 {
  return max(0, byteAt(at + bytes));
}
