// A strict pull parser (RFC 8259) over the payload of the current event, read from the host in pieces: a document may be larger than the guest's memory.

import { HostError, host_event } from "./abi.gen";
import { parseF64 } from "./json_float";
import { decode, decodedSize, utf8Equals, utf8Put, utf8Size, utf8Text } from "./text";

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

const enum Expect {
  Value,
  FirstElement,
  FirstKey,
  Key,
  CommaOrEnd,
  Nothing,
}

const pieceMax: i32 = 128;
/** Bytes of the longest key or text that can be compared without reading it anew. */
const textMax: i32 = 256;
const depthMax: i32 = 64;

// @ts-ignore: decorator
@lazy const piece = memory.data(pieceMax, 8);
/** The bytes of one character. */
// @ts-ignore: decorator
@lazy const character = memory.data(4);
// @ts-ignore: decorator
@lazy const decoded = memory.data(textMax, 8);
/** The piece holds the bytes [pieceAt, pieceAt + pieceLength) of the payload. */
// @ts-ignore: decorator
@lazy let pieceAt: i32 = 0;
// @ts-ignore: decorator
@lazy let pieceLength: i32 = 0;
/** Offset of the next byte. */
// @ts-ignore: decorator
@lazy let at: i32 = 0;
// @ts-ignore: decorator
@lazy let expect: Expect = Expect.Value;
// @ts-ignore: decorator
@lazy let depth: i32 = 0;
/** One bit for each open container, the innermost lowest: it is an array. */
// @ts-ignore: decorator
@lazy let arrays: u64 = 0;
// @ts-ignore: decorator
@lazy let token: JsonToken = JsonToken.None;
// @ts-ignore: decorator
@lazy let tokenAt: i32 = 0;
// @ts-ignore: decorator
@lazy let problem: JsonProblem = JsonProblem.None;
// @ts-ignore: decorator
@lazy let problemAt: i32 = 0;
/** Of the text or key just read: bytes of all of it, of which at most `textMax` are in `decoded`. */
// @ts-ignore: decorator
@lazy let textLength: i32 = 0;

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

/**
 * The JSON an event brought. Either look members up by name, or pull token after token.
 *     const delayS = payload.find("delay") ? payload.i32() : 0;
 *     if (payload.failed) return request.reject(400, `{"error":"delay must be an integer"}`);
 */
// @ts-ignore: decorator
@final @unmanaged
export class JsonReader {
  /** What `next` found last. */
  get token(): JsonToken { return token; }

  /** Whether the document was malformed or a value asked for was not there in the form asked for, since the last `rewind`. */
  get failed(): bool { return problem != JsonProblem.None; }

  /** Why `failed`; empty when it has not. */
  get reason(): string {
    switch (problem) {
      case JsonProblem.EndsTooEarly: return "the document ends too early";
      case JsonProblem.SomethingFollows: return "something follows the document";
      case JsonProblem.ExpectedCommaOrEnd: return "expected a comma or the end of the object or array";
      case JsonProblem.ExpectedName: return "expected a member's name";
      case JsonProblem.ExpectedColon: return "expected a colon";
      case JsonProblem.ExpectedValue: return "expected a value";
      case JsonProblem.ExpectedDigit: return "expected a digit";
      case JsonProblem.LeadingZero: return "a number has a leading zero";
      case JsonProblem.ControlCharacter: return "a control character in a text";
      case JsonProblem.BadEscape: return "a bad escape in a text";
      case JsonProblem.NotUtf8: return "a text is not UTF-8";
      case JsonProblem.TooDeep: return "nested deeper than 64";
      case JsonProblem.ExpectedObject: return "expected an object";
      case JsonProblem.ExpectedNumber: return "expected a number";
      case JsonProblem.ExpectedInteger: return "expected an integer";
      case JsonProblem.ExpectedFlag: return "expected true or false";
      case JsonProblem.ExpectedText: return "expected a text";
      case JsonProblem.TooManyDecimals: return "too many decimals";
      case JsonProblem.OutOfRange: return "number out of range";
      default: return "";
    }
  }

  /** The byte of the payload at which the first failure was seen, from 0. */
  get offset(): i32 { return problemAt; }

  /** Back to the start of the document, all failures forgotten. */
  rewind(): void {
    at = 0;
    expect = Expect.Value;
    depth = 0;
    token = JsonToken.None;
    problem = JsonProblem.None;
    problemAt = 0;
  }

