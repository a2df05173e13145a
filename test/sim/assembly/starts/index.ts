// Test fixture: counts its own starts on flash and tells the count.

import { hub, store } from "tinytwin";

const starts = store.readInteger("starts", 0) + 1;
store.writeInteger("starts", starts);

hub.onMethod("starts", (request) => request.answer().i64("starts", starts).send());
