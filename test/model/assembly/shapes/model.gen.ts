// Generated from model.json by tinytwin model. Do not edit.

import { Properties, Request, pnp } from "tinytwin";

/** What the device announces itself as. */
export const modelId = "dtmi:test:Shapes;1";

export const enum Level {
  low = -1,
  high = 100,
}

function isLevel(): bool {
  const value = pnp.reader().i32();
  return !pnp.reader().failed && (value == -1 || value == 100);
}

/** An array. Readable only during the handler it was given to. */
// @ts-ignore: decorator
@final @unmanaged
export class SpotInnerList {
  get length(): i32 { return pnp.count(changetype<usize>(this)); }
  at(index: i32): i32 { return pnp.element(changetype<usize>(this), index) ? pnp.reader().i32() : 0; }
}

// @ts-ignore: decorator
@final @unmanaged
export class SpotInnerListWriter<P> {
  add(value: i32): SpotInnerListWriter<P> { pnp.writer().i32("", value); return this; }
  end(): P { pnp.writer().end(); return changetype<P>(1); }
  send(): i32 { return pnp.writer().send(); }
}

function isSpotInnerList(): bool {
  if (!pnp.isArray()) return false;
  while (pnp.hasElement()) {
    if (!pnp.isInteger()) return false;
  }
  return !pnp.reader().failed;
}

/** An object. Readable only during the handler it was given to; a field that is not there reads as 0, false or empty. */
// @ts-ignore: decorator
@final @unmanaged
export class SpotInner {
  get depth(): i32 { return pnp.member(changetype<usize>(this), "depth") ? pnp.reader().i32() : 0; }
  get hasDepth(): bool { return pnp.member(changetype<usize>(this), "depth"); }
  get list(): SpotInnerList { return changetype<SpotInnerList>(pnp.viewOf(changetype<usize>(this), "list")); }
  get hasList(): bool { return pnp.member(changetype<usize>(this), "list"); }
}

// @ts-ignore: decorator
@final @unmanaged
export class SpotInnerWriter<P> {
  depth(value: i32): SpotInnerWriter<P> { pnp.writer().i32("depth", value); return this; }
  list(): SpotInnerListWriter<SpotInnerWriter<P>> { pnp.writer().array("list"); return changetype<SpotInnerListWriter<SpotInnerWriter<P>>>(1); }
  end(): P { pnp.writer().end(); return changetype<P>(1); }
  send(): i32 { return pnp.writer().send(); }
}

function isSpotInner(): bool {
  if (!pnp.isObject()) return false;
  while (pnp.hasMember()) {
    if (pnp.reader().isText("depth")) {
      pnp.reader().next();
      if (!pnp.isInteger()) return false;
      continue;
    }
    if (pnp.reader().isText("list")) {
      pnp.reader().next();
      if (!isSpotInnerList()) return false;
      continue;
    }
    pnp.skipMember();
  }
  return !pnp.reader().failed;
}

/** An object. Readable only during the handler it was given to; a field that is not there reads as 0, false or empty. */
// @ts-ignore: decorator
@final @unmanaged
export class Spot {
  get x(): i32 { return pnp.member(changetype<usize>(this), "x") ? pnp.reader().i32() : 0; }
  get hasX(): bool { return pnp.member(changetype<usize>(this), "x"); }
  get far(): i64 { return pnp.member(changetype<usize>(this), "far") ? pnp.reader().i64() : 0; }
  get hasFar(): bool { return pnp.member(changetype<usize>(this), "far"); }
  get real(): f64 { return pnp.member(changetype<usize>(this), "real") ? pnp.reader().f64() : 0; }
  get hasReal(): bool { return pnp.member(changetype<usize>(this), "real"); }
  realFixed(decimals: i32): i64 { return pnp.member(changetype<usize>(this), "real") ? pnp.reader().fixed(decimals) : 0; }
  get on(): bool { return pnp.member(changetype<usize>(this), "on") ? pnp.reader().flag() : false; }
  get hasOn(): bool { return pnp.member(changetype<usize>(this), "on"); }
  get label(): string { return pnp.member(changetype<usize>(this), "label") ? pnp.reader().text() : ""; }
  get hasLabel(): bool { return pnp.member(changetype<usize>(this), "label"); }
  get grade(): Level { return pnp.member(changetype<usize>(this), "grade") ? pnp.reader().i32() : changetype<Level>(0); }
  get hasGrade(): bool { return pnp.member(changetype<usize>(this), "grade"); }
  get inner(): SpotInner { return changetype<SpotInner>(pnp.viewOf(changetype<usize>(this), "inner")); }
  get hasInner(): bool { return pnp.member(changetype<usize>(this), "inner"); }
}

