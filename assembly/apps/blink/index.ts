// Blinks the board's LED once a second.

import { OutputPin, every } from "tinytwin";

const led = OutputPin.open("led");

every(500, () => { led.toggle(); });
