import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { installNpm, npmIsCurrent } from '../../scripts/lib/npm.mjs'
import { put, scratch, withPrograms } from './checkout.js'

const lock = {
  '': {},
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/b': { version: '2.0.0', integrity: 'sha512-b', dev: true },
  'node_modules/c': { version: '3.0.0', integrity: 'sha512-c', optional: true },
}

function checkout(installed: Record<string, object> | null): string {
  const root = scratch()
  put(root, 'package.json', '{}')
  put(root, 'package-lock.json', JSON.stringify({ packages: lock }))
  if (installed !== null) put(root, 'node_modules/.package-lock.json', JSON.stringify({ packages: installed }))
  return root
}

describe('node_modules is current', () => {
  const { 'node_modules/a': a, 'node_modules/b': b } = lock

  test('for start without the development dependencies, for test with them', () => {
    const root = checkout({ 'node_modules/a': a })
    expect(npmIsCurrent(root, 'start')).toBe(true)
    expect(npmIsCurrent(root, 'test')).toBe(false)
  })

  test('for start, too, when everything is installed', () => {
    const root = checkout({ 'node_modules/a': a, 'node_modules/b': b })
    expect(npmIsCurrent(root, 'start')).toBe(true)
    expect(npmIsCurrent(root, 'test')).toBe(true)
  })

  test('no longer when the lock file asks for another version', () => {
    expect(npmIsCurrent(checkout({ 'node_modules/a': { ...a, version: '1.0.1' } }), 'start')).toBe(false)
  })

  test('not before npm has written its record, as after an interrupted installation', () => {
    const root = checkout(null)
    put(root, 'node_modules/a/package.json', '{}')
    expect(npmIsCurrent(root, 'start')).toBe(false)
  })
})

describe('installing', () => {
  test('asks npm for the locked versions, without the development dependencies for start', async () => {
    const root = checkout(null)
    const log = join(root, 'npm.log')
    await withPrograms({ npm: 'echo "$@"' }, () => installNpm(root, 'start', log))
    expect(readFileSync(log, 'utf8')).toMatch(/^ci --omit=dev /)
    await withPrograms({ npm: 'echo "$@"' }, () => installNpm(root, 'test', log))
    expect(readFileSync(log, 'utf8')).toMatch(/^ci --include=dev /)
  })

  test('shows npm\'s words only when it failed', async () => {
    const root = checkout(null)
    const failing = withPrograms({ npm: 'echo "no such host" >&2; exit 3' }, () => installNpm(root, 'start', join(root, 'npm.log')))
    await expect(failing).rejects.toThrow(/ended with 3[^]*no such host/)
  })

  test('without a lock file says how to get it back', async () => {
    const root = scratch()
    put(root, 'package.json', '{}')
    await expect(installNpm(root, 'start', join(root, 'npm.log'))).rejects.toThrow('git checkout package-lock.json')
  })
})
