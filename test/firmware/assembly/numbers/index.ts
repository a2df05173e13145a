// Arithmetic of every kind, strings, and a little memory: what two targets may disagree about.

import { AnalogIn, InputPin, device, every, hub, log, store, twin } from "tinytwin";

const probe = AnalogIn.open("probe");
const button = InputPin.open("button");

let rounds: i64 = store.readInteger("rounds", 0);
let mix: u64 = 0x9e3779b97f4a7c15;
let sum: f64 = 0.1;
let words: string[] = [];

function stir(by: i32): void {
  mix = rotl<u64>(mix * 6364136223846793005 + <u64>by, 23);
  mix ^= mix >> 29;
  const signed = <i64>mix;
  mix += <u64>(signed / 1000003) ^ <u64>(signed % 997) ^ (mix / 65537) ^ popcnt<u64>(mix) ^ (clz<u64>(mix) << 40) ^ ctz<u64>(mix | 1);
}

every(700, () => {
  const volts = <f64>probe.millivolts / 1000;
  rounds++;
  stir(probe.millivolts);
  sum = sqrt<f64>(sum * sum * 1.7 + volts * volts) - floor<f64>(sum * 0.3) / 7 + nearest<f64>(volts);
  const narrow = <f32>sum * <f32>1.1;
  const strange: f64 = volts == 0 ? 0.0 / volts : copysign<f64>(1 / volts, -sum);
  words.push(sum.toString());
  if (words.length > 2) words.shift();
  const text = words.join(" é ").toUpperCase().split(".").reverse().join("/");
  log.info(text + strange.toString());
  store.writeText("words", text.substring(0, 60));
  store.writeInteger("rounds", rounds);
  hub.telemetry().i64("mix", <i64>(mix >> 12)).f64("sum", sum).f64("narrow", <f64>narrow).text("words", text.substring(3, 20)).i64("whole", <i64>trunc<f64>(sum * 1e9)).fixed("uptime", device.uptimeMs(), 3).send();
});

button.onChange((level) => {
  stir(level ? 7 : -7);
  log.info(store.readText("words", "nothing"));
});

twin.onInteger("bias", (value) => {
  stir(value);
  return twin.accept();
});

hub.onMethod("scale", (request) => {
  const by = request.payload.f64();
  if (request.payload.failed) return request.reject(400, `{"error":"a number, please"}`);
  sum *= by;
  return request.answer().f64("sum", sum).i64("rounds", rounds).send();
});
