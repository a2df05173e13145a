// Generated from src/abi/abi.ts by src/abi/generate.ts. Do not edit.

/** Results below zero. */
export const enum HostError {
  /** An argument is malformed or out of its range. */
  Invalid = -1,
  /** No such pin, key, handle, timer or request. */
  NotFound = -2,
  /** A bounded queue, table or store has no room; try later or send less. */
  Full = -3,
  /** In use, or already answered. */
  Busy = -4,
  /** The peripheral did not answer or answered wrong. */
  Io = -5,
  /** This board or port cannot do that. */
  Unsupported = -6,
  /** No answer in time. */
  Timeout = -7,
  /** The peer closed, or there is no connection. */
  Closed = -8,
  /** The peer sent what its protocol forbids. */
  Protocol = -9,
  /** The peer understood and said no. */
  Refused = -10,
  /** A certificate or signature did not verify. */
  Untrusted = -11,
  /** The value is not known yet, such as the time before it was set. */
  Unset = -12,
}

/** Why on_event(kind, id) is called. */
export const enum EventKind {
  /** A timer is due; id is what `timer.start` returned. */
  Timer = 1,
  /** A watched input changed; id is handle * 2 + level. */
  Pin = 2,
  /** A direct method; id is the request to reply to, the name its name, the payload its JSON. */
  Method = 3,
  /** A cloud-to-device message; the name is its property bag as received, the payload its body. Acknowledged when the event returns. */
  Message = 4,
  /** Desired properties; the payload is a JSON object with $version. id 0: the whole of them, 1: a patch. */
  Desired = 5,
  /** The connection to the hub changed; id 1: up, 0: down. */
  Connection = 6,
  /** The telemetry message with sequence number id is on flash or acknowledged by the hub. */
  Stored = 7,
  /** The upload wants the next bytes of its file from the app, at most id of them, see upload.part. */
  Part = 8,
  /** The upload goes on: id bytes of the file are where they belong. */
  Upload = 9,
  /** The upload is over. id 0: the file is there and the hub was told; below 0: an error, the name why in words. */
  Uploaded = 10,
}

/** Of host_hub.send, a set. */
export const enum SendOption {
  /** When the outbox is full this message is dropped, not the oldest. */
  Yield = 1,
  /** The body is compressed with gzip, which its content encoding must say; `unsupported` by a board without uploads. */
  Compress = 4,
  /** Survives a full outbox: older messages that are not urgent give way first. */
  Urgent = 2,
}

// @ts-ignore: decorator
@external("log", "write")
declare function log_write(level: i32, message: usize, messageLength: i32): void;

/** Lines for the person who develops or operates the device. */
export namespace host_log {
  /** level: 0 debug, 1 info, 2 warning, 3 error. */
  // @ts-ignore: decorator
  @inline export function write(level: i32, message: string): void { log_write(level, changetype<usize>(message), message.length); }
}

// @ts-ignore: decorator
@external("device", "id")
declare function device_id(into: usize, intoLength: i32): i32;
// @ts-ignore: decorator
@external("device", "uptime")
declare function device_uptime(): i64;
// @ts-ignore: decorator
@external("device", "clock")
declare function device_clock(): i64;
// @ts-ignore: decorator
@external("device", "random")
declare function device_random(): i32;
// @ts-ignore: decorator
@external("device", "restart")
declare function device_restart(delayMs: i32): i32;
// @ts-ignore: decorator
@external("device", "sleep")
declare function device_sleep(seconds: i32, patienceMs: i32): i32;
// @ts-ignore: decorator
@external("device", "abort")
declare function device_abort(message: usize, messageLength: i32, file: usize, fileLength: i32, line: i32, column: i32): void;

