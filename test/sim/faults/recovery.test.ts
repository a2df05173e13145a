// How the time from the network's return to the connection is measured.

import { expect, test } from 'vitest'
import { Recovery } from '../../../src/sim/faults/recovery.js'

function recovery() {
  let nowMs = 0
  const measured = new Recovery(() => nowMs)
  measured.connected()
  return { measured, at: (ms: number) => { nowMs = ms } }
}

test('what counts is the time from the end of the fault to the connection, not the fault', () => {
  const { measured, at } = recovery()
  measured.began()
  measured.disconnected()
  at(100_000)
  measured.ended(false)
  at(107_000)
  measured.connected()
  expect(measured.longestMs).toBe(7000)
})

test('as long as another fault stands in the way, the connection is not due', () => {
  const { measured, at } = recovery()
  measured.began()
  measured.disconnected()
  measured.began()
  at(10_000)
  measured.ended(false)
  at(90_000)
  measured.ended(false)
  at(95_000)
  measured.connected()
  expect(measured.longestMs).toBe(5000)
})

test('a connection that ends without a fault is due at once', () => {
  const { measured, at } = recovery()
  at(1000)
  measured.disconnected()
  at(3000)
  measured.connected()
  expect(measured.longestMs).toBe(2000)
})

test('a connection that has not come yet counts as far as it was waited for', () => {
  const { measured, at } = recovery()
  measured.disconnected()
  at(70_000)
  expect(measured.longestMs).toBe(70_000)
})

test('a connection that survived the fault is not waited for', () => {
  const { measured, at } = recovery()
  measured.began()
  at(1000)
  measured.ended(false)
  at(70_000)
  expect(measured.longestMs).toBe(0)
})

test('half-open connections are measured apart, from the return until the device noticed and connected anew', () => {
  const { measured, at } = recovery()
  measured.began()
  at(1000)
  measured.ended(true) // the device believes that it is connected
  at(201_000)
  measured.disconnected()
  at(202_000)
  measured.connected()
  expect([measured.longestMs, measured.longestHalfOpenMs]).toEqual([0, 201_000])
})
