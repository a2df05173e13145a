// The device SDK; only re-exports.

import * as hub from "./hub";
import * as pnp from "./pnp";
import * as twin from "./twin";

export { HostError } from "./abi.gen";
export { AnalogIn } from "./analog";
export { batch } from "./batch";
export { device } from "./device";
export { files } from "./files";
export { Deadband, RateLimit } from "./filter";
export { I2c, I2cDevice } from "./i2c";
export { JsonToken } from "./json_lexer";
export { JsonReader } from "./json_reader";
export { JsonWriter } from "./json_writer";
export { log } from "./log";
export { Message } from "./message";
export { Request } from "./method";
export { InputPin, OutputPin } from "./pin";
export { Properties } from "./properties";
export { Pwm } from "./pwm";
export { Spike } from "./spike";
export { store } from "./store";
export { after, cancel, every } from "./timer";
export { units } from "./units";
export { TimeWindow, Window } from "./window";
export { upload } from "./upload";
export { hub, pnp, twin };
