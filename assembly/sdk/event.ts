// Where the host's events enter and assertions leave; knows no capability: each puts its own handler here when it is first used.

import { EventKind, host_device, host_hub } from "./abi.gen";

/** Index 0 is unused; the last kind is `Uploaded`. */
// @ts-ignore: decorator
@lazy const handlers = memory.data(4 * (EventKind.Uploaded + 1));

/** One handler a kind, by its table index: what no app uses is never compiled. */
export function handle(kind: EventKind, handler: (id: i32) => void): void {
  store<u32>(handlers + (<usize>kind << 2), handler.index);
}

/** The export `on_event`. A direct method that nobody waits for is answered with 501, so that its caller need not time out. */
export function on_event(kind: i32, id: i32): void {
  if (<u32>kind > <u32>EventKind.Uploaded) return;
  const handler = load<u32>(handlers + (<usize>kind << 2));
  if (handler) {
    call_indirect<void>(handler, id);
  } else if (kind == EventKind.Method) {
    host_hub.reply(id, 501, 0, 0);
  }
}

/** Stands in for the global `abort`: says where and why, then the guest traps. */
export function abort(message: string | null, file: string | null, line: i32, column: i32): void {
  host_device.abort(message ? message : "", file ? file : "", line, column);
  unreachable();
}

/** Stands in for the global `seed` of Math.random. */
export function seed(): f64 {
  return reinterpret<f64>((<i64>host_device.random() << 32) ^ <i64>host_device.uptime());
}
