// Uploads what a formula says, from the app and from flash, as methods ask for it.

import { HostError, files, hub, store, upload } from "tinytwin";

let name = "";
let size = 0;
let sized = true;
let silent = false;
let done = 1;
let why = "";
let heard = 0;
const piece = new Uint8Array(1024);

/** Text that repeats and changes, so that it can be made smaller and every place in it is another. */
function byteAt(at: i32): u8 {
  return <u8>(at % 64 == 63 ? 0x0a : at % 64 < 8 ? 0x30 + ((at / 64) >> (28 - 4 * (at % 64)) & 15) : 0x61 + at % 16);
}

function fill(at: i32, length: i32): i32 {
  const most = min(min(length, piece.length), size - at);
  for (let i = 0; i < most; i++) piece[i] = byteAt(at + i);
  return most;
}

upload.onPart((offset, most) => {
  if (silent) return;
  upload.give(piece, 0, fill(offset, most));
});
upload.onProgress((bytes) => { heard = bytes; });
upload.onDone((error, reason) => { done = error; why = reason; });

/** {"name","size","gzip","unsized","silent"} */
hub.onMethod("begin", (request) => {
  const payload = request.payload;
  size = payload.find("size") ? payload.i32() : 0;
  const gzip = payload.find("gzip") && payload.flag();
  sized = !(payload.find("unsized") && payload.flag());
  silent = payload.find("silent") && payload.flag();
  name = payload.find("name") ? payload.text() : "file";
  done = 1;
  return request.answer().i32("result", upload.begin(name, sized ? size : -1, gzip)).send();
});

/** {"size"}: writes it to the files partition. */
hub.onMethod("write", (request) => {
  size = request.payload.find("size") ? request.payload.i32() : 0;
  let result = 0;
  for (let at = 0; at < size && result == 0; at += files.unit()) result = files.erase(at);
  for (let at = 0; at < size && result == 0; at += piece.length) {
    const length = fill(at, piece.length);
    result = files.write(at, length == piece.length ? piece : piece.subarray(0, length));
  }
  return request.answer().i32("result", result).send();
});

/** {"size","gzip","from"} */
hub.onMethod("beginFiles", (request) => {
  const payload = request.payload;
  const bytes = payload.find("size") ? payload.i32() : 0;
  const from = payload.find("from") ? payload.i32() : 0;
  const gzip = payload.find("gzip") && payload.flag();
  done = 1;
  return request.answer().i32("result", upload.beginFiles("flash.log", from, bytes, gzip)).send();
});

hub.onMethod("cancel", (request) => request.answer().i32("result", upload.cancel()).send());
hub.onMethod("state", (request) => request.answer().i32("done", done).text("why", why).i32("heard", heard).send());
