// One set-up at a time for a checkout; a lock whose holder died is taken over.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const BEAT_MS = 2_000
// A holder beats every BEAT_MS even while it waits for a compiler; five missed beats and a recycled pid is no holder.
const STALE_MS = 5 * BEAT_MS
const POLL_MS = 200

/**
 * Runs `work` while holding `file`. `waiting(pid)` is called once when another process holds it.
 * @template T
 * @param {string} file
 * @param {() => T | Promise<T>} work
 * @param {{ waiting?: (pid: number) => void }} [options]
 */
export async function withLock(file, work, { waiting = () => {} } = {}) {
  mkdirSync(dirname(file), { recursive: true })
  let told = false
  while (!take(file)) {
    const holder = read(file)
    if (holder !== null && isStale(file, holder)) {
      discard(file, holder)
      continue
    }
    if (!told && holder !== null) {
      waiting(holder)
      told = true
    }
    await delay(POLL_MS)
  }
  const beat = setInterval(() => touch(file), BEAT_MS)
  try {
    return await work()
  } finally {
    clearInterval(beat)
    rmSync(file, { force: true })
  }
}

function take(file) {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function read(file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10)
  } catch {
    return null
  }
}

function isStale(file, pid) {
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE_MS) return true
    if (Number.isNaN(pid)) return false
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

// Two waiters may both see a stale lock: the rename has one winner, and a live lock taken by mistake is put back.
function discard(file, stale) {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (!Object.is(read(aside), stale)) {
    renameSync(aside, file)
    return
  }
  rmSync(aside, { force: true })
}

function touch(file) {
  try {
    const now = new Date()
    utimesSync(file, now, now)
  } catch {
    // Taken over: the new holder beats.
  }
}
