import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withLock } from '../../scripts/lib/lock.mjs'
import { put, scratch } from './checkout.js'

test('two holders never overlap, and the second is told whom it waits for', async () => {
  const file = join(scratch(), 'lock')
  const steps: string[] = []
  const holder = (name: string) => async () => {
    steps.push(`${name} in`)
    await new Promise(setImmediate)
    steps.push(`${name} out`)
  }
  const waitedFor: number[] = []
  const first = withLock(file, holder('a'))
  await Promise.all([first, withLock(file, holder('b'), { waiting: (pid) => { waitedFor.push(pid) } })])
  expect(steps).toEqual(['a in', 'a out', 'b in', 'b out'])
  expect(waitedFor).toEqual([process.pid])
  expect(existsSync(file)).toBe(false)
})

test('the lock of a process that is gone is taken over', async () => {
  const { pid } = spawnSync('true')
  const file = put(scratch(), 'lock', `${pid}\n`)
  expect(await withLock(file, () => readFileSync(file, 'utf8'))).toBe(`${process.pid}\n`)
})

test('the lock of a recycled process number is taken over once it stops being renewed', async () => {
  const file = put(scratch(), 'lock', `${process.pid}\n`)
  const longAgo = new Date(Date.now() - 60_000)
  utimesSync(file, longAgo, longAgo)
  expect(await withLock(file, () => 'done')).toBe('done')
})

test('the lock is given back when the work fails', async () => {
  const file = join(scratch(), 'lock')
  await expect(withLock(file, () => { throw new Error('no') })).rejects.toThrow('no')
  expect(existsSync(file)).toBe(false)
})
