import { chmodSync } from 'node:fs'
import { expect, test } from 'vitest'
import { requireTools } from '../../scripts/lib/tools.mjs'
import { put, scratch } from './checkout.js'

function pathWith(...tools: string[]): string {
  const folder = scratch()
  for (const tool of tools) chmodSync(put(folder, tool, ''), 0o755)
  return folder
}

const others = ['make', 'gcc', 'tar', 'gzip', 'bzip2', 'patch', 'apt-get']

test('all missing tools are named together with the one command that installs them', () => {
  expect(() => requireTools({ path: pathWith(...others), asRoot: false })).toThrow(
    'missing tools: cmake, g++. Install with: sudo apt-get install -y cmake g++')
})

test('root is not told to use sudo', () => {
  expect(() => requireTools({ path: pathWith('cmake', ...others), asRoot: true })).toThrow(
    'missing tool: g++. Install with: apt-get install -y g++')
})

test('a machine without apt-get is told the packages to look for', () => {
  expect(() => requireTools({ path: pathWith('make'), asRoot: false })).toThrow(/package manager \(on Debian: cmake gcc g\+\+ /)
})

test('a file that cannot be executed is no tool', () => {
  const path = pathWith('cmake', 'g++', ...others)
  chmodSync(`${path}/cmake`, 0o644)
  expect(() => requireTools({ path, asRoot: true })).toThrow('missing tool: cmake')
})

test('nothing is said when all of them are there', () => {
  expect(() => requireTools({ path: pathWith('cmake', 'g++', ...others) })).not.toThrow()
})
