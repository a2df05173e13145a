// Fixture: what the writer makes of values that come and go, and of those that do not fit.

import { JsonReader, JsonToken, JsonWriter, hub, twin } from "tinytwin";

/** Answers {"value": payload}. */
hub.onMethod("mirror", (request) => {
  const answer = request.answer();
  const reader = request.payload;
  let name = "value";
  while (true) {
    const token = reader.next();
    if (token == JsonToken.End || token == JsonToken.Malformed) break;
    if (token == JsonToken.Key) name = reader.text();
    else put(answer, reader, token, name);
  }
  return answer.send();
});

function put(writer: JsonWriter, reader: JsonReader, token: JsonToken, name: string): void {
  if (token == JsonToken.Object) writer.object(name);
  else if (token == JsonToken.Array) writer.array(name);
  else if (token == JsonToken.ObjectEnd || token == JsonToken.ArrayEnd) writer.end();
  else if (token == JsonToken.Text) writer.text(name, reader.text());
  else if (token == JsonToken.Number) writer.f64(name, reader.f64());
  else if (token == JsonToken.Null) writer.nothing(name);
  else writer.flag(name, token == JsonToken.True);
}

const long = "x".repeat(1017);

hub.onMethod("long", (request) => request.answer().text("a", long).send());
hub.onMethod("longTelemetry", (request) => {
  const refused = hub.telemetry().text("a", long).send();
  const sent = hub.telemetry().text("a", "y").send();
  return request.answer().i32("refused", refused).i32("sent", sent).send();
});
hub.onMethod("longReport", (request) => {
  const refused = twin.report("r").text("a", long).send();
  return request.answer().i32("refused", refused).send();
});