// @ts-ignore: decorator
@final @unmanaged
export class SpotWriter<P> {
  x(value: i32): SpotWriter<P> { pnp.writer().i32("x", value); return this; }
  far(value: i64): SpotWriter<P> { pnp.writer().i64("far", value); return this; }
  real(value: f64): SpotWriter<P> { pnp.writer().f64("real", value); return this; }
  /** value / 10^decimals, exactly. */
  realFixed(value: i64, decimals: i32): SpotWriter<P> { pnp.writer().fixed("real", value, decimals); return this; }
  on(value: bool): SpotWriter<P> { pnp.writer().flag("on", value); return this; }
  label(value: string): SpotWriter<P> { pnp.writer().text("label", value); return this; }
  grade(value: Level): SpotWriter<P> { pnp.writer().i32("grade", value); return this; }
  inner(): SpotInnerWriter<SpotWriter<P>> { pnp.writer().object("inner"); return changetype<SpotInnerWriter<SpotWriter<P>>>(1); }
  end(): P { pnp.writer().end(); return changetype<P>(1); }
  send(): i32 { return pnp.writer().send(); }
}

function isSpot(): bool {
  if (!pnp.isObject()) return false;
  while (pnp.hasMember()) {
    if (pnp.reader().isText("x")) {
      pnp.reader().next();
      if (!pnp.isInteger()) return false;
      continue;
    }
    if (pnp.reader().isText("far")) {
      pnp.reader().next();
      if (!pnp.isLong()) return false;
      continue;
    }
    if (pnp.reader().isText("real")) {
      pnp.reader().next();
      if (!pnp.isNumber()) return false;
      continue;
    }
    if (pnp.reader().isText("on")) {
      pnp.reader().next();
      if (!pnp.isFlag()) return false;
      continue;
    }
    if (pnp.reader().isText("label")) {
      pnp.reader().next();
      if (!pnp.isText()) return false;
      continue;
    }
    if (pnp.reader().isText("grade")) {
      pnp.reader().next();
      if (!isLevel()) return false;
      continue;
    }
    if (pnp.reader().isText("inner")) {
      pnp.reader().next();
      if (!isSpotInner()) return false;
      continue;
    }
    pnp.skipMember();
  }
  return !pnp.reader().failed;
}

/** An array. Readable only during the handler it was given to. */
// @ts-ignore: decorator
@final @unmanaged
export class Spots {
  get length(): i32 { return pnp.count(changetype<usize>(this)); }
  at(index: i32): Spot { return pnp.element(changetype<usize>(this), index) ? changetype<Spot>(pnp.view()) : changetype<Spot>(0); }
}

// @ts-ignore: decorator
@final @unmanaged
export class SpotsWriter<P> {
  add(): SpotWriter<SpotsWriter<P>> { pnp.writer().object(""); return changetype<SpotWriter<SpotsWriter<P>>>(1); }
  end(): P { pnp.writer().end(); return changetype<P>(1); }
  send(): i32 { return pnp.writer().send(); }
}

function isSpots(): bool {
  if (!pnp.isArray()) return false;
  while (pnp.hasElement()) {
    if (!isSpot()) return false;
  }
  return !pnp.reader().failed;
}

/** A map. Readable only during the handler it was given to. */
// @ts-ignore: decorator
@final @unmanaged
export class Limits {
  get size(): i32 { return pnp.size(changetype<usize>(this)); }
  keyAt(index: i32): string { return pnp.memberName(changetype<usize>(this), index) ? pnp.reader().text() : ""; }
  has(key: string): bool { return pnp.member(changetype<usize>(this), key); }
  value(key: string): f64 { return pnp.member(changetype<usize>(this), key) ? pnp.reader().f64() : 0; }
  fixedValue(key: string, decimals: i32): i64 { return pnp.member(changetype<usize>(this), key) ? pnp.reader().fixed(decimals) : 0; }
}

