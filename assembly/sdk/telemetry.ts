// Messages to the hub; knows no topic and no connection: what `send` takes is queued, also while offline.

import { EventKind, SendOption, host_hub, host_json } from "./abi.gen";
import { handle } from "./event";
import { JsonWriter, beginObject } from "./json_writer";
import { Properties, bag, bagLength, describe, expiresS, options, properties } from "./properties";

/**
 * Begins a telemetry message, a JSON object of at most 1,024 bytes. `send` results in its sequence number, or in a negative `HostError`.
 *     hub.telemetry().i32("celsius", 93).flag("brewing", true).send();
 */
export function telemetry(with_: Properties | null = null): JsonWriter {
  if (with_ == null) properties();
  return beginObject(sendTelemetry);
}

function sendTelemetry(): i32 {
  const fits = describe("application/json", "utf-8");
  return fits < 0 ? fits : host_hub.sendWritten(bag, bagLength, options, expiresS);
}

/**
 * Sends bytes as they are; the result is the message's sequence number or a negative `HostError`.
 *     hub.send(frame, "application/octet-stream");
 */
export function send(bytes: Uint8Array, contentType: string = "", with_: Properties | null = null): i32 {
  if (with_ == null) properties();
  const fits = describe(contentType, options & SendOption.Compress ? "gzip" : "");
  return fits < 0 ? fits : host_hub.send(bytes.dataStart, bytes.length, bag, bagLength, options, expiresS);
}

/** Sends text in UTF-8, at most 1,024 bytes; else as {@link send}. */
export function sendText(text: string, contentType: string = "text/plain", with_: Properties | null = null): i32 {
  if (with_ == null) properties();
  host_json.begin(0);
  host_json.raw("", text);
  const fits = describe(contentType, "utf-8");
  return fits < 0 ? fits : host_hub.sendWritten(bag, bagLength, options, expiresS);
}

/**
 * What the hub sends in this device's name, a message of type Will, when it vanishes without a goodbye; 192 bytes with its properties.
 *     hub.lastWill().flag("gone", true).send();
 */
export function lastWill(): JsonWriter {
  properties();
  return beginObject(() => {
    const fits = describe("application/json", "utf-8");
    return fits < 0 ? fits : host_hub.willWritten(bag, bagLength);
  });
}

/**
 * For a device that lives on a battery: the hub is called only when there is something to send, and each `intervalS` (60 to 2,592,000) for what it has,
 * and left again. Direct methods reach the device only in these moments. 0: connected all the time, as at the start.
 *     hub.ephemeral(3600);
 */
export function ephemeral(intervalS: i32): i32 {
  return host_hub.ephemeral(intervalS, 0);
}

/**
 * For a battery device that only reports: telemetry goes by HTTPS, one request a message, over a connection that is closed when all is sent. 0: as soon as
 * there is something to send; else (60 to 2,592,000) at most once each `intervalS`. Until {@link ephemeral} is called there is no MQTT: no direct methods, no
 * messages, and the twin neither way. `HostError.Unsupported` by a board without uploads.
 *     hub.ephemeralHttps(900);
 */
export function ephemeralHttps(intervalS: i32): i32 {
  return host_hub.ephemeral(intervalS, 1);
}

/** Whether the hub is connected now. Nothing needs to wait for it. */
export function connected(): bool {
  return host_hub.connected() > 0;
}

// @ts-ignore: decorator
@lazy let connectionHandler: u32 = 0;
// @ts-ignore: decorator
@lazy let storedHandler: u32 = 0;

/** `handler` gets true when the hub was reached and false when it was lost. */
export function onConnection(handler: (connected: bool) => void): void {
  connectionHandler = handler.index;
  handle(EventKind.Connection, (id) => { call_indirect<void>(connectionHandler, id != 0); });
}

/** `handler` gets the sequence number of a message when it is on flash or acknowledged by the hub. */
export function onStored(handler: (sequence: i32) => void): void {
  storedHandler = handler.index;
  handle(EventKind.Stored, (id) => { call_indirect<void>(storedHandler, id); });
}
