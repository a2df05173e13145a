// Fixture: a device that only reports, by HTTPS: one message each ten seconds, with properties that no header can hold as they are.

import { every, hub } from "tinytwin";

let count = 0;

hub.ephemeralHttps(0);

every(10_000, () => {
  count++;
  hub.telemetry(hub.properties().add("place", "café 1").add("a:b", "x\r\ny: z").add("unit", "mm & %").expires(86_400)).i32("n", count).send();
});