// @ts-ignore: decorator
@final @unmanaged
export class LimitsWriter<P> {
  put(key: string, value: f64): LimitsWriter<P> { pnp.writer().f64(key, value); return this; }
  /** value / 10^decimals, exactly. */
  putFixed(key: string, value: i64, decimals: i32): LimitsWriter<P> { pnp.writer().fixed(key, value, decimals); return this; }
  end(): P { pnp.writer().end(); return changetype<P>(1); }
  send(): i32 { return pnp.writer().send(); }
}

function isLimits(): bool {
  if (!pnp.isObject()) return false;
  while (pnp.hasMember()) {
    pnp.reader().next();
    if (!pnp.isNumber()) return false;
  }
  return !pnp.reader().failed;
}

/** An array. Readable only during the handler it was given to. */
// @ts-ignore: decorator
@final @unmanaged
export class Numbers {
  get length(): i32 { return pnp.count(changetype<usize>(this)); }
  at(index: i32): i32 { return pnp.element(changetype<usize>(this), index) ? pnp.reader().i32() : 0; }
}

// @ts-ignore: decorator
@final @unmanaged
export class NumbersWriter<P> {
  add(value: i32): NumbersWriter<P> { pnp.writer().i32("", value); return this; }
  end(): P { pnp.writer().end(); return changetype<P>(1); }
  send(): i32 { return pnp.writer().send(); }
}

function isNumbers(): bool {
  if (!pnp.isArray()) return false;
  while (pnp.hasElement()) {
    if (!pnp.isInteger()) return false;
  }
  return !pnp.reader().failed;
}

// @ts-ignore: decorator
@final @unmanaged
export class ShapesTelemetry {
  spot(): SpotWriter<ShapesTelemetry> { pnp.writer().object("spot"); return changetype<SpotWriter<ShapesTelemetry>>(1); }
  spots(): SpotsWriter<ShapesTelemetry> { pnp.writer().array("spots"); return changetype<SpotsWriter<ShapesTelemetry>>(1); }
  limits(): LimitsWriter<ShapesTelemetry> { pnp.writer().object("limits"); return changetype<LimitsWriter<ShapesTelemetry>>(1); }
  grade(value: Level): ShapesTelemetry { pnp.writer().i32("grade", value); return this; }
  place(value: string): ShapesTelemetry { pnp.writer().json("place", value); return this; }
  /** The result is the message's sequence number, or a negative `HostError`. */
  send(): i32 { return pnp.writer().send(); }
}

/** A call of the command mirror. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ShapesMirror {
  reply(status: i32 = 200): SpotWriter<pnp.Sending> { changetype<Request>(this).answer(status); return changetype<SpotWriter<pnp.Sending>>(1); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A call of the command sort. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ShapesSort {
  reply(status: i32 = 200): NumbersWriter<pnp.Sending> { changetype<Request>(this).answerArray(status); return changetype<NumbersWriter<pnp.Sending>>(1); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A call of the command turn. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ShapesTurn {
  reply(value: Level, status: i32 = 200): i32 { return pnp.replyInteger(changetype<Request>(this), status, value); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A call of the command half. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ShapesHalf {
  reply(value: f64, status: i32 = 200): i32 { return pnp.replyNumber(changetype<Request>(this), status, value); }
  replyFixed(value: i64, decimals: i32, status: i32 = 200): i32 { return pnp.replyFixed(changetype<Request>(this), status, value, decimals); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A call of the command double. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ShapesDouble {
  reply(value: i64, status: i32 = 200): i32 { return pnp.replyInteger(changetype<Request>(this), status, value); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A call of the command not. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ShapesNot {
  reply(value: bool, status: i32 = 200): i32 { return changetype<Request>(this).reply(value ? "true" : "false", status); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A call of the command shout. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ShapesShout {
  reply(value: string, status: i32 = 200): i32 { return pnp.replyText(changetype<Request>(this), status, value); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A call of the command tell. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ShapesTell {
  reply(status: i32 = 200): i32 { return changetype<Request>(this).reply("null", status); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** dtmi:test:Shapes;1. */
