// Every shape of schema in every place a device has for one: what comes in goes out again.

import { twin } from "tinytwin";
import { Level, model } from "./model.gen";

const numbers = new StaticArray<i32>(8);
let count = 0;
let warmest: f64 = 0;

model.onNumbers((value) => {
  if (value.length > 8) return twin.reject("more than 8");
  count = value.length;
  for (let i = 0; i < count; i++) numbers[i] = value.at(i);
  return twin.accept();
}, (into) => { for (let i = 0; i < count; i++) into.add(numbers[i]); });

model.onWanted((value) => {
  if (!value.has("warmest")) return twin.later(value.keyAt(value.size - 1));
  warmest = value.value("warmest");
  return twin.accept();
}, (into) => { into.put("warmest", warmest).putFixed("coldest", -25, 1); });

model.onMirror((request, spot) => {
  const answer = request.reply()
    .x(-spot.x).far(-spot.far).realFixed(-spot.realFixed(2), 2).on(!spot.on).label(spot.label + "!").grade(spot.grade == Level.low ? Level.high : Level.low);
  if (!spot.hasInner) return answer.send();
  const list = answer.inner().depth(spot.inner.depth + 1).list();
  for (let i = spot.inner.list.length - 1; i >= 0; i--) list.add(spot.inner.list.at(i));
  return list.end().end().send();
});

model.onSort((request, given) => {
  const answer = request.reply();
  let last = i32.MIN_VALUE;
  for (let left = given.length; left > 0;) {
    let next = i32.MAX_VALUE;
    for (let i = 0; i < given.length; i++) if (given.at(i) > last) next = min(next, given.at(i));
    for (let i = 0; i < given.length; i++) if (given.at(i) == next) { answer.add(next); left--; }
    last = next;
  }
  return answer.send();
});

model.onTurn((request, level) => request.reply(level == Level.low ? Level.high : Level.low));
model.onHalf((request, value) => request.reply(value / 2));
model.onDouble((request, value) => request.reply(value * 2));
model.onNot((request, value) => request.reply(!value));
model.onShout((request, text) => request.reply(text.toUpperCase()));

model.onTell((request) => {
  const message = model.telemetry();
  message.spot().x(1).real(2.5).inner().depth(3).list().add(4).add(5).end().end().end();
  message.spots().add().x(6).end().add().label("seven").end().end();
  message.limits().put("a", 8.5).putFixed("b", 95, 1).end();
  message.grade(Level.high).place(`{"type":"Point","coordinates":[1,2]}`).send();
  model.reportLevel(10);
  model.reportHistory().add(11).add(12).send();
  model.completeNumbers((into) => { into.add(13); }, 200, "by the device");
  return request.reply();
});