/** The device itself: identity, time, restart. */
export namespace host_device {
  /** The device id in UTF-8; the result is its length in bytes. */
  // @ts-ignore: decorator
  @inline export function id(into: usize, intoLength: i32): i32 { return device_id(into, intoLength); }
  /** Milliseconds since the runtime started; never goes back. */
  // @ts-ignore: decorator
  @inline export function uptime(): i64 { return device_uptime(); }
  /** Milliseconds since 1970-01-01 UTC, or `unset`. */
  // @ts-ignore: decorator
  @inline export function clock(): i64 { return device_clock(); }
  /** 32 random bits; every i32 is a value, none an error. */
  // @ts-ignore: decorator
  @inline export function random(): i32 { return device_random(); }
  /** Restarts the device after delay_ms (0 to 86,400,000), outputs safe. */
  // @ts-ignore: decorator
  @inline export function restart(delayMs: i32): i32 { return device_restart(delayMs); }
  /** Ends the app, lets the link send for up to patience_ms (0 to 600,000), puts the rest on flash and sleeps (1 to 2,678,400 s); then the device starts anew. `unsupported` where the chip cannot. */
  // @ts-ignore: decorator
  @inline export function sleep(seconds: i32, patienceMs: i32): i32 { return device_sleep(seconds, patienceMs); }
  /** Called once by a failed assertion; the guest traps next. */
  // @ts-ignore: decorator
  @inline export function abort(message: string, file: string, line: i32, column: i32): void { device_abort(changetype<usize>(message), message.length, changetype<usize>(file), file.length, line, column); }
}

// @ts-ignore: decorator
@external("event", "size")
declare function event_size(): i32;
// @ts-ignore: decorator
@external("event", "read")
declare function event_read(offset: i32, into: usize, intoLength: i32): i32;
// @ts-ignore: decorator
@external("event", "name")
declare function event_name(into: usize, intoLength: i32): i32;

/** What the current event carries. Outside an event, and for events without payload, all is empty. */
export namespace host_event {
  /** Bytes of the payload. */
  // @ts-ignore: decorator
  @inline export function size(): i32 { return event_size(); }
  /** Copies the payload from offset; the result is the number of bytes copied, 0 at the end. */
  // @ts-ignore: decorator
  @inline export function read(offset: i32, into: usize, intoLength: i32): i32 { return event_read(offset, into, intoLength); }
  /** The name that came with it (UTF-8); the result is its length in bytes. */
  // @ts-ignore: decorator
  @inline export function name(into: usize, intoLength: i32): i32 { return event_name(into, intoLength); }
}

// @ts-ignore: decorator
@external("timer", "start")
declare function timer_start(delayMs: i32, periodMs: i32): i32;
// @ts-ignore: decorator
@external("timer", "cancel")
declare function timer_cancel(timer: i32): i32;

/** Timers on the app loop; due ones fire in order of their time, then of their start. */
export namespace host_timer {
  /** First due after delay_ms, then each period_ms without drift (0: once). The result is the timer. */
  // @ts-ignore: decorator
  @inline export function start(delayMs: i32, periodMs: i32): i32 { return timer_start(delayMs, periodMs); }
  /** `notFound` when it is over. */
  // @ts-ignore: decorator
  @inline export function cancel(timer: i32): i32 { return timer_cancel(timer); }
}

// @ts-ignore: decorator
@external("gpio", "output")
declare function gpio_output(name: usize, nameLength: i32): i32;
// @ts-ignore: decorator
@external("gpio", "write")
declare function gpio_write(pin: i32, level: i32): i32;
// @ts-ignore: decorator
@external("gpio", "input")
declare function gpio_input(name: usize, nameLength: i32): i32;
// @ts-ignore: decorator
@external("gpio", "read")
declare function gpio_read(pin: i32): i32;
// @ts-ignore: decorator
@external("gpio", "watch")
declare function gpio_watch(pin: i32, edges: i32): i32;

/** Digital pins by the board's names. */
export namespace host_gpio {
  /** A handle to an output; the pin keeps its level until written. */
  // @ts-ignore: decorator
  @inline export function output(name: string): i32 { return gpio_output(changetype<usize>(name), name.length); }
  /** level 0 or 1. */
  // @ts-ignore: decorator
  @inline export function write(pin: i32, level: i32): i32 { return gpio_write(pin, level); }
  /** A handle to an input. */
  // @ts-ignore: decorator
  @inline export function input(name: string): i32 { return gpio_input(changetype<usize>(name), name.length); }
  /** The level, 0 or 1; of an output, the level last written. */
  // @ts-ignore: decorator
  @inline export function read(pin: i32): i32 { return gpio_read(pin); }
  /** Events for edges: 1 rising, 2 falling, 3 both, 0 none. */
  // @ts-ignore: decorator
  @inline export function watch(pin: i32, edges: i32): i32 { return gpio_watch(pin, edges); }
}

// @ts-ignore: decorator
@external("adc", "open")
declare function adc_open(name: usize, nameLength: i32): i32;
// @ts-ignore: decorator
@external("adc", "millivolts")
declare function adc_millivolts(input: i32): i32;

