// Test fixture: static data leave little of the memory, and every message makes garbage.

import { hub, log } from "tinytwin";

const ballast = memory.data(3000);
store<u8>(ballast, 1);

hub.onMessage((message) => { log.info("message of " + message.size.toString() + " bytes, the first byte of ballast is " + load<u8>(ballast).toString()); });
