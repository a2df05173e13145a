// Test fixture: the guest's half of `npm run bench`. Each method does one thing many times.

import { OutputPin, Request, cancel, every, hub } from "tinytwin";

const led = OutputPin.open("led");
let ticks = 0;
let sent = 0;
let flood = 0;

/** {"n":count}: what a turn of the loop costs without a host call, and with one. */
hub.onMethod("turns", (request) => {
  const n = count(request);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += i & 1;
  return request.answer().i32("sum", sum).send();
});

hub.onMethod("calls", (request) => {
  const n = count(request);
  for (let i = 0; i < n; i++) led.write((i & 1) != 0);
  return request.answer().i32("calls", n).send();
});

/** An event a millisecond. */
hub.onMethod("tick", (request) => {
  every(1, () => { ticks++; });
  return request.reply("{}");
});

hub.onMethod("ticks", (request) => request.answer().i32("ticks", ticks).send());

/** Keeps the outbox full until "quiet". */
hub.onMethod("flood", (request) => {
  flood = every(1, () => {
    while (hub.telemetry().i32("n", sent).text("pad", "0123456789012345678901234567890123456789").send() >= 0 && (++sent & 63) != 0) {}
  });
  return request.reply("{}");
});

/** Ten messages of 64 bytes a second. */
hub.onMethod("pace", (request) => {
  every(100, () => { hub.telemetry().text("pad", "012345678901234567890123456789012345678901234567890123").send(); });
  return request.reply("{}");
});

hub.onMethod("quiet", (request) => {
  cancel(flood);
  return request.answer().i32("sent", sent).send();
});

function count(request: Request): i32 {
  return request.payload.find("n") ? request.payload.i32() : 0;
}
