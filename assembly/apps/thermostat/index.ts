// A room's thermostat: model.json says what it tells, has and does; this file does it. Telemetry only of what changed.

import { AnalogIn, Deadband, OutputPin, RateLimit, Spike, TimeWindow, after, device, every, hub, twin } from "tinytwin";
import { ThermostatMode, deviceInformation, model, thermostat } from "./model.gen";

const relay = OutputPin.open("relay");
const probe = AnalogIn.open("knob");

const hysteresisDeciC = 5;
/** What a valve takes to turn. */
const valveMs = 5000;

let targetDeciC: i64 = 210;
let lowestC = 5;
let highestC = 30;
let mode = ThermostatMode.heat;
let wantedMode = ThermostatMode.heat;
let heating = false;
let highestDeciC = i32.MIN_VALUE;

/** A reading each 10 s is 360 an hour. */
const hour = new TimeWindow(3_600_000, 360);
const outlier = new Spike(4, 6, 50);
const change = new Deadband(2);
const sign = new RateLimit(600_000);

/** A TMP36: 10 mV per degree, 500 mV at 0 °C. */
function deciC(): i32 { return probe.millivolts - 500; }

thermostat.onTargetTemperatureFixed(1, (value) => {
  if (value < lowestC * 10 || value > highestC * 10) return twin.reject("outside of the limits");
  targetDeciC = value;
  return twin.accept();
}, () => targetDeciC);

thermostat.onLimits((value) => {
  if (!value.hasLowest || !value.hasHighest || value.lowest >= value.highest) return twin.reject("lowest must be below highest");
  lowestC = value.lowest;
  highestC = value.highest;
  return twin.accept();
}, (into) => { into.lowest(lowestC).highest(highestC); });

thermostat.onMode((value) => {
  wantedMode = value;
  if (value == mode) return twin.accept();
  after(valveMs, () => {
    if (mode == wantedMode) return;
    mode = wantedMode;
    thermostat.completeMode(mode);
  });
  return twin.later("the valve turns");
}, () => mode);

/** There is no calendar on board: `since` is for the caller's own book-keeping. */
thermostat.onGetMaxMinReport((request, since) => {
  const last = hour.at(device.uptimeMs());
  if (last.count == 0) return request.reject(503, `{"error":"no reading yet"}`);
  return request.reply().maxTempFixed(last.max(), 1).minTempFixed(last.min(), 1).avgTempFixed(last.mean(), 1).samples(last.count).send();
});

model.onReboot((request, delayS) => {
  if (delayS < 0 || delayS > 3600) return request.reject(400, `{"error":"delay must be 0 to 3600 seconds"}`);
  // At least a second, for the reply to leave.
  device.restart(max(delayS, 1) * 1000);
  return request.reply();
});

every(10_000, () => {
  const now = deciC();
  if (outlier.isSpike(now)) return;
  hour.add(now, device.uptimeMs());
  if (now > highestDeciC) {
    highestDeciC = now;
    thermostat.reportMaxTempSinceLastRebootFixed(now, 1);
  }
  const on = mode == ThermostatMode.heat && now < targetDeciC + (heating ? 0 : -hysteresisDeciC);
  if (on != heating) {
    heating = on;
    relay.write(on);
    model.telemetry().heating(on).send();
  }
  // What did not change is told once in ten minutes, as a sign of life.
  const changed = change.passes(now);
  if (sign.passes(device.uptimeMs()) || changed) thermostat.telemetry().temperatureFixed(now, 1).send();
});

hub.onConnection((connected) => {
  if (!connected) return;
  model.reportSerialNumber(device.id());
  deviceInformation.reportManufacturer("TinyTwin");
  deviceInformation.reportSwVersion("1");
});
