// Fixture: wakes every ten minutes, says how often it has, and sleeps on.

import { OutputPin, after, device, hub, store } from "tinytwin";

const led = OutputPin.open("led");
led.write(true);
const wakes = i32(store.readInteger("wakes", 0)) + 1;
store.writeInteger("wakes", wakes);
hub.telemetry().i32("wakes", wakes).send();
after(100, () => { device.sleep(600, 30000); });
