// The files partition of the flash; knows no file: the app lays it out itself.

import { host_files } from "./abi.gen";

/**
 * Bytes on flash, for logs and what is to be uploaded. Erased bytes are 255; a write clears bits and goes where it was erased before.
 *     files.erase(0);
 *     files.write(0, line);
 */
export namespace files {
  /** Bytes of the partition. */
  export function size(): i32 {
    return host_files.size();
  }

  /** Bytes that are erased at once. */
  export function unit(): i32 {
    return host_files.unit();
  }

  /** Erases the unit that begins at `offset`. The result is 0 or a `HostError`, as of all here. */
  export function erase(offset: i32): i32 {
    return host_files.erase(offset);
  }

  /** On flash when it returns. */
  export function write(offset: i32, bytes: Uint8Array): i32 {
    return host_files.write(offset, bytes.dataStart, bytes.length);
  }

  /** As many as `into` holds and there are; the result is their number. */
  export function read(offset: i32, into: Uint8Array): i32 {
    return host_files.read(offset, into.dataStart, into.length);
  }
}
