// Many JSON objects in one message; knows no topic: a batch is collected in static memory and sent as one array.

import { HostError, SendOption, host_hub, host_json } from "./abi.gen";
import { JsonWriter, beginObject } from "./json_writer";
import { Properties, bag, bagLength, describe, expiresS, options, properties } from "./properties";

/** Bytes of the longest batch, uncompressed. */
const batchMax: i32 = 2048;

// @ts-ignore: decorator
@lazy const array = memory.data(batchMax);
// @ts-ignore: decorator
@lazy let used: i32 = 0;

/**
 * Collects objects, then sends them as one message, a JSON array, which costs one property bag and one acknowledgement.
 *     batch.add().i64("t", device.clockMs()).i32("celsius", 93).send();
 *     if (batch.size() > 1800) batch.send(hub.properties().compressed());
 */
export namespace batch {
  /** Begins one more object; its `send` puts it into the batch and results in the batch's bytes, or in `HostError.Full` when it does not fit: send the batch, then add it again. */
  export function add(): JsonWriter {
    return beginObject(append);
  }

  /** Bytes so far. */
  export function size(): i32 {
    return used;
  }

  /** Sends what was collected and begins anew; the result is the message's sequence number, or a negative `HostError` with the batch kept. 0: it was empty. */
  export function send(with_: Properties | null = null): i32 {
    if (used == 0) return 0;
    if (with_ == null) properties();
    const fits = describe("application/json", options & SendOption.Compress ? "gzip" : "utf-8");
    if (fits < 0) return fits;
    store<u8>(array + used, 0x5d);
    const sequence = host_hub.send(array, used + 1, bag, bagLength, options, expiresS);
    if (sequence >= 0) used = 0;
    return sequence;
  }

  /** Forgets what was collected. */
  export function clear(): void {
    used = 0;
  }
}

function append(): i32 {
  const room = batchMax - used - 2;
  const length = host_json.read(array + used + 1, max(room, 0));
  if (length < 0) return length;
  if (length > room) return HostError.Full;
  store<u8>(array + used, used == 0 ? 0x5b : 0x2c);
  used += length + 1;
  return used;
}