  /** Reads on to the next token. A `Key` is followed by its value; the members of an object or array by its end. */
  next(): JsonToken {
    if (token != JsonToken.Malformed && token != JsonToken.End) token = read();
    return token;
  }

  /** Passes over the value that begins with the current token, or follows the current key. */
  skip(): void {
    if (token == JsonToken.Key) this.next();
    if (token != JsonToken.Object && token != JsonToken.Array) return;
    const outer = depth - 1;
    while (depth > outer && token != JsonToken.Malformed) this.next();
  }

  /**
   * Goes to the value of the member `name` of the document, an object; of several with the same name the last counts. False when
   * there is none, also when there is no document or it is `null`; what is malformed anywhere or not an object fails.
   */
  find(name: string): bool {
    this.rewind();
    if (peekPastSpace() < 0) return false;
    if (this.next() == JsonToken.Null && this.next() == JsonToken.End) return false;
    if (token != JsonToken.Object) {
      this.wrong(JsonProblem.ExpectedObject);
      return false;
    }
    let found = -1;
    while (this.next() == JsonToken.Key) {
      const matches = this.isText(name);
      const valueAt = at;
      this.skip();
      if (matches) found = valueAt;
    }
    if (this.next() != JsonToken.End || found < 0) return false;
    memberAt(found);
    this.next();
    return true;
  }

  /** The number, which must be an integer (1e3 and 5.0 are) in the range of an i32. 0 when it fails. */
  i32(): i32 {
    const value = this.fixed(0);
    if (value == <i64>(<i32>value)) return <i32>value;
    this.wrong(JsonProblem.OutOfRange);
    return 0;
  }

  /** The number, which must be an integer in the range of an i64. 0 when it fails. */
  i64(): i64 { return this.fixed(0); }

  /** The number times 10^decimals, exactly, as an i64; fails when it has more decimals. 0 when it fails. */
  fixed(decimals: i32): i64 {
    if (token != JsonToken.Number) return this.wrong(JsonProblem.ExpectedNumber);
    let value = parsed.mantissa;
    let exponent = parsed.exponent + decimals;
    if (value == 0) return 0;
    for (; exponent < 0; exponent++) {
      if (value % 10 != 0) return this.wrong(decimals == 0 ? JsonProblem.ExpectedInteger : JsonProblem.TooManyDecimals);
      value /= 10;
    }
    const largest = <u64>i64.MAX_VALUE + u64(parsed.negative);
    for (; exponent > 0; exponent--) {
      if (value > largest / 10) return this.wrong(JsonProblem.OutOfRange);
      value *= 10;
    }
    if (parsed.inexact) return this.wrong(decimals == 0 ? JsonProblem.OutOfRange : JsonProblem.TooManyDecimals);
    if (value > largest) return this.wrong(JsonProblem.OutOfRange);
    return parsed.negative ? <i64>(0 - value) : <i64>value;
  }

  /** The number, rounded to the nearest f64, ties to even; fails beyond the largest. 0 when it fails. */
  f64(): f64 {
    if (token != JsonToken.Number) return <f64>this.wrong(JsonProblem.ExpectedNumber);
    const value = parseF64(tokenAt);
    return isFinite(value) ? value : <f64>this.wrong(JsonProblem.OutOfRange);
  }

  /** The boolean. False when it fails. */
  flag(): bool {
    if (token != JsonToken.True && token != JsonToken.False) this.wrong(JsonProblem.ExpectedFlag);
    return token == JsonToken.True;
  }

  /** Whether the current token is a text or key that says this, of at most 256 bytes in UTF-8. */
  isText(text: string): bool {
    if (token != JsonToken.Text && token != JsonToken.Key) return false;
    return textLength <= textMax && utf8Equals(decoded, textLength, text);
  }

  /** The text or key as a new string. Empty when it fails. */
  text(): string {
    if (token != JsonToken.Text && token != JsonToken.Key) {
      this.wrong(JsonProblem.ExpectedText);
      return "";
    }
    if (textLength <= textMax) return utf8Text(decoded, textLength);
    const bytes = heap.alloc(textLength);
    this.readText(bytes, textLength);
    const text = utf8Text(bytes, textLength);
    heap.free(bytes);
    return text;
  }

  /** Copies the text or key in UTF-8, at most `capacity` bytes of it; the result is what the whole has, or `HostError.Invalid`. Allocates nothing. */
  readText(into: usize, capacity: i32): i32 {
    if (token != JsonToken.Text && token != JsonToken.Key) {
      this.wrong(JsonProblem.ExpectedText);
      return HostError.Invalid;
    }
    if (textLength <= textMax) {
      memory.copy(into, decoded, min(capacity, textLength));
      return textLength;
    }
    const next = at;
    at = tokenAt + 1;
    scanText(into, capacity);
    at = next;
    return textLength;
  }

