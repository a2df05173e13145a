// Test fixture: follows the desired property `level`, reports how often its button was pressed, and sends nothing.

import { InputPin, twin } from "tinytwin";

const button = InputPin.open("button");
let presses = 0;

twin.onInteger("level", () => twin.accept());

button.onChange((level) => {
  if (!level) twin.reportInteger("presses", ++presses);
});
