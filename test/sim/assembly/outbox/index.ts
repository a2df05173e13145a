// Test fixture: sends a numbered message each second, treated as the method `plan` said last.

import { every, hub } from "tinytwin";

let n = 0;
let urgentEach = 0;
let yields = false;
let expiresS = 0;
let stored = 0;

hub.onMethod("plan", (request) => {
  const plan = request.payload;
  urgentEach = plan.find("urgentEach") ? plan.i32() : 0;
  plan.rewind();
  yields = plan.find("yields") && plan.i32() != 0;
  plan.rewind();
  expiresS = plan.find("expiresS") ? plan.i32() : 0;
  return request.reply("{}");
});

hub.onMethod("stored", (request) => request.answer().i32("stored", stored).send());
hub.onStored(() => { stored++; });

every(1000, () => {
  n++;
  const terms = hub.properties().expires(expiresS);
  if (urgentEach > 0 && n % urgentEach == 0) terms.urgent();
  if (yields) terms.yielding();
  hub.telemetry(terms).i32("n", n).text("pad", "0123456789012345678901234567890123456789").send();
});
