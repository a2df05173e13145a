// Reads a TMP102 thermometer on the I2C bus each second and tells the hub what it says, or that it does not answer.

import { I2c, every, hub } from "tinytwin";

const sensor = I2c.open("i2c0").device(0x48);
const temperatureRegister = 0;

every(1000, () => {
  const raw = sensor.readRegister16(temperatureRegister);
  if (raw < 0) {
    hub.telemetry().text("sensor", "does not answer").send();
    return;
  }
  // 12 bits, the sign at the top, 1/16 of a degree each.
  hub.telemetry().fixed("celsius", (<i32>(<i16>raw) >> 4) * 625, 4).send();
});