/** Analog inputs. */
export namespace host_adc {
  /** A handle to an analog input. */
  // @ts-ignore: decorator
  @inline export function open(name: string): i32 { return adc_open(changetype<usize>(name), name.length); }
  /** One conversion, in millivolts. */
  // @ts-ignore: decorator
  @inline export function millivolts(input: i32): i32 { return adc_millivolts(input); }
}

// @ts-ignore: decorator
@external("pwm", "open")
declare function pwm_open(name: usize, nameLength: i32): i32;
// @ts-ignore: decorator
@external("pwm", "frequency")
declare function pwm_frequency(output: i32, hz: i32): i32;
// @ts-ignore: decorator
@external("pwm", "duty")
declare function pwm_duty(output: i32, duty: i32): i32;

/** Pulse-width outputs. */
export namespace host_pwm {
  /** A handle to a PWM output. */
  // @ts-ignore: decorator
  @inline export function open(name: string): i32 { return pwm_open(changetype<usize>(name), name.length); }
  /** hz from 1 to 40,000,000, as the board can. */
  // @ts-ignore: decorator
  @inline export function frequency(output: i32, hz: i32): i32 { return pwm_frequency(output, hz); }
  /** duty from 0 (always low) to 65,535 (always high). */
  // @ts-ignore: decorator
  @inline export function duty(output: i32, duty: i32): i32 { return pwm_duty(output, duty); }
}

// @ts-ignore: decorator
@external("i2c", "open")
declare function i2c_open(name: usize, nameLength: i32): i32;
// @ts-ignore: decorator
@external("i2c", "transfer")
declare function i2c_transfer(bus: i32, address: i32, send: usize, sendLength: i32, receive: usize, receiveLength: i32): i32;

/** I2C buses as controller. */
export namespace host_i2c {
  /** A handle to a bus. */
  // @ts-ignore: decorator
  @inline export function open(name: string): i32 { return i2c_open(changetype<usize>(name), name.length); }
  /** Writes send, then (repeated start) reads all of receive; either may be empty. address is 7 bits. The result is the bytes read. */
  // @ts-ignore: decorator
  @inline export function transfer(bus: i32, address: i32, send: usize, sendLength: i32, receive: usize, receiveLength: i32): i32 { return i2c_transfer(bus, address, send, sendLength, receive, receiveLength); }
}

// @ts-ignore: decorator
@external("json", "begin")
declare function json_begin(asObject: i32): void;
// @ts-ignore: decorator
@external("json", "open")
declare function json_open(name: usize, nameLength: i32, array: i32): void;
// @ts-ignore: decorator
@external("json", "close")
declare function json_close(): void;
// @ts-ignore: decorator
@external("json", "number")
declare function json_number(name: usize, nameLength: i32, value: i64, decimals: i32): void;
// @ts-ignore: decorator
@external("json", "word")
declare function json_word(name: usize, nameLength: i32, which: i32): void;
// @ts-ignore: decorator
@external("json", "text")
declare function json_text(name: usize, nameLength: i32, value: usize, valueLength: i32): void;
// @ts-ignore: decorator
@external("json", "raw")
declare function json_raw(name: usize, nameLength: i32, value: usize, valueLength: i32): void;
// @ts-ignore: decorator
@external("json", "read")
declare function json_read(into: usize, intoLength: i32): i32;
// @ts-ignore: decorator
@external("json", "payload")
declare function json_payload(name: usize, nameLength: i32, offset: i32, length: i32): void;

/** Writes one JSON value, member by member, where `hub` and `twin` take it from. What does not fit is found when it is taken. */
export namespace host_json {
  /** Discards what was written. 1: the value is an object, now open; 0: the next value written is all. */
  // @ts-ignore: decorator
  @inline export function begin(asObject: i32): void { json_begin(asObject); }
  /** Begins an object (0) or array (1). Inside an array, and outside all, names are ignored: so everywhere. */
  // @ts-ignore: decorator
  @inline export function open(name: string, array: i32): void { json_open(changetype<usize>(name), name.length, array); }
  /** Ends the innermost object or array but the outermost, which ends when the value is taken. */
  // @ts-ignore: decorator
  @inline export function close(): void { json_close(); }
  /** value / 10^decimals, exactly; decimals from 0 to 18, others as the nearest. */
  // @ts-ignore: decorator
  @inline export function number(name: string, value: i64, decimals: i32): void { json_number(changetype<usize>(name), name.length, value, decimals); }
  /** 0 false, 1 true, anything else null. */
  // @ts-ignore: decorator
  @inline export function word(name: string, which: i32): void { json_word(changetype<usize>(name), name.length, which); }
  /** A string; a lone surrogate becomes U+FFFD. */
  // @ts-ignore: decorator
  @inline export function text(name: string, value: string): void { json_text(changetype<usize>(name), name.length, changetype<usize>(value), value.length); }
  /** As it is, which must be one JSON value. */
  // @ts-ignore: decorator
  @inline export function raw(name: string, value: string): void { json_raw(changetype<usize>(name), name.length, changetype<usize>(value), value.length); }
  /** Ends the value and copies it; the result is its length, `full` when it got too long. */
  // @ts-ignore: decorator
  @inline export function read(into: usize, intoLength: i32): i32 { return json_read(into, intoLength); }
  /** Bytes of the current event's payload as they are, which must be one JSON value. */
  // @ts-ignore: decorator
  @inline export function payload(name: string, offset: i32, length: i32): void { json_payload(changetype<usize>(name), name.length, offset, length); }
}

