// Test fixture: behaves until the button is pressed or the method "run" comes, then never returns.

import { InputPin, OutputPin, hub } from "tinytwin";

const led = OutputPin.open("led");
led.write(true);

function run(): void {
  while (true) {}
}

InputPin.open("button").onChange((level) => { if (level) run(); });

hub.onMethod("run", (request) => {
  run();
  return request.later();
});
