// The module's exports, an entry file beside the app's own; knows only the door of events and the collector.

export { on_event } from "sdk/event";

/** Called by the host between events, when the guest's stack is empty. */
function collect(): void {
  __collect();
}

export { collect as __collect };
