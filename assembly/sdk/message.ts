// Cloud-to-device messages; knows no topic. The hub is told that a message arrived when its handler has returned.

import { EventKind, host_event } from "./abi.gen";
import { handle } from "./event";
import { JsonReader, openReader } from "./json_reader";
import { utf8Equals, utf8Text } from "./text";

/** Bytes of the property bag that are looked into. */
const bagMax: i32 = 512;

// @ts-ignore: decorator
@lazy const bag = memory.data(bagMax);
// @ts-ignore: decorator
@lazy let messageHandler: u32 = 0;

/**
 * A message, readable only during its handler.
 *     hub.onMessage((message) => { log.info(message.text()); });
 */
// @ts-ignore: decorator
@final @unmanaged
export class Message {
  /** Bytes of the body. */
  get size(): i32 {
    return host_event.size();
  }

  /** The body as JSON. */
  get payload(): JsonReader {
    return changetype<JsonReader>(1);
  }

  /** The body as a new string; malformed UTF-8 becomes U+FFFD. */
  text(): string {
    const size = host_event.size();
    const bytes = heap.alloc(size);
    host_event.read(0, bytes, size);
    const text = utf8Text(bytes, size);
    heap.free(bytes);
    return text;
  }

  /** Copies the body from `offset`; the result is the number of bytes copied, 0 at the end. */
  read(offset: i32, into: Uint8Array): i32 {
    return host_event.read(offset, into.dataStart, into.length);
  }

  /** The property of this name as a new string, null when there is none in the bag's first 512 bytes. System properties are named as in "$.mid". */
  property(name: string): string | null {
    const end = bag + min(host_event.name(bag, bagMax), bagMax);
    for (let pair = bag; pair < end;) {
      const next = find(0x26, pair, end);
      const equals = find(0x3d, pair, next);
      if (utf8Equals(pair, decode(pair, equals), name)) {
        return equals < next ? utf8Text(equals + 1, decode(equals + 1, next)) : null;
      }
      pair = next + 1;
    }
    return null;
  }
}

/** `handler` gets each cloud-to-device message. The last handler given counts. */
export function onMessage(handler: (message: Message) => void): void {
  messageHandler = handler.index;
  handle(EventKind.Message, () => {
    openReader();
    call_indirect<void>(messageHandler, changetype<Message>(1));
  });
}

function find(byte: i32, from: usize, end: usize): usize {
  while (from < end && load<u8>(from) != byte) from++;
  return from;
}

/** Undoes percent-encoding in place; the result is the new length. What is no escape stays. */
function decode(from: usize, end: usize): i32 {
  let into = from;
  for (let at = from; at < end; at++) {
    let byte: i32 = load<u8>(at);
    if (byte == 0x25 && at + 2 < end) {
      const value = (hex(load<u8>(at, 1)) << 4) | hex(load<u8>(at, 2));
      if (value >= 0) {
        byte = value;
        at += 2;
      }
    }
    store<u8>(into++, byte);
  }
  return <i32>(into - from);
}

function hex(digit: i32): i32 {
  if (<u32>(digit - 0x30) < 10) return digit - 0x30;
  const letter = (digit | 0x20) - 0x61;
  return <u32>letter < 6 ? letter + 10 : -256;
}