// @ts-ignore: decorator
@final @unmanaged
export class Shapes {
  /** Begins a telemetry message of at most 1,024 bytes; what is not written is not in it. */
  telemetry(properties: Properties | null = null): ShapesTelemetry { pnp.telemetry(changetype<string>(this), properties); return changetype<ShapesTelemetry>(1); }
  /** `handler` judges what the hub desires; while it desires nothing, `current` is reported. */
  onNumbers(handler: (value: Numbers) => i32, current: (into: NumbersWriter<pnp.Sending>) => void): void {
    const row = pnp.desire(changetype<string>(this), "numbers", handler.index, (handler, _) => {
      const value = changetype<Numbers>(pnp.view());
      return isNumbers() ? call_indirect<i32>(handler, value) : pnp.mismatch("not an array as the model has it");
    });
    pnp.current(row, current.index, (current, _) => { pnp.writer().array("value"); call_indirect<void>(current, 1); pnp.endValue(1); });
  }
  /** Ends what a handler answered with `twin.later()`. */
  completeNumbers(write: (into: NumbersWriter<pnp.Sending>) => void, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(changetype<string>(this), "numbers"); pnp.writer().array("value"); write(changetype<NumbersWriter<pnp.Sending>>(1)); pnp.endValue(1); return pnp.endAcknowledgement(status, note); }
  /** `handler` judges what the hub desires; while it desires nothing, `current` is reported. */
  onWanted(handler: (value: Limits) => i32, current: (into: LimitsWriter<pnp.Sending>) => void): void {
    const row = pnp.desire(changetype<string>(this), "wanted", handler.index, (handler, _) => {
      const value = changetype<Limits>(pnp.view());
      return isLimits() ? call_indirect<i32>(handler, value) : pnp.mismatch("not an object as the model has it");
    });
    pnp.current(row, current.index, (current, _) => { pnp.writer().object("value"); call_indirect<void>(current, 1); pnp.endValue(1); });
  }
  /** Ends what a handler answered with `twin.later()`. */
  completeWanted(write: (into: LimitsWriter<pnp.Sending>) => void, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(changetype<string>(this), "wanted"); pnp.writer().object("value"); write(changetype<LimitsWriter<pnp.Sending>>(1)); pnp.endValue(1); return pnp.endAcknowledgement(status, note); }
  reportLevel(value: i32): i32 { return pnp.reportInteger(changetype<string>(this), "level", value); }
  reportHistory(): NumbersWriter<pnp.Sending> { pnp.beginReportArray(changetype<string>(this), "history"); return changetype<NumbersWriter<pnp.Sending>>(1); }
  onMirror(handler: (request: ShapesMirror, spot: Spot) => i32): void {
    pnp.answer(changetype<string>(this), "mirror", handler.index, (handler, request) => {
      pnp.openRequest();
      const value = changetype<Spot>(pnp.view());
      return isSpot() && pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
  onSort(handler: (request: ShapesSort, numbers: Numbers) => i32): void {
    pnp.answer(changetype<string>(this), "sort", handler.index, (handler, request) => {
      pnp.openRequest();
      const value = changetype<Numbers>(pnp.view());
      return isNumbers() && pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
  onTurn(handler: (request: ShapesTurn, level: Level) => i32): void {
    pnp.answer(changetype<string>(this), "turn", handler.index, (handler, request) => {
      pnp.openRequest();
      const good = isLevel();
      const value = pnp.reader().i32();
      return good && pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
  onHalf(handler: (request: ShapesHalf, value: f64) => i32): void {
    pnp.answer(changetype<string>(this), "half", handler.index, (handler, request) => {
      pnp.openRequest();
      const value = pnp.reader().f64();
      return pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
  onDouble(handler: (request: ShapesDouble, value: i64) => i32): void {
    pnp.answer(changetype<string>(this), "double", handler.index, (handler, request) => {
      pnp.openRequest();
      const value = pnp.reader().i64();
      return pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
  onNot(handler: (request: ShapesNot, value: bool) => i32): void {
    pnp.answer(changetype<string>(this), "not", handler.index, (handler, request) => {
      pnp.openRequest();
      const value = pnp.reader().flag();
      return pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
  onShout(handler: (request: ShapesShout, text: string) => i32): void {
    pnp.answer(changetype<string>(this), "shout", handler.index, (handler, request) => {
      pnp.openRequest();
      const value = pnp.reader().text();
      return pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
  onTell(handler: (request: ShapesTell) => i32): void {
    pnp.answer(changetype<string>(this), "tell", handler.index, (handler, request) => {
      return call_indirect<i32>(handler, request);
    });
  }
}

/** The device itself. */
export const model = changetype<Shapes>("");
