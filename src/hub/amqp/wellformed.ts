// Whether bytes are well-formed AMQP 1.0 values, before a decoder that trusts its input may see them. It decodes nothing.

/** What encoded values may be nested to; nobody's filters and annotations come near. */
const MAX_DEPTH = 16
/** Elements without bytes cost the sender nothing and the decoder an object each. */
const MAX_EMPTY_ELEMENTS = 256

const DESCRIBED = 0x00
/** [AMQP 1.0 §1.6] the encodings that exist; what the high half says of the width is in `sizeAfter`. */
const CODES = new Set([
  0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x60, 0x61, 0x70, 0x71, 0x72, 0x73, 0x74,
  0x80, 0x81, 0x82, 0x83, 0x84, 0x94, 0x98, 0xa0, 0xa1, 0xa3, 0xb0, 0xb1, 0xb3, 0xc0, 0xc1, 0xd0, 0xd1, 0xe0, 0xf0
])
const FIXED_WIDTHS: Readonly<Record<number, number>> = { 0x4: 0, 0x5: 1, 0x6: 2, 0x7: 4, 0x8: 8, 0x9: 16 }
const isMap = (code: number): boolean => code === 0xc1 || code === 0xd1

const MALFORMED = -1

/** What the value beginning at `at` is, and where it ends; undefined if it is not well-formed or does not end by `end`. */
export interface Extent {
  /** Of a described value whose descriptor is a small or full ulong; else undefined. */
  readonly descriptor: number | undefined
  /** The encoding of the value proper. */
  readonly code: number
  readonly end: number
}

export function extentOf(bytes: Buffer, at: number, end: number): Extent | undefined {
  let descriptor: number | undefined
  let start = at
  if (bytes[at] === DESCRIBED) {
    descriptor = ulongAt(bytes, at + 1, end)
    start = valueEnd(bytes, at + 1, end, 1)
    if (start === MALFORMED) { return undefined }
  }
  const valueEndsAt = start < end && bytes[start] !== DESCRIBED ? valueEnd(bytes, start, end, 1) : MALFORMED
  return valueEndsAt === MALFORMED ? undefined : { descriptor, code: bytes[start]!, end: valueEndsAt }
}

function ulongAt(bytes: Buffer, at: number, end: number): number | undefined {
  if (bytes[at] === 0x53 && at + 2 <= end) { return bytes[at + 1] }
  if (bytes[at] === 0x80 && at + 9 <= end) { return bytes.readUInt32BE(at + 1) === 0 ? bytes.readUInt32BE(at + 5) : undefined }
  return undefined
}

/** Where the value at `at` ends, or MALFORMED. */
function valueEnd(bytes: Buffer, at: number, end: number, depth: number): number {
  if (at >= end || depth > MAX_DEPTH) { return MALFORMED }
  const code = bytes[at]!
  if (code !== DESCRIBED) { return contentEnd(bytes, code, at + 1, end, depth) }
  const value = valueEnd(bytes, at + 1, end, depth + 1)
  return value === MALFORMED ? MALFORMED : valueEnd(bytes, value, end, depth + 1)
}

function contentEnd(bytes: Buffer, code: number, at: number, end: number, depth: number): number {
  if (!CODES.has(code)) { return MALFORMED }
  const category = code >> 4
  const fixed = FIXED_WIDTHS[category]
  if (fixed !== undefined) { return at + fixed <= end ? at + fixed : MALFORMED }
  // the low bit of the category says whether sizes and counts take one byte or four
  const width = (category & 1) === 0 ? 1 : 4
  if (at + width > end) { return MALFORMED }
  const size = width === 1 ? bytes[at]! : bytes.readUInt32BE(at)
  const limit = at + width + size
  if (limit > end) { return MALFORMED }
  if (category < 0xc) { return limit }
  if (at + 2 * width > limit) { return MALFORMED }
  const count = width === 1 ? bytes[at + width]! : bytes.readUInt32BE(at + width)
  const first = at + 2 * width
  if (category >= 0xe) { return arrayEnd(bytes, first, limit, count, depth) }
  if (isMap(code) && count % 2 !== 0) { return MALFORMED }
  // each element takes at least its constructor's byte
  if (count > limit - first) { return MALFORMED }
  let next = first
  for (let i = 0; i < count; i++) {
    next = valueEnd(bytes, next, limit, depth + 1)
    if (next === MALFORMED) { return MALFORMED }
  }
  return next === limit ? limit : MALFORMED
}

function arrayEnd(bytes: Buffer, at: number, limit: number, count: number, depth: number): number {
  let next = at
  if (bytes[at] === DESCRIBED) {
    next = valueEnd(bytes, at + 1, limit, depth + 1)
    if (next === MALFORMED) { return MALFORMED }
  }
  if (next >= limit || depth >= MAX_DEPTH) { return MALFORMED }
  const code = bytes[next++]!
  const isEmpty = FIXED_WIDTHS[code >> 4] === 0
  if (code === DESCRIBED || count > (isEmpty ? MAX_EMPTY_ELEMENTS : limit - next)) { return MALFORMED }
  for (let i = 0; i < count; i++) {
    next = contentEnd(bytes, code, next, limit, depth + 1)
    if (next === MALFORMED) { return MALFORMED }
  }
  return next === limit ? limit : MALFORMED
}
