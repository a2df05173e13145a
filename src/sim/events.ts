/** The byte frames in which a device tells its news, decoded. The C side of this is native/port/sim/buffer.h. */

export const logLevels = ['debug', 'info', 'warning', 'error'] as const
export type LogLevel = typeof logLevels[number]

/** enum tt_notice_kind. */
export const noticeKinds = ['', 'connected', 'disconnected', 'queued', 'acknowledged', 'crashed', 'safeMode', 'renewed', 'refused', 'cut', 'stored', 'dropped', 'expired', 'left', 'provisioned'] as const
export type NoticeKind = Exclude<typeof noticeKinds[number], ''>

export type DeviceNews =
  | { readonly type: 'log', readonly level: LogLevel, readonly text: string }
  | { readonly type: 'notice', readonly kind: NoticeKind, readonly code: number, readonly text: string }
  | { readonly type: 'connect', readonly stream: number, readonly host: string, readonly port: number }
  | { readonly type: 'write', readonly stream: number, readonly bytes: Uint8Array }
  | { readonly type: 'close', readonly stream: number }
  | { readonly type: 'restart', readonly why: 'power' | 'reset', readonly afterMs: number }

const headBytes = 16

/** Calls `each` in the order in which things happened; byte arrays are borrowed for the call. */
export function decodeNews(frames: Buffer, length: number, each: (news: DeviceNews) => void): void {
  let at = 0
  while (at < length) {
    const kind = frames.readInt32LE(at)
    const a = frames.readInt32LE(at + 4)
    const b = frames.readInt32LE(at + 8)
    const begin = at + headBytes
    const end = begin + frames.readInt32LE(at + 12)
    at = end
    switch (kind) {
      case 1: each({ type: 'log', level: logLevels[a] ?? 'error', text: frames.toString('utf8', begin, end) }); break
      case 2: each({ type: 'notice', kind: noticeKinds[a] as NoticeKind, code: b, text: frames.toString('utf8', begin, end) }); break
      case 3: each({ type: 'connect', stream: a, port: b, host: frames.toString('utf8', begin, end) }); break
      case 4: each({ type: 'write', stream: a, bytes: frames.subarray(begin, end) }); break
      case 5: each({ type: 'close', stream: a }); break
      case 6: each({ type: 'restart', why: a === 0 ? 'power' : 'reset', afterMs: b * 1000 }); break
      default: throw new Error(`the addon told of something unknown (${kind}). Run: npm run setup`)
    }
  }
}
