// The hub as apps see it; only re-exports.
export { connected, ephemeral, ephemeralHttps, lastWill, onConnection, onStored, send, sendText, telemetry } from "./telemetry";
export { onMethod } from "./method";
export { onMessage } from "./message";
export { properties } from "./properties";
