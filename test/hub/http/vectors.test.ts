// The wire cases of test/vectors/http.json against Node's own HTTP: an independent reader of what the C client reads, and a server for what it writes.

import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, get } from 'node:http'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { expect, test } from 'vitest'

interface Case {
  name: string
  /** Where we are stricter than Node, or Node reads on and fails where we stop; and then not compared. */
  strict?: true
  response?: string
  ended?: true
  closed?: true
  refuse?: true
  status?: number
  body?: string
  request?: string
  method?: string
  target?: string
  host?: string
  header?: string
  value?: string
  length?: number
}

const cases = JSON.parse(readFileSync(new URL('../../vectors/http.json', import.meta.url), 'utf8')) as Case[]

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return (server.address() as AddressInfo).port
}

async function readByNode({ response = '', ended }: Case): Promise<{ status: number, body: string } | 'refused'> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      if (ended) socket.end(response)
      else socket.write(response)
    })
  })
  const port = await listening(server)
  try {
    return await new Promise((resolve) => {
      const refused = () => resolve('refused')
      get({ port, host: '127.0.0.1' }, (message) => {
        const chunks: Buffer[] = []
        message.on('data', (chunk: Buffer) => chunks.push(chunk))
        message.on('end', () => resolve({ status: message.statusCode!, body: Buffer.concat(chunks).toString() }))
        message.on('error', refused)
      }).on('error', refused).on('upgrade', (_message, socket) => {
        socket.destroy()
        refused()
      })
    })
  } finally {
    server.close()
  }
}

test.each(cases.filter(({ response, strict }) => response !== undefined && strict === undefined))('node reads it as we do: $name', async (one) => {
  const { refuse, closed, status, body } = one
  expect(await readByNode(one)).toEqual(refuse || closed ? 'refused' : { status, body })
})

test.each(cases.filter(({ request }) => request !== undefined))('node\'s server reads what we write: $name', async ({ request, method, target, host, header, value, length }) => {
  const server = createHttpServer()
  const port = await listening(server)
  const socket = connect(port, '127.0.0.1')
  try {
    const seen = await new Promise((resolve) => {
      server.on('request', (message) => resolve({
        method: message.method, target: message.url, host: message.headers.host,
        length: Number(message.headers['content-length']), value: message.headers[header!.toLowerCase()],
      }))
      socket.write(request!)
    })
    expect(seen).toEqual({ method, target, host, length, value })
  } finally {
    socket.destroy()
    server.close()
  }
})
