// Writes one JSON value in the host's memory: no strings, no garbage; knows not where it goes.

import { MAX_DOUBLE_LENGTH, dtoa_buffered } from "util/number";
import { host_json } from "./abi.gen";
import { staticLine } from "./text";

// @ts-ignore: decorator
@lazy let finish: u32 = 0;
// @ts-ignore: decorator
@lazy const floatText = memory.data(2 * MAX_DOUBLE_LENGTH, 2);

/**
 * Writes the members of a JSON object of at most 1,024 bytes and 32 levels, then sends it; what is still open is closed. There is one writer:
 * starting another discards the first. Inside an array the names are ignored. Strings may hold anything; a lone surrogate becomes U+FFFD.
 *     hub.telemetry().i32("celsius", 93).array("rpm").i32("", 900).i32("", 910).end().send();
 */
// @ts-ignore: decorator
@final @unmanaged
export class JsonWriter {
  i32(name: string, value: i32): JsonWriter {
    host_json.number(name, value, 0);
    return this;
  }

  i64(name: string, value: i64): JsonWriter {
    host_json.number(name, value, 0);
    return this;
  }

  /** `value` / 10^`decimals` (0 to 18), exactly: `fixed("celsius", 9325, 2)` writes 93.25. */
  fixed(name: string, value: i64, decimals: i32): JsonWriter {
    host_json.number(name, value, decimals);
    return this;
  }

  flag(name: string, value: bool): JsonWriter {
    host_json.word(name, value);
    return this;
  }

  text(name: string, value: string): JsonWriter {
    host_json.text(name, value);
    return this;
  }

  /** The JSON null, which removes a reported property. */
  nothing(name: string): JsonWriter {
    host_json.word(name, -1);
    return this;
  }

  /** `json` is written as it is and must be one JSON value. */
  json(name: string, json: string): JsonWriter {
    host_json.raw(name, json);
    return this;
  }

  /** The shortest decimal text that reads back as `value`; null for NaN and infinities. Costs 3 KB of Wasm where it is used. */
  f64(name: string, value: f64): JsonWriter {
    putF64(name, value);
    return this;
  }

  object(name: string): JsonWriter {
    host_json.open(name, 0);
    return this;
  }

  array(name: string): JsonWriter {
    host_json.open(name, 1);
    return this;
  }

  /** Closes the innermost object or array. */
  end(): JsonWriter {
    host_json.close();
    return this;
  }

  /** The result is that of what was begun (`hub.telemetry`, `request.answer`, `twin.report`), or `HostError.Full` when it got too long. */
  send(): i32 {
    return call_indirect<i32>(finish);
  }
}

/** Begins an object; `send` will call `finish`. */
export function beginObject(whenSent: () => i32): JsonWriter {
  finish = whenSent.index;
  host_json.begin(1);
  return changetype<JsonWriter>(1);
}

/** As {@link beginObject}, an array. */
export function beginArray(whenSent: () => i32): JsonWriter {
  finish = whenSent.index;
  host_json.begin(0);
  host_json.open("", 1);
  return changetype<JsonWriter>(1);
}

/** A member or, after `host_json.begin(0)`, the whole: the standard library's text of a float. */
export function putF64(name: string, value: f64): void {
  if (!isFinite(value)) {
    host_json.word(name, -1);
    return;
  }
  staticLine.begin("");
  staticLine.addUnits(floatText, <i32>dtoa_buffered(floatText, value));
  host_json.raw(name, staticLine.text());
}
