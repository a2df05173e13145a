// What goes with a message: its property bag, percent-encoded as in the MQTT topic of IoT Hub, and how it is to be treated; knows no message.

import { HostError, SendOption } from "./abi.gen";
import { codePointAt, utf8Put, utf8Size } from "./text";

/** Bytes of the longest encoded bag. */
const bagMax: i32 = 384;

// @ts-ignore: decorator
@lazy export const bag = memory.data(bagMax);
// @ts-ignore: decorator
@lazy export let bagLength: i32 = 0;
// @ts-ignore: decorator
@lazy let overflowed: bool = false;
/** What `describe` alone left in the bag: its length, 0 when the bag was used otherwise since, and the two literals it was for. */
// @ts-ignore: decorator
@lazy let describedLength: i32 = 0;
// @ts-ignore: decorator
@lazy let describedType: string = "";
// @ts-ignore: decorator
@lazy let describedEncoding: string = "";

// @ts-ignore: decorator
@lazy export let options: i32 = 0;
// @ts-ignore: decorator
@lazy export let expiresS: i32 = 0;

/**
 * Application properties of one message, for routing, and what may become of it while the hub is out of reach. There is one bag: `hub.properties()` empties it.
 *     hub.telemetry(hub.properties().add("alert", "true").urgent()).i32("celsius", 99).send();
 *     hub.telemetry(hub.properties().expires(600)).i32("celsius", 93).send();
 */
// @ts-ignore: decorator
@final @unmanaged
export class Properties {
  /** Not sent any more when the hub has not got it within `seconds`. */
  expires(seconds: i32): Properties {
    expiresS = seconds;
    return this;
  }

  /** Survives a full outbox: older messages that are not urgent give way first. */
  urgent(): Properties {
    options |= SendOption.Urgent;
    return this;
  }

  /** When the outbox is full this message is dropped; without it the oldest is. */
  yielding(): Properties {
    options |= SendOption.Yield;
    return this;
  }

  /** The body of `hub.send` and `batch.send` is compressed with gzip, as its content encoding then says. `HostError.Unsupported` by a board without uploads. */
  compressed(): Properties {
    options |= SendOption.Compress;
    return this;
  }

  /** Name and value may hold any characters; 384 bytes for all of them, encoded. */
  add(name: string, value: string): Properties {
    describedLength = 0;
    if (bagLength > 0) put(0x26);
    encode(name);
    put(0x3d);
    encode(value);
    return this;
  }
}

export function properties(): Properties {
  bagLength = 0;
  overflowed = false;
  options = 0;
  expiresS = 0;
  return changetype<Properties>(1);
}

/** Adds the component a message is of, unless it is of the device itself. [Plug and Play convention: telemetry of components] */
export function subject(component: string): void {
  if (component.length > 0) describedLength = 0;
  addSystem("$.sub=", component);
}

/** Adds the system properties that say what the body is; `Full` when the bag is. [IoT Hub: without both, a route cannot look into a body] */
export function describe(contentType: string, contentEncoding: string): i32 {
  const alone = bagLength == 0;
  // Most messages have no other properties and are of one type: their bag is still there.
  if (alone && describedLength > 0 && same(contentType, describedType) && same(contentEncoding, describedEncoding)) {
    bagLength = describedLength;
    return 0;
  }
  addSystem("$.ct=", contentType);
  addSystem("$.ce=", contentEncoding);
  if (overflowed) return HostError.Full;
  // A literal stays what it is; a string made at run time may become another one in the same place.
  const literals = changetype<usize>(contentType) < __heap_base && changetype<usize>(contentEncoding) < __heap_base;
  describedLength = alone && literals ? bagLength : 0;
  describedType = contentType;
  describedEncoding = contentEncoding;
  return 0;
}

function same(a: string, b: string): bool {
  return changetype<usize>(a) == changetype<usize>(b);
}

function addSystem(prefix: string, value: string): void {
  if (value.length == 0) return;
  if (bagLength > 0) put(0x26);
  for (let i = 0, n = prefix.length; i < n; i++) put(load<u16>(changetype<usize>(prefix) + (<usize>i << 1)));
  encode(value);
}

function put(byte: i32): void {
  if (bagLength < bagMax) {
    store<u8>(bag + bagLength++, byte);
  } else {
    overflowed = true;
  }
}

// @ts-ignore: decorator
@lazy const utf8 = memory.data(4);

function encode(text: string): void {
  for (let i = 0, n = text.length; i < n; i++) {
    const codePoint = codePointAt(text, i);
    if (codePoint >= 0x10000) i++;
    if (isUnreserved(codePoint)) {
      put(codePoint);
      continue;
    }
    utf8Put(codePoint, utf8);
    for (let k = 0, size = utf8Size(codePoint); k < size; k++) {
      const byte: i32 = load<u8>(utf8 + k);
      put(0x25);
      put(hexDigit(byte >> 4));
      put(hexDigit(byte & 15));
    }
  }
}

/** RFC 3986 §2.3. */
function isUnreserved(character: i32): bool {
  const lower = character | 0x20;
  return <u32>(character - 0x30) < 10 || (<u32>(lower - 0x61) < 26 && character < 0x80)
    || character == 0x2d || character == 0x2e || character == 0x5f || character == 0x7e;
}

function hexDigit(value: i32): i32 {
  return value < 10 ? 0x30 + value : 0x37 + value;
}
