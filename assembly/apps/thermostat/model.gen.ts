// Generated from model.json by tinytwin model. Do not edit.

import { Properties, Request, pnp } from "tinytwin";

/** What the device announces itself as. */
export const modelId = "dtmi:com:tinytwin:RoomController;1";

export const enum ThermostatMode {
  off = 0,
  heat = 1,
}

function thermostatModeText(value: ThermostatMode): string {
  switch (value) {
    case ThermostatMode.off: return "off";
    case ThermostatMode.heat: return "heat";
    default: return "";
  }
}

/** -1 for any other text. */
function readThermostatMode(): i32 {
  if (pnp.reader().isText("off")) return 0;
  if (pnp.reader().isText("heat")) return 1;
  return -1;
}

function isThermostatMode(): bool { return readThermostatMode() >= 0; }

/** An object. Readable only during the handler it was given to; a field that is not there reads as 0, false or empty. */
// @ts-ignore: decorator
@final @unmanaged
export class ThermostatLimits {
  get lowest(): i32 { return pnp.member(changetype<usize>(this), "lowest") ? pnp.reader().i32() : 0; }
  get hasLowest(): bool { return pnp.member(changetype<usize>(this), "lowest"); }
  get highest(): i32 { return pnp.member(changetype<usize>(this), "highest") ? pnp.reader().i32() : 0; }
  get hasHighest(): bool { return pnp.member(changetype<usize>(this), "highest"); }
}

// @ts-ignore: decorator
@final @unmanaged
export class ThermostatLimitsWriter<P> {
  lowest(value: i32): ThermostatLimitsWriter<P> { pnp.writer().i32("lowest", value); return this; }
  highest(value: i32): ThermostatLimitsWriter<P> { pnp.writer().i32("highest", value); return this; }
  end(): P { pnp.writer().end(); return changetype<P>(1); }
  send(): i32 { return pnp.writer().send(); }
}

function isThermostatLimits(): bool {
  if (!pnp.isObject()) return false;
  while (pnp.hasMember()) {
    if (pnp.reader().isText("lowest")) {
      pnp.reader().next();
      if (!pnp.isInteger()) return false;
      continue;
    }
    if (pnp.reader().isText("highest")) {
      pnp.reader().next();
      if (!pnp.isInteger()) return false;
      continue;
    }
    pnp.skipMember();
  }
  return !pnp.reader().failed;
}

/** An object. Readable only during the handler it was given to; a field that is not there reads as 0, false or empty. */
// @ts-ignore: decorator
@final @unmanaged
export class ThermostatGetMaxMinReportResponse {
  get maxTemp(): f64 { return pnp.member(changetype<usize>(this), "maxTemp") ? pnp.reader().f64() : 0; }
  get hasMaxTemp(): bool { return pnp.member(changetype<usize>(this), "maxTemp"); }
  maxTempFixed(decimals: i32): i64 { return pnp.member(changetype<usize>(this), "maxTemp") ? pnp.reader().fixed(decimals) : 0; }
  get minTemp(): f64 { return pnp.member(changetype<usize>(this), "minTemp") ? pnp.reader().f64() : 0; }
  get hasMinTemp(): bool { return pnp.member(changetype<usize>(this), "minTemp"); }
  minTempFixed(decimals: i32): i64 { return pnp.member(changetype<usize>(this), "minTemp") ? pnp.reader().fixed(decimals) : 0; }
  get avgTemp(): f64 { return pnp.member(changetype<usize>(this), "avgTemp") ? pnp.reader().f64() : 0; }
  get hasAvgTemp(): bool { return pnp.member(changetype<usize>(this), "avgTemp"); }
  avgTempFixed(decimals: i32): i64 { return pnp.member(changetype<usize>(this), "avgTemp") ? pnp.reader().fixed(decimals) : 0; }
  get samples(): i32 { return pnp.member(changetype<usize>(this), "samples") ? pnp.reader().i32() : 0; }
  get hasSamples(): bool { return pnp.member(changetype<usize>(this), "samples"); }
}

