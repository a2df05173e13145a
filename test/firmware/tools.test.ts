// What is missing is named with the one command that brings it.

import { expect, test } from 'vitest'
import { buildTools, howToInstall, runTools } from '../../src/firmware/index.js'

test('on a machine without any of the tools one command installs them all', () => {
  expect(howToInstall([...buildTools, ...runTools], '/nowhere'))
    .toBe('apt-get install -y gcc-arm-none-eabi libnewlib-arm-none-eabi cmake make patch xz-utils qemu-system-arm')
})

test('where all are there, nothing is to be installed', () => {
  expect(howToInstall(['node'], process.execPath.replace(/\/node$/, ''))).toBeUndefined()
})
