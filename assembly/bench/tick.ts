// What a device does at least each second: read one sensor, set two outputs.

import { AnalogIn, OutputPin, every } from "tinytwin";

const probe = AnalogIn.open("probe");
const boiler = OutputPin.open("boiler");
const led = OutputPin.open("led");

every(1000, () => {
  const warm = probe.millivolts >= 1430;
  boiler.write(!warm);
  led.write(warm);
});
