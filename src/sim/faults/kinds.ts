/** The one table of faults: what each is called, what it does, how long it may last and how it is begun and ended. */

import { errors } from '../../abi/abi.js'
import type { Cloud } from '../cloud.js'
import { parseSpan } from '../duration.js'
import type { Machine } from '../machine.js'
import type { Plug } from '../network.js'
import type { Weather } from '../weather.js'

/** What a fault of one device can get at. */
export interface FaultSite {
  readonly deviceId: string
  readonly machine: Machine
  readonly plug: Plug
  readonly weather: Weather
  readonly cloud: Cloud
  /** Ahead of or behind the right time, several add up; undefined: not set. */
  shiftClock(ms: number | undefined): () => void
  /** Every program and erase of flash fails. */
  failFlash(): () => void
  /** The power goes in the next program or erase of flash, after so many bytes of it. */
  tearFlash(bytes: number): void
  /** Power off and on, both counted: it is on when nobody keeps it off. */
  powerOff(): () => void
  /** The watchdog's time after the loops stopped, then a reset. */
  watchdog(): void
}

interface Kind {
  readonly doc: string
  /** A moment has no duration, a window has one, either may have one. */
  readonly lasts: 'moment' | 'window' | 'either'
  /** What may be given with it as KIND=VALUE, in words, and its default. */
  readonly value?: { readonly name: string, readonly doc: string, readonly otherwise: string, readonly parse: (text: string) => number }
  /** As long as it lasts, and at its end, the device cannot be expected to be connected: the connection is due from then on. */
  readonly parts: boolean
  /** With --fault random: the longest, in hours; 0 for a moment. */
  readonly longestH: number
  /** The result ends it; a moment's ends at once. */
  begin(site: FaultSite, value: number): () => void
}

const done = (): void => {}

const span = (text: string): number => text.startsWith('-') ? -parseSpan(text.slice(1)) : parseSpan(text)

function within(min: number, max: number) {
  return (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw new RangeError(`'${text}' is not a whole number from ${min} to ${max}`)
    return value
  }
}

