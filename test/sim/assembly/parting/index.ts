// Fixture: a last will that changes, batches at their limits, and ways to be connected or not.

import { batch, every, hub } from "tinytwin";

let count = 0;
let left = 0;

hub.onMethod("will", (request) => {
  count++;
  const result = hub.lastWill().i32("gone", count).send();
  return request.answer().i32("result", result).send();
});

hub.onMethod("longWill", (request) => {
  const long = "x".repeat(200);
  const result = hub.lastWill().text("a", long).send();
  return request.answer().i32("result", result).send();
});

hub.onMethod("ephemeral", (request) => {
  const interval = request.payload.find("s") ? request.payload.i32() : 0;
  return request.answer().i32("result", hub.ephemeral(interval)).send();
});

/** {"count","compressed"}: adds so many objects and sends them. */
hub.onMethod("batch", (request) => {
  const objects = request.payload.find("count") ? request.payload.i32() : 0;
  const compressed = request.payload.find("compressed") && request.payload.flag();
  let added = 0;
  batch.clear();
  while (added < objects && batch.add().i32("n", added).text("word", "again and again").send() > 0) added++;
  const result = batch.send(compressed ? hub.properties().compressed() : null);
  return request.answer().i32("added", added).i32("result", result).i32("left", batch.size()).send();
});

/** {"s","messages"}: telemetry by HTTPS, one message each ten seconds; connected again when so many were queued. */
hub.onMethod("https", (request) => {
  const interval = request.payload.find("s") ? request.payload.i32() : 0;
  left = request.payload.find("messages") ? request.payload.i32() : 0;
  if (left > 0) every(10_000, report);
  return request.answer().i32("result", hub.ephemeralHttps(interval)).send();
});

function report(): void {
  if (left == 0) return;
  hub.telemetry().i32("left", left).send();
  left--;
  if (left == 0) hub.ephemeral(0);
}
