import { expect, test } from 'vitest'
import { toBeCompleteAndInOrder } from '../../src/sim/complete.js'
import { Ledger } from '../../src/sim/ledger.js'

test('a message that was acknowledged but never arrived is lost, one still under way is pending', () => {
  const ledger = new Ledger()
  ledger.queued('1-1')
  ledger.acknowledged('1-1')
  ledger.queued('1-2')
  expect(ledger.account).toMatchObject({ queued: 2, arrived: 0, lost: 1, pending: 1, dropped: 0 })
})

test('what was only in RAM when power went is dropped, not lost', () => {
  const ledger = new Ledger()
  ledger.queued('1-1')
  ledger.powerLost()
  expect(ledger.account).toMatchObject({ dropped: 1, lost: 0, pending: 0 })
})

test('what was on its way when power went and arrives all the same is not dropped', () => {
  const ledger = new Ledger()
  ledger.queued('1-1')
  ledger.powerLost()
  ledger.arrived('1-1')
  expect(ledger.account).toMatchObject({ arrived: 1, dropped: 0, lost: 0 })
})

test('what was stored stays due over a power cut, and is lost once it is on flash no more', () => {
  let onFlash = 2
  const ledger = new Ledger(() => onFlash)
  for (const id of ['1-1', '1-2']) {
    ledger.queued(id)
    ledger.stored(id)
  }
  ledger.powerLost()
  expect(ledger.account).toMatchObject({ dropped: 0, lost: 0, pending: 2 })
  onFlash = 1
  expect(ledger.account).toMatchObject({ dropped: 0, lost: 1, pending: 1 })
})

test('what the device gave up is dropped, and what was too old expired', () => {
  const ledger = new Ledger()
  for (const id of ['1-1', '1-2']) ledger.queued(id)
  ledger.stored('1-1')
  ledger.dropped('1-1')
  ledger.expired('1-2')
  expect(ledger.account).toMatchObject({ dropped: 1, expired: 1, pending: 0 })
})

test('a second arrival is a duplicate, and order is that of first arrivals over restarts', () => {
  const ledger = new Ledger()
  for (const id of ['1-1', '1-3', '1-2', '1-3', '2-1']) ledger.arrived(id)
  expect(ledger.account).toMatchObject({ arrived: 4, duplicates: 1, reordered: 1 })
})

test('an empty list is not complete, and the matcher names what is wrong', () => {
  const ledger = new Ledger()
  const list = () => Object.assign([], { account: ledger.account })
  expect(toBeCompleteAndInOrder(list()).pass).toBe(false)
  ledger.queued('1-1')
  expect(toBeCompleteAndInOrder(list()).message()).toBe('of 1 messages: 1 pending')
  ledger.arrived('1-1')
  expect(toBeCompleteAndInOrder(list()).pass).toBe(true)
})