const table = {
  'net.down': {
    doc: 'The network is gone: connections end, new ones fail at once. Its return is told to the device.',
    lasts: 'window', parts: true, longestH: 24,
    begin: ({ plug }) => plug.pull(),
  },
  'net.half-open': {
    doc: 'All bytes vanish and no end is ever told; connections there were stay dead for good, new ones are not answered.',
    lasts: 'either', parts: true, longestH: 6,
    begin: ({ weather }) => weather.silence(),
  },
  'net.slow': {
    doc: 'Bytes take their time: latency each way, and 2 KiB a second.',
    lasts: 'window', parts: true, longestH: 12,
    value: { name: 'LATENCY', doc: 'a span', otherwise: '800ms', parse: span },
    begin: ({ weather }, latencyMs) => weather.drag({ latencyMs, bytesPerSecond: 2048, loss: 0 }),
  },
  'net.lossy': {
    doc: 'Segments are lost and sent again by TCP after 1, 2, 4 … s; a connection that loses one six times ends.',
    lasts: 'window', parts: true, longestH: 12,
    value: { name: 'PERCENT', doc: 'of the segments, 1 to 99', otherwise: '25', parse: within(1, 99) },
    begin: ({ weather }, percent) => weather.drag({ latencyMs: 50, bytesPerSecond: Infinity, loss: percent / 100 }),
  },
  'net.reset': {
    doc: 'The connection is reset at both ends.',
    lasts: 'moment', parts: true, longestH: 0,
    begin: ({ weather }) => {
      weather.reset()
      return done
    },
  },
  'dns.fail': {
    doc: 'The hub\'s name is not found; connections there are go on.',
    lasts: 'window', parts: true, longestH: 12,
    begin: ({ weather }) => weather.refuse(errors.notFound.code),
  },
  'tls.fail': {
    doc: 'The hub\'s certificate is not trusted; connections there are go on.',
    lasts: 'window', parts: true, longestH: 12,
    begin: ({ weather }) => weather.refuse(errors.untrusted.code),
  },
  'hub.restart': {
    doc: 'The hub closes all connections, is away, and comes back with what it had stored.',
    lasts: 'either', parts: true, longestH: 2,
    begin: ({ cloud }) => cloud.restart(),
  },
  'hub.throttle': {
    doc: 'The hub says 429 to all that is asked of it: CONNACK 3, refused twin requests, telemetry that ends the connection.',
    lasts: 'window', parts: true, longestH: 6,
    begin: ({ cloud }) => cloud.throttle(),
  },
  'hub.kick': {
    doc: 'Another client connects with the device\'s id, which ends the device\'s connection, and does so again whenever it lost its own.',
    lasts: 'either', parts: true, longestH: 1,
    begin: ({ cloud, deviceId }) => cloud.kick(deviceId),
  },
  'token.skew': {
    doc: 'The hub\'s clock is ahead, so that new tokens have expired for it.',
    lasts: 'window', parts: true, longestH: 8,
    value: { name: 'SPAN', doc: 'how far, also negative', otherwise: '2h', parse: span },
    begin: ({ cloud }, ms) => cloud.skew(ms),
  },
  'clock.jump': {
    doc: 'The device\'s clock jumps, and jumps back at the end.',
    lasts: 'window', parts: true, longestH: 8,
    value: { name: 'SPAN', doc: 'how far, also negative', otherwise: '-2h', parse: span },
    begin: ({ shiftClock }, ms) => shiftClock(ms),
  },
  'clock.unset': {
    doc: 'The device does not know the time, also after a restart, until the end sets its clock.',
    lasts: 'window', parts: true, longestH: 4,
    begin: ({ shiftClock }) => shiftClock(undefined),
  },
  'flash.torn': {
    doc: 'The power goes in the middle of the next flash write, of which a few bytes are done, and comes back at once.',
    lasts: 'moment', parts: false, longestH: 0,
    value: { name: 'BYTES', doc: 'done of it, 0 to 4096', otherwise: '5', parse: within(0, 4096) },
    begin: ({ tearFlash }, bytes) => {
      tearFlash(bytes)
      return done
    },
  },
  'flash.fail': {
    doc: 'Every write and every erase of flash fails; reading goes on.',
    lasts: 'window', parts: false, longestH: 4,
    begin: ({ failFlash }) => failFlash(),
  },
  'power.cut': {
    doc: 'The power goes without a word and comes back at the end: RAM is lost, the flash stays.',
    lasts: 'either', parts: true, longestH: 3,
    begin: ({ powerOff }) => powerOff(),
  },
  'watchdog': {
    doc: 'The loops hang until the watchdog resets the device.',
    lasts: 'moment', parts: false, longestH: 0,
    begin: ({ watchdog }) => {
      watchdog()
      return done
    },
  },
  'crash': {
    doc: 'The app\'s next event ends in a trap.',
    lasts: 'moment', parts: false, longestH: 0,
    begin: ({ machine }) => {
      machine.trap()
      return done
    },
  },
  'i2c.silent': {
    doc: 'No device on any I2C bus answers.',
    lasts: 'window', parts: false, longestH: 12,
    begin: ({ machine }) => machine.pins.silence(),
  },
  'adc.stuck': {
    doc: 'Every analog input stays where it is, or at a voltage.',
    lasts: 'window', parts: false, longestH: 12,
    value: { name: 'MILLIVOLTS', doc: '0 to 5000', otherwise: '', parse: within(0, 5000) },
    begin: ({ machine }, millivolts) => machine.pins.stick(Number.isNaN(millivolts) ? undefined : millivolts),
  },
} satisfies Record<string, Kind>

export type FaultKind = keyof typeof table

export const faultKinds: Readonly<Record<FaultKind, Kind>> = table
export const faultNames = Object.keys(table) as FaultKind[]