// @ts-ignore: decorator
@final @unmanaged
export class ThermostatGetMaxMinReportResponseWriter<P> {
  maxTemp(value: f64): ThermostatGetMaxMinReportResponseWriter<P> { pnp.writer().f64("maxTemp", value); return this; }
  /** value / 10^decimals, exactly. */
  maxTempFixed(value: i64, decimals: i32): ThermostatGetMaxMinReportResponseWriter<P> { pnp.writer().fixed("maxTemp", value, decimals); return this; }
  minTemp(value: f64): ThermostatGetMaxMinReportResponseWriter<P> { pnp.writer().f64("minTemp", value); return this; }
  /** value / 10^decimals, exactly. */
  minTempFixed(value: i64, decimals: i32): ThermostatGetMaxMinReportResponseWriter<P> { pnp.writer().fixed("minTemp", value, decimals); return this; }
  avgTemp(value: f64): ThermostatGetMaxMinReportResponseWriter<P> { pnp.writer().f64("avgTemp", value); return this; }
  /** value / 10^decimals, exactly. */
  avgTempFixed(value: i64, decimals: i32): ThermostatGetMaxMinReportResponseWriter<P> { pnp.writer().fixed("avgTemp", value, decimals); return this; }
  samples(value: i32): ThermostatGetMaxMinReportResponseWriter<P> { pnp.writer().i32("samples", value); return this; }
  end(): P { pnp.writer().end(); return changetype<P>(1); }
  send(): i32 { return pnp.writer().send(); }
}

function isThermostatGetMaxMinReportResponse(): bool {
  if (!pnp.isObject()) return false;
  while (pnp.hasMember()) {
    if (pnp.reader().isText("maxTemp")) {
      pnp.reader().next();
      if (!pnp.isNumber()) return false;
      continue;
    }
    if (pnp.reader().isText("minTemp")) {
      pnp.reader().next();
      if (!pnp.isNumber()) return false;
      continue;
    }
    if (pnp.reader().isText("avgTemp")) {
      pnp.reader().next();
      if (!pnp.isNumber()) return false;
      continue;
    }
    if (pnp.reader().isText("samples")) {
      pnp.reader().next();
      if (!pnp.isInteger()) return false;
      continue;
    }
    pnp.skipMember();
  }
  return !pnp.reader().failed;
}

// @ts-ignore: decorator
@final @unmanaged
export class RoomControllerTelemetry {
  /** Whether the relay is on. */
  heating(value: bool): RoomControllerTelemetry { pnp.writer().flag("heating", value); return this; }
  /** The result is the message's sequence number, or a negative `HostError`. */
  send(): i32 { return pnp.writer().send(); }
}

/** A call of the command reboot. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class RoomControllerReboot {
  reply(status: i32 = 200): i32 { return changetype<Request>(this).reply("null", status); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A room with one thermostat. */
