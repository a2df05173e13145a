// The modem without a device: what it answers, and that its network is this computer's loopback only.

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openModem, type Modem } from '../../src/firmware/index.js'

describe('an ESP-AT modem', () => {
  let modem: Modem
  let wire: Socket
  let heard = ''
  beforeEach(async () => {
    modem = await openModem({ clock: () => 1_764_347_000_999 })
    wire = connect(modem.port, '127.0.0.1')
    heard = ''
    wire.on('data', (bytes: Buffer) => { heard += bytes.toString('latin1') })
    await says(/WIFI GOT IP\r\n/)
    await told('ATE0', /ATE0\r\n\r\nOK\r\n/)
  })
  afterEach(async () => {
    wire.destroy()
    await modem[Symbol.asyncDispose]()
  })

  const says = async (pattern: RegExp): Promise<string> => {
    await expect.poll(() => heard, { timeout: 5000 }).toMatch(pattern)
    const all = heard
    heard = ''
    return all
  }
  const told = (command: string, answer: RegExp): Promise<string> => {
    heard = ''
    wire.write(`${command}\r\n`)
    return says(answer)
  }

  test('connects to nothing but the loopback', async () => {
    await told('AT+CIPSTART=0,"TCP","192.0.2.1",80', /DNS Fail\r\n\r\nERROR\r\n/)
    await told('AT+CIPSTART=0,"TCP","example.com",80', /DNS Fail\r\n\r\nERROR\r\n/)
  })

  test('keeps what arrives until it is asked for, and tells the end after it', async () => {
    const server = createServer((peer) => { peer.end('hello') })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await told('AT+CIPRECVTYPE=5,1', /OK/)
    await told(`AT+CIPSTART=2,"TCP","127.0.0.1",${(server.address() as AddressInfo).port}`, /2,CONNECT\r\n\r\nOK\r\n[^]*\+IPD,2,5\r\n/)
    await told('AT+CIPRECVDATA=2,3', /^\+CIPRECVDATA:3,hel\r\n\r\nOK\r\n/)
    await told('AT+CIPRECVDATA=2,9', /\+CIPRECVDATA:2,lo\r\n\r\nOK\r\n/)
    await told('AT+CIPRECVDATA=2,9', /^ERROR/)
    server.close()
  })

  test('tells the time, joins with the right password only, and knows no other commands', async () => {
    await told('AT+SYSTIMESTAMP?', /^\+SYSTIMESTAMP:1764347000\r\n\r\nOK/)
    await told('AT+CWJAP="home","wrong"', /\+CWJAP:3\r\n\r\nFAIL/)
    await told('AT+CWJAP="home","secret"', /WIFI GOT IP\r\n\r\nOK/)
    await told('AT+GSLP=1', /^ERROR/)
  })
})
