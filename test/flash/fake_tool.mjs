// Plays st-flash, openocd, dfu-util and stm32flash for tests: writes into and reads from a file that is an STM32's flash, and keeps every command line.
// fake_tool.mjs FOLDER PROGRAM ARGUMENT…; FOLDER/fail makes it fail, with that text.

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const [folder, program, ...args] = process.argv.slice(2)
const flashAddress = 0x08000000
const flashFile = join(folder, 'flash.bin')
const flash = existsSync(flashFile) ? readFileSync(flashFile) : Buffer.alloc(2 * 1024 * 1024, 0xff)

// Folders of files are another one each time.
const shown = args.map((word) => word.replaceAll(/\S*\/([^/\s]+\.bin)/g, '$1'))
appendFileSync(join(folder, 'commands'), `${[program, ...shown].map((word) => /\s/.test(word) ? `"${word}"` : word).join(' ')}\n`)

if (existsSync(join(folder, 'fail'))) {
  process.stderr.write(readFileSync(join(folder, 'fail')))
  process.exit(1)
}

function write(file, address) {
  const bytes = readFileSync(file)
  flash.set(bytes, address - flashAddress)
  writeFileSync(flashFile, flash)
  process.stdout.write(`${basename(file)}: 50% done\n`)
}

function read(file, address, bytes) {
  writeFileSync(file, flash.subarray(address - flashAddress, address - flashAddress + bytes))
}

const after = (name) => args[args.indexOf(name) + 1]

switch (program) {
  case 'st-flash': {
    const [verb, file, at, bytes] = args.filter((word) => word !== '--reset')
    if (verb === 'write') write(file, Number(at))
    else read(file, Number(at), Number(bytes))
    break
  }
  case 'openocd':
    for (const command of args) {
      const [verb, file, at, bytes] = command.split(' ')
      if (verb === 'program') write(file, Number(at))
      if (verb === 'dump_image') read(file, Number(at), Number(bytes))
    }
    break
  case 'dfu-util': {
    const [at, bytes] = after('-s').split(':')
    if (args.includes('-D')) write(after('-D'), Number(at))
    else read(after('-U'), Number(at), Number(bytes))
    break
  }
  case 'stm32flash': {
    const [at, bytes] = after('-S').split(':')
    if (args.includes('-w')) write(after('-w'), Number(at))
    else read(after('-r'), Number(at), Number(bytes))
    break
  }
  default: process.exit(2)
}
