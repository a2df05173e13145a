// Toggles the LED at each press of the button and tells the hub how often that was.

import { InputPin, OutputPin, hub, log } from "tinytwin";

const led = OutputPin.open("led");
const button = InputPin.open("button");
let presses = 0;

button.onChange((level) => {
  if (!level) return;
  led.toggle();
  presses++;
  log.value("presses", presses);
  hub.telemetry().i32("presses", presses).send();
});
