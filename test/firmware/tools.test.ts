// What is missing is named with the one command that brings it.

import { expect, test } from 'vitest'
import { loadBoard } from '../../src/board/index.js'
import { buildTools, howToInstall, runTools } from '../../src/firmware/index.js'

test('on a machine without any of the tools one command installs them all', () => {
  const board = loadBoard('qemu-mps2')
  expect(howToInstall([...buildTools(board), ...runTools(board)], '/nowhere'))
    .toBe('apt-get install -y gcc-arm-none-eabi libnewlib-arm-none-eabi cmake make patch xz-utils qemu-system-arm')
})

test('where all are there, nothing is to be installed', () => {
  expect(howToInstall(['node'], process.execPath.replace(/\/node$/, ''))).toBeUndefined()
})

test('a RISC-V board needs another compiler, another C library and another emulator', () => {
  const board = loadBoard('qemu-rv32')
  expect(howToInstall([...buildTools(board), ...runTools(board)], '/nowhere'))
    .toBe('apt-get install -y gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf cmake make patch xz-utils qemu-system-misc')
})