  private wrong(why: JsonProblem): i64 {
    if (problem == JsonProblem.None) {
      problem = why;
      problemAt = tokenAt;
    }
    return 0;
  }
}

/** The reader of a new event's payload. */
export function openReader(): JsonReader {
  pieceAt = 0;
  pieceLength = 0;
  const reader = changetype<JsonReader>(1);
  reader.rewind();
  return reader;
}

/** Where in the payload the next token will be looked for. */
export function position(): i32 {
  return at;
}

/** Goes to where a top-level member's value begins, as `position` said after its key; failures so far are forgotten. */
export function memberAt(valueAt: i32): void {
  at = valueAt;
  expect = Expect.Value;
  depth = 1;
  arrays = 0;
  token = JsonToken.None;
  problem = JsonProblem.None;
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

function peek(): i32 { return byteAt(at); }

function digitNext(): bool { return <u32>(peek() - 0x30) < 10; }

function peekPastSpace(): i32 {
  let byte = peek();
  while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) {
    at++;
    byte = peek();
  }
  return byte;
}

function malformed(why: JsonProblem): JsonToken {
  if (problem == JsonProblem.None) {
    problem = peek() < 0 ? JsonProblem.EndsTooEarly : why;
    problemAt = at;
  }
  return JsonToken.Malformed;
}

function read(): JsonToken {
  let byte = peekPastSpace();
  tokenAt = at;
  if (expect == Expect.Nothing) {
    return byte < 0 ? JsonToken.End : malformed(JsonProblem.SomethingFollows);
  }
  const inArray = (arrays & 1) != 0;
  if (expect == Expect.CommaOrEnd) {
    if (byte == (inArray ? 0x5d : 0x7d)) return close();
    if (byte != 0x2c) return malformed(JsonProblem.ExpectedCommaOrEnd);
    at++;
    byte = peekPastSpace();
    tokenAt = at;
    expect = inArray ? Expect.Value : Expect.Key;
  } else if (expect == Expect.FirstKey && byte == 0x7d || expect == Expect.FirstElement && byte == 0x5d) {
    return close();
  }
  if (expect == Expect.Key || expect == Expect.FirstKey) return key(byte);
  return value(byte);
}

function key(byte: i32): JsonToken {
  if (byte != 0x22) return malformed(JsonProblem.ExpectedName);
  at++;
  textLength = scanText(decoded, textMax);
  if (textLength < 0) return JsonToken.Malformed;
  if (peekPastSpace() != 0x3a) return malformed(JsonProblem.ExpectedColon);
  at++;
  expect = Expect.Value;
  return JsonToken.Key;
}

function value(byte: i32): JsonToken {
  if (byte == 0x7b || byte == 0x5b) {
    if (depth == depthMax) return malformed(JsonProblem.TooDeep);
    at++;
    depth++;
    arrays = (arrays << 1) | u64(byte == 0x5b);
    expect = byte == 0x5b ? Expect.FirstElement : Expect.FirstKey;
    return byte == 0x5b ? JsonToken.Array : JsonToken.Object;
  }
  expect = depth == 0 ? Expect.Nothing : Expect.CommaOrEnd;
  if (byte == 0x22) {
    at++;
    textLength = scanText(decoded, textMax);
    return textLength < 0 ? JsonToken.Malformed : JsonToken.Text;
  }
  if (byte == 0x2d || <u32>(byte - 0x30) < 10) return scanNumber();
  if (byte == 0x74) return literal("true", JsonToken.True);
  if (byte == 0x66) return literal("false", JsonToken.False);
  if (byte == 0x6e) return literal("null", JsonToken.Null);
  return malformed(JsonProblem.ExpectedValue);
}

function close(): JsonToken {
  const wasArray = (arrays & 1) != 0;
  at++;
  depth--;
  arrays >>= 1;
  expect = depth == 0 ? Expect.Nothing : Expect.CommaOrEnd;
  return wasArray ? JsonToken.ArrayEnd : JsonToken.ObjectEnd;
}

function literal(word: string, found: JsonToken): JsonToken {
  for (let i = 0, n = word.length; i < n; i++, at++) {
    if (peek() != load<u16>(changetype<usize>(word) + (<usize>i << 1))) return malformed(JsonProblem.ExpectedValue);
  }
  return found;
}

function scanNumber(): JsonToken {
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