// @ts-ignore: decorator
@external("hub", "send")
declare function hub_send(body: usize, bodyLength: i32, properties: usize, propertiesLength: i32, options: i32, expiresS: i32): i32;
// @ts-ignore: decorator
@external("hub", "reply")
declare function hub_reply(request: i32, status: i32, body: usize, bodyLength: i32): i32;
// @ts-ignore: decorator
@external("hub", "send_written")
declare function hub_send_written(properties: usize, propertiesLength: i32, options: i32, expiresS: i32): i32;
// @ts-ignore: decorator
@external("hub", "reply_written")
declare function hub_reply_written(request: i32, status: i32): i32;
// @ts-ignore: decorator
@external("hub", "connected")
declare function hub_connected(): i32;
// @ts-ignore: decorator
@external("hub", "will_written")
declare function hub_will_written(properties: usize, propertiesLength: i32): i32;
// @ts-ignore: decorator
@external("hub", "ephemeral")
declare function hub_ephemeral(intervalS: i32, over: i32): i32;

/** Messages to and replies for Azure IoT Hub. */
export namespace host_hub {
  /** Queues telemetry. properties is a property bag as in the MQTT topic, percent-encoded, may be empty; options a set of SendOption. What the hub has not got within expires_s seconds is not sent any more (0: always sent). The result is the sequence number. */
  // @ts-ignore: decorator
  @inline export function send(body: usize, bodyLength: i32, properties: usize, propertiesLength: i32, options: i32, expiresS: i32): i32 { return hub_send(body, bodyLength, properties, propertiesLength, options, expiresS); }
  /** Answers a direct method once; status >= 0, body is JSON or empty. */
  // @ts-ignore: decorator
  @inline export function reply(request: i32, status: i32, body: usize, bodyLength: i32): i32 { return hub_reply(request, status, body, bodyLength); }
  /** As `send`; the body is what `json` wrote. `full` when it got too long. */
  // @ts-ignore: decorator
  @inline export function sendWritten(properties: usize, propertiesLength: i32, options: i32, expiresS: i32): i32 { return hub_send_written(properties, propertiesLength, options, expiresS); }
  /** As `reply`, with the value that `json` wrote; one that got too long, or with a status below 0, is answered with 500 all the same. */
  // @ts-ignore: decorator
  @inline export function replyWritten(request: i32, status: i32): i32 { return hub_reply_written(request, status); }
  /** 1 while the hub is connected. */
  // @ts-ignore: decorator
  @inline export function connected(): i32 { return hub_connected(); }
  /** What `json` wrote is the message the hub sends itself when this device vanishes without a goodbye; with properties at most 192 bytes. It holds from the next connection on, which is made anew for it. */
  // @ts-ignore: decorator
  @inline export function willWritten(properties: usize, propertiesLength: i32): i32 { return hub_will_written(properties, propertiesLength); }
  /** over 0, MQTT: connect only when there is something to send and each interval_s (60 to 2,592,000), send and receive all, and leave; 0: stay connected, as at the start. over 1, HTTPS: telemetry alone is sent, as soon as there is some (0) or at most once each interval_s; `unsupported` by a board without uploads. */
  // @ts-ignore: decorator
  @inline export function ephemeral(intervalS: i32, over: i32): i32 { return hub_ephemeral(intervalS, over); }
}

