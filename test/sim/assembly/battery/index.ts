// Fixture: a device that lives on a battery: one message each ten minutes, of ten readings, compressed.

import { batch, device, every, hub, log, twin } from "tinytwin";

let celsius = 200;
let readings = 0;

hub.ephemeral(3600);

every(60_000, () => {
  celsius += readings % 3 - 1;
  readings++;
  batch.add().i64("t", device.uptimeMs()).fixed("celsius", celsius, 1).flag("open", readings % 7 == 0).send();
  if (readings % 10 == 0) batch.send(hub.properties().compressed());
});

hub.onMessage((message) => { log.info(`The hub says: ${message.text()}`); });
twin.onInteger("offset", (value) => { celsius += <i32>value; return twin.accept(); });
