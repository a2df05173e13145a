// Test fixture: makes garbage at each event, some of which lives until the next one.

import { every, hub } from "tinytwin";

let events = 0;
let last = "";

every(10, () => {
  events++;
  let line = "";
  for (let i = 0; i < 8; i++) line += `reading ${events * i}, `;
  last = line;
});

hub.onMethod("count", (request) => request.reply(`{"events":${events},"last":"${last}"}`));