// @ts-ignore: decorator
@external("upload", "begin")
declare function upload_begin(name: usize, nameLength: i32, from_: i32, size: i32, options: i32): i32;
// @ts-ignore: decorator
@external("upload", "offset")
declare function upload_offset(): i32;
// @ts-ignore: decorator
@external("upload", "part")
declare function upload_part(data: usize, dataLength: i32): i32;
// @ts-ignore: decorator
@external("upload", "cancel")
declare function upload_cancel(): i32;

/** Files to the blob container of the hub, one at a time, over HTTPS. */
export namespace host_upload {
  /** name: of the blob, below the device's own folder. from -1: the app gives the bytes, on events; else their offset in the files partition. size in bytes, -1 with from -1: until an empty part. options 1: gzip. `busy` while one is under way. */
  // @ts-ignore: decorator
  @inline export function begin(name: string, from_: i32, size: i32, options: i32): i32 { return upload_begin(changetype<usize>(name), name.length, from_, size, options); }
  /** Where in the file the wanted part begins; `notFound` when none is wanted. */
  // @ts-ignore: decorator
  @inline export function offset(): i32 { return upload_offset(); }
  /** The bytes from there on, at most as many as wanted; none end a file of unknown size. */
  // @ts-ignore: decorator
  @inline export function part(data: usize, dataLength: i32): i32 { return upload_part(data, dataLength); }
  /** Ends the upload with `closed`, unless it is over already; `notFound` when there is none. */
  // @ts-ignore: decorator
  @inline export function cancel(): i32 { return upload_cancel(); }
}

// @ts-ignore: decorator
@external("files", "size")
declare function files_size(): i32;
// @ts-ignore: decorator
@external("files", "unit")
declare function files_unit(): i32;
// @ts-ignore: decorator
@external("files", "erase")
declare function files_erase(offset: i32): i32;
// @ts-ignore: decorator
@external("files", "write")
declare function files_write(offset: i32, data: usize, dataLength: i32): i32;
// @ts-ignore: decorator
@external("files", "read")
declare function files_read(offset: i32, into: usize, intoLength: i32): i32;

/** The files partition of the flash, which the app lays out itself. Erased bytes are 255, a write clears bits. */
export namespace host_files {
  /** Bytes of it. */
  // @ts-ignore: decorator
  @inline export function size(): i32 { return files_size(); }
  /** Bytes of an erase unit. */
  // @ts-ignore: decorator
  @inline export function unit(): i32 { return files_unit(); }
  /** Erases the unit that begins at offset. */
  // @ts-ignore: decorator
  @inline export function erase(offset: i32): i32 { return files_erase(offset); }
  /** Into what was erased; on flash when it returns. offset and length are multiples of the chip's granule. */
  // @ts-ignore: decorator
  @inline export function write(offset: i32, data: usize, dataLength: i32): i32 { return files_write(offset, data, dataLength); }
  /** The result is the bytes read, fewer at the end. */
  // @ts-ignore: decorator
  @inline export function read(offset: i32, into: usize, intoLength: i32): i32 { return files_read(offset, into, intoLength); }
}

// @ts-ignore: decorator
@external("twin", "report")
declare function twin_report(name: usize, nameLength: i32): i32;

/** The device twin. */
export namespace host_twin {
  /** Sets the reported property name to the value that `json` wrote; of several before the link sends, the last wins. `full` when it got too long. */
  // @ts-ignore: decorator
  @inline export function report(name: string): i32 { return twin_report(changetype<usize>(name), name.length); }
}

// @ts-ignore: decorator
@external("store", "get")
declare function store_get(key: usize, keyLength: i32, into: usize, intoLength: i32): i32;
// @ts-ignore: decorator
@external("store", "set")
declare function store_set(key: usize, keyLength: i32, value: usize, valueLength: i32): i32;
// @ts-ignore: decorator
@external("store", "remove")
declare function store_remove(key: usize, keyLength: i32): i32;

/** Small values that survive a restart. */
export namespace host_store {
  /** The result is the whole length in bytes; `notFound` when never set. */
  // @ts-ignore: decorator
  @inline export function get(key: string, into: usize, intoLength: i32): i32 { return store_get(changetype<usize>(key), key.length, into, intoLength); }
  /** On flash when it returns. */
  // @ts-ignore: decorator
  @inline export function set(key: string, value: usize, valueLength: i32): i32 { return store_set(changetype<usize>(key), key.length, value, valueLength); }
  /** `notFound` when never set. */
  // @ts-ignore: decorator
  @inline export function remove(key: string): i32 { return store_remove(changetype<usize>(key), key.length); }
}
