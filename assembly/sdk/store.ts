// Small values that survive a restart; knows no flash.

import { HostError, host_store } from "./abi.gen";
import { utf8Text, utf8Write } from "./text";

/** Bytes of the longest text in UTF-8. */
const textMax: i32 = 256;

// @ts-ignore: decorator
@lazy const scratch = memory.data(textMax, 8);

/**
 * Values by key, on flash when a write returns.
 *     const starts = store.readInteger("starts", 0) + 1;
 *     store.writeInteger("starts", starts);
 */
export namespace store {
  /** `fallback` when the key was never written, or not by `writeInteger`. */
  export function readInteger(key: string, fallback: i64): i64 {
    return host_store.get(key, scratch, 8) == 8 ? load<i64>(scratch) : fallback;
  }

  /** Negative is a `HostError`, as for all writes: `Full` when the store has no room, `Invalid` when key or value is too long. */
  export function writeInteger(key: string, value: i64): i32 {
    i64.store(scratch, value);
    return host_store.set(key, scratch, 8);
  }

  /** A new string; `fallback` when the key was never written or has more than 256 bytes. */
  export function readText(key: string, fallback: string): string {
    const length = host_store.get(key, scratch, textMax);
    return length < 0 || length > textMax ? fallback : utf8Text(scratch, length);
  }

  /** At most 256 bytes in UTF-8. */
  export function writeText(key: string, value: string): i32 {
    const length = utf8Write(value, scratch, textMax);
    return length > textMax ? <i32>HostError.Invalid : host_store.set(key, scratch, length);
  }

  /** Copies as much as `into` holds; the result is the length of the whole value, or `HostError.NotFound`. */
  export function readBytes(key: string, into: Uint8Array): i32 {
    return host_store.get(key, into.dataStart, into.length);
  }

  export function writeBytes(key: string, value: Uint8Array): i32 {
    return host_store.set(key, value.dataStart, value.length);
  }

  /** `HostError.NotFound` when the key was never written. */
  export function remove(key: string): i32 {
    return host_store.remove(key);
  }
}
