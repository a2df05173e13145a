// The hub as apps see it; only re-exports.
export { connected, onConnection, onStored, send, sendText, telemetry } from "./telemetry";
export { onMethod } from "./method";
export { onMessage } from "./message";
export { properties } from "./properties";
