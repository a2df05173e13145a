// What the tests of HTTP share: raw TLS sockets, so that each byte is the test's own, and a reader of responses.

import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

export const ADDRESS = '127.0.0.1'

export function tls(port: number, ca: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: ADDRESS, port, ca, ...options }, () => resolve(socket))
    socket.on('error', reject)
  })
}

/** Everything until the other side closes. */
export async function everything(socket: TLSSocket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise((resolve) => { socket.once('close', resolve) })
  return Buffer.concat(chunks).toString('latin1')
}

export interface Answer { readonly status: number; readonly headers: Record<string, string>; readonly body: string }

/** Exactly one response with a Content-Length or 204; more bytes are an error. */
export async function answerOn(socket: TLSSocket): Promise<Answer> {
  let text = ''
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) { return }
      const [line, ...fields] = text.slice(0, end).split('\r\n')
      const headers = Object.fromEntries(fields.map((field) => {
        const colon = field.indexOf(':')
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()]
      }))
      const body = text.slice(end + 4)
      const length = Number(headers['content-length'] ?? 0)
      if (body.length < length) { return }
      socket.off('data', read)
      if (body.length > length) {
        reject(new Error('more than one response'))
        return
      }
      resolve({ status: Number(line!.split(' ')[1]), headers, body: Buffer.from(body, 'latin1').toString('utf8') })
    }
    socket.on('data', read)
    socket.once('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)))
  })
}
