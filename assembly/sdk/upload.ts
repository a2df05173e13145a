// Files to the hub's blob container; knows no HTTP and no block: the device asks for bytes when it has room for them.

import { EventKind, host_event, host_upload } from "./abi.gen";
import { handle } from "./event";
import { utf8Text } from "./text";

const fromApp: i32 = -1;
const whyMax: i32 = 128;

// @ts-ignore: decorator
@lazy const whyBytes = memory.data(whyMax);
// @ts-ignore: decorator
@lazy let partHandler: u32 = 0;
// @ts-ignore: decorator
@lazy let progressHandler: u32 = 0;
// @ts-ignore: decorator
@lazy let doneHandler: u32 = 0;

/**
 * One file at a time, in the device's own folder of the container. It goes on after a cut connection, and from flash also after a power cut.
 *     upload.onPart((offset, most) => upload.give(log, offset, most));
 *     upload.onDone((error, why) => { log.info(`uploaded: ${error} ${why}`); });
 *     upload.begin("day-12.csv", size, true);
 */
export namespace upload {
  /**
   * Begins a file whose bytes the handler of `onPart` gives; `size` -1: until it gives none. `gzip` compresses on the way, and the blob says so.
   * `HostError.Busy` while another is under way, `HostError.Unsupported` on a board without room for it.
   */
  export function begin(name: string, size: i32 = -1, gzip: bool = false): i32 {
    return host_upload.begin(name, fromApp, size, gzip ? 1 : 0);
  }

  /** Begins a file of `size` bytes that lies in the files partition from `offset` on; it stays as it is until `onDone`. */
  export function beginFiles(name: string, offset: i32, size: i32, gzip: bool = false): i32 {
    return host_upload.begin(name, offset, size, gzip ? 1 : 0);
  }

  /**
   * `handler` is asked for the file's bytes from `offset` on, at most `most` of them, and answers with `upload.give`, now or in a later event.
   * Offsets rise without gaps; only when the container lost what it had are they asked for from 0 once more.
   */
  export function onPart(handler: (offset: i32, most: i32) => void): void {
    partHandler = handler.index;
    handle(EventKind.Part, (most) => { call_indirect<void>(partHandler, host_upload.offset(), most); });
  }

  /** Gives bytes of `from` beginning at `at`, at most `most` and as many as there are: none end the file. The result is 0 or a `HostError`. */
  export function give(from: Uint8Array, at: i32, most: i32): i32 {
    const start = min(max(at, 0), from.length);
    return host_upload.part(from.dataStart + start, min(most, from.length - start));
  }

  /** Gives `size` (at most `most`) bytes that the caller wrote at `bytes`. */
  export function giveRaw(bytes: usize, size: i32): i32 {
    return host_upload.part(bytes, size);
  }

  /** `handler` gets the number of bytes that have arrived, now and then. */
  export function onProgress(handler: (bytes: i32) => void): void {
    progressHandler = handler.index;
    handle(EventKind.Upload, (bytes) => { call_indirect<void>(progressHandler, bytes); });
  }

  /** `handler` gets 0 when the file is there and the hub knows, else a `HostError` and the reason in words. */
  export function onDone(handler: (error: i32, why: string) => void): void {
    doneHandler = handler.index;
    handle(EventKind.Uploaded, (error) => {
      const length = min(host_event.name(whyBytes, whyMax), whyMax);
      call_indirect<void>(doneHandler, error, utf8Text(whyBytes, length));
    });
  }

  /** `onDone` follows with `HostError.Closed`. */
  export function cancel(): i32 {
    return host_upload.cancel();
  }
}
