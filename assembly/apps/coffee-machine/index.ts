// A coffee machine: keeps its boiler warm, brews when asked, and tells the hub how it is.

import { AnalogIn, InputPin, OutputPin, Pwm, after, cancel, device, every, hub, log, twin } from "tinytwin";
import { highestDeciC, lowestDeciC, remember } from "./history";

const boiler = OutputPin.open("boiler");
const pump = OutputPin.open("pump");
const led = OutputPin.open("led");
const button = InputPin.open("button");
const probe = AnalogIn.open("probe");
const buzzer = Pwm.open("buzzer");

const brewS = 25;
/** The boiler is switched on this far below the target, and off at the target. */
const hysteresisDeciC = 10;
/** Coffee may be brewed this far below the target. */
const warmEnoughDeciC = 30;

let targetC = 93;
let brewingS = 0;
let heating = false;

/** TMP36: 10 mV per degree, 500 mV at 0 °C, so that a millivolt is a tenth of a degree. */
function deciC(): i32 { return probe.millivolts - 500; }

/** The TMP36 knows -40 to 125 °C; anything else is a broken wire, which must not look like cold water. */
function plausible(deciC: i32): bool { return deciC >= -400 && deciC <= 1250; }

function ready(): bool {
  const now = deciC();
  return plausible(now) && now >= targetC * 10 - warmEnoughDeciC;
}

function brew(): void {
  brewingS = brewS;
  pump.write(true);
}

every(1000, () => {
  const now = deciC();
  const target = targetC * 10;
  if (!plausible(now) || now >= target) {
    heating = false;
  } else if (now < target - hysteresisDeciC) {
    heating = true;
  }
  if (plausible(now)) remember(now, device.uptimeMs());
  boiler.write(heating);
  led.write(ready());

  if (brewingS > 0 && --brewingS == 0) {
    pump.write(false);
    buzzer.frequency(2000);
    buzzer.duty(32768);
    after(300, () => { buzzer.duty(0); });
  }
});

function sendTelemetry(): void {
  const now = deciC();
  const message = hub.telemetry();
  if (plausible(now)) {
    message.fixed("celsius", now, 1);
  } else {
    message.nothing("celsius");
  }
  message.flag("heating", heating).flag("brewing", brewingS > 0).send();
}

let telemetryS = 10;
let telemetryTimer = every(telemetryS * 1000, sendTelemetry);

twin.onInteger("telemetryInterval", (seconds) => {
  if (seconds < 1 || seconds > 3600) return twin.reject("telemetryInterval must be 1 to 3600 seconds");
  if (seconds != telemetryS) {
    telemetryS = seconds;
    cancel(telemetryTimer);
    telemetryTimer = every(telemetryS * 1000, sendTelemetry);
  }
  return twin.accept();
});

twin.onInteger("targetTemperature", (celsius) => {
  if (celsius < 20 || celsius > 96) return twin.reject("targetTemperature must be 20 to 96 degrees Celsius");
  targetC = celsius;
  return twin.accept();
});

hub.onMethod("brew", (request) => {
  if (brewingS > 0) return request.reject(409, `{"error":"brewing"}`);
  if (!ready()) return request.reject(409, `{"error":"cold"}`);
  brew();
  return request.answer().i32("seconds", brewS).send();
});

/** {"delay":seconds}, 0 to 3600, 0 when left out; at least a second, for the reply to leave. */
hub.onMethod("reboot", (request) => {
  const delayS = request.payload.find("delay") ? request.payload.i32() : 0;
  if (request.payload.failed || delayS < 0 || delayS > 3600) {
    return request.reject(400, `{"error":"delay must be an integer, 0 to 3600 seconds"}`);
  }
  device.restart(max(delayS, 1) * 1000);
  return request.answer().i32("delay", delayS).send();
});

/** The last two hours, in degrees Celsius. */
hub.onMethod("getMaxMin", (request) => {
  const nowMs = device.uptimeMs();
  const highest = highestDeciC(nowMs);
  const lowest = lowestDeciC(nowMs);
  if (highest < lowest) return request.reject(503, `{"error":"the probe has not been read in the last two hours"}`);
  return request.answer().fixed("max", highest, 1).fixed("min", lowest, 1).send();
});

hub.onMessage((message) => { log.info(`The hub says: ${message.text()}`); });

button.onChange((level) => { if (level && brewingS == 0 && ready()) brew(); });
