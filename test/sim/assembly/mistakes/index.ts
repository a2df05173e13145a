// Test fixture: mistakes of people who write apps, each behind a direct method.

import { every, hub } from "tinytwin";

hub.onMethod("throw", (request) => {
  throw new Error("too warm");
});

hub.onMethod("everyZero", (request) => {
  every(0, () => {});
  return request.reply("null");
});

hub.onMethod("negative", (request) => request.reply("null", -1));
