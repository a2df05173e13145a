// Direct methods: names to handlers, requests to replies; knows no topic.

import { EventKind, host_event, host_hub, host_json } from "./abi.gen";
import { handle } from "./event";
import { JsonReader, openReader } from "./json_reader";
import { JsonWriter, beginArray, beginObject } from "./json_writer";
import { requireLiteral, stop, utf8Equals } from "./text";

const methodsMax: i32 = 16;
/** IoT Hub's limit of a method's name is 128 characters. */
const nameMax: i32 = 128;

/**
 * A direct method that waits for its reply. It may be kept in a global and answered in a later event.
 *     return request.answer().i32("seconds", 25).send();
 */
// @ts-ignore: decorator
@final @unmanaged
export class Request {
  /** What the caller sent, only during the handler. */
  get payload(): JsonReader {
    return changetype<JsonReader>(1);
  }

  /** Replies with `json`, one JSON value of at most 1,024 bytes. */
  reply(json: string, status: i32 = 200): i32 {
    host_json.begin(0);
    host_json.raw("", json);
    return finish(this, status);
  }

  /** Replies that it was not done; `status` 400 to 599 by custom. */
  reject(status: i32, json: string): i32 {
    return this.reply(json, status);
  }

  /** Replies with an object written member by member. */
  answer(status: i32 = 200): JsonWriter {
    answering = this;
    answerStatus = status;
    return beginObject(() => finish(answering, answerStatus));
  }

  /** Replies with an array written element by element. */
  answerArray(status: i32 = 200): JsonWriter {
    answering = this;
    answerStatus = status;
    return beginArray(() => finish(answering, answerStatus));
  }

  /** Replies with the value that was written. */
  sendWritten(status: i32): i32 {
    return finish(this, status);
  }

  /** What a handler returns that will reply in a later event. The caller gives up after its own timeout. */
  later(): i32 {
    return 0;
  }
}

// @ts-ignore: decorator
@lazy let answering: Request = changetype<Request>(0);
// @ts-ignore: decorator
@lazy let answerStatus: i32 = 0;

function finish(request: Request, status: i32): i32 {
  return host_hub.replyWritten(<i32>changetype<usize>(request) - 1, status);
}

/** Rows of the component, empty for the device itself, the name, the handler's table index and that of what calls it. */
const enum Row {
  Component = 0,
  Name = 4,
  Handler = 8,
  Apply = 12,
  Size = 16,
}

// @ts-ignore: decorator
@lazy const methods = memory.data(Row.Size * methodsMax);
// @ts-ignore: decorator
@lazy let methodCount: i32 = 0;
// @ts-ignore: decorator
@lazy const nameBytes = memory.data(nameMax);

/**
 * `handler` answers the direct method `name`, a literal. Methods without a handler are answered with 501. 16 methods.
 *     hub.onMethod("brew", (request) => request.reply(`{"seconds":25}`));
 */
export function onMethod(name: string, handler: (request: Request) => i32): void {
  answer("", name, handler.index, (handler, request) => call_indirect<i32>(handler, request));
}

/** As {@link onMethod}, for the command `component*name` (both literals; the component may be empty); `apply` gets the handler and calls it. */
export function answer(component: string, name: string, handler: u32, apply: (handler: u32, request: Request) => i32): void {
  requireLiteral(name);
  if (methodCount == methodsMax) stop("Too many methods:", name);
  const row = methods + <usize>(methodCount++ * Row.Size);
  store<usize>(row, changetype<usize>(component), Row.Component);
  store<usize>(row, changetype<usize>(name), Row.Name);
  store<u32>(row, handler, Row.Handler);
  store<u32>(row, apply.index, Row.Apply);
  handle(EventKind.Method, onRequest);
}

function onRequest(id: i32): void {
  const length = host_event.name(nameBytes, nameMax);
  for (let i = 0; i < methodCount; i++) {
    const row = methods + <usize>(i * Row.Size);
    if (length > nameMax || !isNamed(row, length)) continue;
    openReader();
    call_indirect<i32>(load<u32>(row, Row.Apply), load<u32>(row, Row.Handler), changetype<Request>(<usize>id + 1));
    return;
  }
  changetype<Request>(<usize>id + 1).reject(501, `{"error":"the device has no such method"}`);
}

/** Whether the name is `component*name`, or `name` without a component. Names of components are ASCII. */
function isNamed(row: usize, length: i32): bool {
  const component = changetype<string>(load<usize>(row, Row.Component));
  const prefix = component.length > 0 ? component.length + 1 : 0;
  if (prefix > 0 && (prefix > length || load<u8>(nameBytes + prefix - 1) != 0x2a || !utf8Equals(nameBytes, prefix - 1, component))) return false;
  return utf8Equals(nameBytes + prefix, length - prefix, changetype<string>(load<usize>(row, Row.Name)));
}
