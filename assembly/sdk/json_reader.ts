// A strict pull parser (RFC 8259) over the payload of the current event, read from the host in pieces: a document may be larger than the guest's memory.

import { HostError } from "./abi.gen";
import { parseF64 } from "./json_float";
import {
  JsonProblem, JsonToken, at, copyText, decoded, fail, forgetPiece, forgive, literal, malformed, markToken, parsed, peekPastSpace, problem, problemAt,
  scanNumber, scanQuoted, seek, step, textLength, textMax, tokenAt,
} from "./json_lexer";
import { utf8Equals, utf8Text } from "./text";

const enum Expect {
  Value,
  FirstElement,
  FirstKey,
  Key,
  CommaOrEnd,
  Nothing,
}

const depthMax: i32 = 64;

// @ts-ignore: decorator
@lazy let expect: Expect = Expect.Value;
// @ts-ignore: decorator
@lazy let depth: i32 = 0;
/** One bit for each open container, the innermost lowest: it is an array. */
// @ts-ignore: decorator
@lazy let arrays: u64 = 0;
// @ts-ignore: decorator
@lazy let token: JsonToken = JsonToken.None;

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
    seek(0);
    expect = Expect.Value;
    depth = 0;
    token = JsonToken.None;
    forgive();
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
    memberAt(found, 1);
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
    copyText(into, capacity);
    return textLength;
  }

  private wrong(why: JsonProblem): i64 {
    fail(why, tokenAt);
    return 0;
  }
}

/** The reader of a new event's payload. */
export function openReader(): JsonReader {
  forgetPiece();
  const reader = changetype<JsonReader>(1);
  reader.rewind();
  return reader;
}

/** Where in the payload the next token will be looked for. */
export function position(): i32 {
  return at;
}

/** Goes to where the value of a member begins, as `position` said after its key, in `inside` objects; failures so far are forgotten. */
export function memberAt(valueAt: i32, inside: i32): void {
  seek(valueAt);
  expect = Expect.Value;
  depth = inside;
  arrays = 0;
  token = JsonToken.None;
  forgive();
}

function read(): JsonToken {
  let byte = peekPastSpace();
  markToken();
  if (expect == Expect.Nothing) {
    return byte < 0 ? JsonToken.End : malformed(JsonProblem.SomethingFollows);
  }
  const inArray = (arrays & 1) != 0;
  if (expect == Expect.CommaOrEnd) {
    if (byte == (inArray ? 0x5d : 0x7d)) return close();
    if (byte != 0x2c) return malformed(JsonProblem.ExpectedCommaOrEnd);
    step();
    byte = peekPastSpace();
    markToken();
    expect = inArray ? Expect.Value : Expect.Key;
  } else if (expect == Expect.FirstKey && byte == 0x7d || expect == Expect.FirstElement && byte == 0x5d) {
    return close();
  }
  if (expect == Expect.Key || expect == Expect.FirstKey) return key(byte);
  return value(byte);
}

function key(byte: i32): JsonToken {
  if (byte != 0x22) return malformed(JsonProblem.ExpectedName);
  if (scanQuoted(JsonToken.Key) == JsonToken.Malformed) return JsonToken.Malformed;
  if (peekPastSpace() != 0x3a) return malformed(JsonProblem.ExpectedColon);
  step();
  expect = Expect.Value;
  return JsonToken.Key;
}

function value(byte: i32): JsonToken {
  if (byte == 0x7b || byte == 0x5b) {
    if (depth == depthMax) return malformed(JsonProblem.TooDeep);
    step();
    depth++;
    arrays = (arrays << 1) | u64(byte == 0x5b);
    expect = byte == 0x5b ? Expect.FirstElement : Expect.FirstKey;
    return byte == 0x5b ? JsonToken.Array : JsonToken.Object;
  }
  expect = depth == 0 ? Expect.Nothing : Expect.CommaOrEnd;
  if (byte == 0x22) return scanQuoted(JsonToken.Text);
  if (byte == 0x2d || <u32>(byte - 0x30) < 10) return scanNumber();
  if (byte == 0x74) return literal("true", JsonToken.True);
  if (byte == 0x66) return literal("false", JsonToken.False);
  if (byte == 0x6e) return literal("null", JsonToken.Null);
  return malformed(JsonProblem.ExpectedValue);
}

function close(): JsonToken {
  const wasArray = (arrays & 1) != 0;
  step();
  depth--;
  arrays >>= 1;
  expect = depth == 0 ? Expect.Nothing : Expect.CommaOrEnd;
  return wasArray ? JsonToken.ArrayEnd : JsonToken.ObjectEnd;
}