// @ts-ignore: decorator
@final @unmanaged
export class RoomController {
  /** Begins a telemetry message of at most 1,024 bytes; what is not written is not in it. */
  telemetry(properties: Properties | null = null): RoomControllerTelemetry { pnp.telemetry(changetype<string>(this), properties); return changetype<RoomControllerTelemetry>(1); }
  reportSerialNumber(value: string): i32 { return pnp.reportText(changetype<string>(this), "serialNumber", value); }
  onReboot(handler: (request: RoomControllerReboot, delay: i32) => i32): void {
    pnp.answer(changetype<string>(this), "reboot", handler.index, (handler, request) => {
      pnp.openRequest();
      const value = pnp.reader().i32();
      return pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
}

// @ts-ignore: decorator
@final @unmanaged
export class ThermostatTelemetry {
  /** degreeCelsius. */
  temperature(value: f64): ThermostatTelemetry { pnp.writer().f64("temperature", value); return this; }
  /** value / 10^decimals, exactly. */
  temperatureFixed(value: i64, decimals: i32): ThermostatTelemetry { pnp.writer().fixed("temperature", value, decimals); return this; }
  /** The result is the message's sequence number, or a negative `HostError`. */
  send(): i32 { return pnp.writer().send(); }
}

/** A call of the command getMaxMinReport. It may be kept in a global and answered in a later event. */
// @ts-ignore: decorator
@final @unmanaged
export class ThermostatGetMaxMinReport {
  reply(status: i32 = 200): ThermostatGetMaxMinReportResponseWriter<pnp.Sending> { changetype<Request>(this).answer(status); return changetype<ThermostatGetMaxMinReportResponseWriter<pnp.Sending>>(1); }
  /** Says that it was not done: a status of 400 to 599, and why as JSON. */
  reject(status: i32, json: string): i32 { return changetype<Request>(this).reject(status, json); }
  /** What a handler returns that will reply in a later event. */
  later(): i32 { return 0; }
}

/** A thermostat. */
// @ts-ignore: decorator
@final @unmanaged
export class Thermostat {
  /** Begins a telemetry message of at most 1,024 bytes; what is not written is not in it. */
  telemetry(properties: Properties | null = null): ThermostatTelemetry { pnp.telemetry(changetype<string>(this), properties); return changetype<ThermostatTelemetry>(1); }
  /** degreeCelsius. `handler` judges what the hub desires; while it desires nothing, `current` is reported. */
  onTargetTemperature(handler: (value: f64) => i32, current: () => f64): void {
    const row = pnp.desire(changetype<string>(this), "targetTemperature", handler.index, (handler, _) => {
      const value = pnp.reader().f64();
      return pnp.reader().failed ? pnp.mismatch("not a number") : call_indirect<i32>(handler, value);
    });
    pnp.current(row, current.index, (current, _) => { pnp.writer().f64("value", call_indirect<f64>(current)); });
  }
  /** Ends what a handler answered with `twin.later()`. */
  completeTargetTemperature(value: f64, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(changetype<string>(this), "targetTemperature"); pnp.writer().f64("value", value); return pnp.endAcknowledgement(status, note); }
  /** The same in integers: each value is times 10^decimals. */
  onTargetTemperatureFixed(decimals: i32, handler: (value: i64) => i32, current: () => i64): void {
    const row = pnp.desire(changetype<string>(this), "targetTemperature", handler.index, (handler, decimals) => {
      const value = pnp.reader().fixed(decimals);
      return pnp.reader().failed ? pnp.mismatch("not a number of so few decimals") : call_indirect<i32>(handler, value);
    }, decimals);
    pnp.current(row, current.index, (current, decimals) => { pnp.writer().fixed("value", call_indirect<i64>(current), decimals); });
  }
  completeTargetTemperatureFixed(value: i64, decimals: i32, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(changetype<string>(this), "targetTemperature").fixed("value", value, decimals); return pnp.endAcknowledgement(status, note); }
  /** `handler` judges what the hub desires; while it desires nothing, `current` is reported. */
  onMode(handler: (value: ThermostatMode) => i32, current: () => ThermostatMode): void {
    const row = pnp.desire(changetype<string>(this), "mode", handler.index, (handler, _) => {
      return isThermostatMode() ? call_indirect<i32>(handler, readThermostatMode()) : pnp.mismatch("not a value of the enum");
    });
    pnp.current(row, current.index, (current, _) => { pnp.writer().text("value", thermostatModeText(call_indirect<ThermostatMode>(current))); });
  }
  /** Ends what a handler answered with `twin.later()`. */
  completeMode(value: ThermostatMode, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(changetype<string>(this), "mode"); pnp.writer().text("value", thermostatModeText(value)); return pnp.endAcknowledgement(status, note); }
  /** What targetTemperature may be. `handler` judges what the hub desires; while it desires nothing, `current` is reported. */
  onLimits(handler: (value: ThermostatLimits) => i32, current: (into: ThermostatLimitsWriter<pnp.Sending>) => void): void {
    const row = pnp.desire(changetype<string>(this), "limits", handler.index, (handler, _) => {
      const value = changetype<ThermostatLimits>(pnp.view());
      return isThermostatLimits() ? call_indirect<i32>(handler, value) : pnp.mismatch("not an object as the model has it");
    });
    pnp.current(row, current.index, (current, _) => { pnp.writer().object("value"); call_indirect<void>(current, 1); pnp.endValue(1); });
  }
  /** Ends what a handler answered with `twin.later()`. */
  completeLimits(write: (into: ThermostatLimitsWriter<pnp.Sending>) => void, status: i32 = 200, note: string = ""): i32 { pnp.beginAcknowledgement(changetype<string>(this), "limits"); pnp.writer().object("value"); write(changetype<ThermostatLimitsWriter<pnp.Sending>>(1)); pnp.endValue(1); return pnp.endAcknowledgement(status, note); }
  /** degreeCelsius. */
  reportMaxTempSinceLastReboot(value: f64): i32 { return pnp.reportNumber(changetype<string>(this), "maxTempSinceLastReboot", value); }
  /** value / 10^decimals, exactly. */
  reportMaxTempSinceLastRebootFixed(value: i64, decimals: i32): i32 { return pnp.reportFixed(changetype<string>(this), "maxTempSinceLastReboot", value, decimals); }
  /** Of the last hour, or since then if that is later. */
  onGetMaxMinReport(handler: (request: ThermostatGetMaxMinReport, since: string) => i32): void {
    pnp.answer(changetype<string>(this), "getMaxMinReport", handler.index, (handler, request) => {
      pnp.openRequest();
      const value = pnp.reader().text();
      return pnp.atEnd() ? call_indirect<i32>(handler, request, value) : pnp.refuse(request);
    });
  }
}

/** dtmi:com:tinytwin:DeviceInformation;1. */
// @ts-ignore: decorator
@final @unmanaged
export class DeviceInformation {
  reportManufacturer(value: string): i32 { return pnp.reportText(changetype<string>(this), "manufacturer", value); }
  reportSwVersion(value: string): i32 { return pnp.reportText(changetype<string>(this), "swVersion", value); }
}

/** The device itself. */
export const model = changetype<RoomController>("");

/** The component thermostat. */
export const thermostat = changetype<Thermostat>("thermostat");

/** The component deviceInformation. */
export const deviceInformation = changetype<DeviceInformation>("deviceInformation");
