// What a firmware takes of flash and RAM, and whose it is.

import { describe, expect, test } from 'vitest'
import { ramBytes } from '../../src/board/index.js'
import { buildFirmware, measureFirmware } from '../../src/firmware/index.js'
import { jsonLines, tinytwin } from '../cli/fake.js'
import { install, unless } from './bench.js'

const map = `
Discarded input sections
 .text.gone     0x00000000       0x40 libmbedtls.a(aes.c.obj)

Linker script and memory map

.text           0x00000000      0x130
 .text.short    0x00000000       0x10 libttcore.a(app.c.obj)
 .text.a_name_that_has_a_line_of_its_own
                0x00000010      0x100 libmbedtls.a(aes.c.obj)
 *fill*         0x00000110       0x20 
.data           0x20000000        0x8 load address 0x00000130
 .data.x        0x20000000        0x8 libnetwork.a(netif.c.obj)
.bss            0x20000008       0x90
 .bss.tls_memory
                0x20000008       0x80 CMakeFiles/firmware.elf.dir/main/firmware/firmware.c.obj
 .bss.y         0x20000088       0x10 libwasm3.a(m3_env.c.obj)
.stack          0x20000098       0x40
.debug_info     0x00000000     0x9999
`

test('an app without a board, or a board without a firmware, is refused in a sentence', async () => {
  expect((await tinytwin('size', 'blink')).err).toBe('error: the size of a firmware needs both: tinytwin size APP --board BOARD\n')
  expect((await tinytwin('size', 'blink', '--board', 'host')).err)
    .toBe("error: board 'host' has no firmware; give its board.json a 'firmware' or take another board\n")
})

test('the map is summed by component; initial values count in flash and RAM, gaps as alignment', () => {
  expect(measureFirmware(map)).toEqual({
    flash: 0x138,
    ram: 0xd8,
    components: {
      core: { flash: 0x10, ram: 0 },
      mbedtls: { flash: 0x100, ram: 0 },
      network: { flash: 8, ram: 8 },
      'heap of TLS': { flash: 0, ram: 0x80 },
      wasm3: { flash: 0, ram: 0x10 },
      stacks: { flash: 0, ram: 0x40 },
      alignment: { flash: 0x20, ram: 0 },
    },
  })
})

describe.skipIf(install !== undefined)(`the coffee machine on qemu-mps2${unless}`, () => {
  test('fits in 230 KiB of flash with its app and in 128 KiB of RAM with records of 16 KiB, and its parts add up', async () => {
    const { size, app, board } = await buildFirmware({ board: 'qemu-mps2', app: 'coffee-machine' })
    expect(size.flash + app.wasm.length).toBeLessThanOrEqual(230 * 1024)
    expect(board.network.tls.receiveBytes).toBe(16384)
    expect(size.ram).toBeLessThanOrEqual(128 * 1024)
    // What the board's file declares is what builds elsewhere are held against.
    expect(size.ram).toBeLessThanOrEqual(ramBytes(board, board.chip))
    expect(size.ram).toBeGreaterThan(0.9 * ramBytes(board, board.chip))
    const parts = Object.values(size.components)
    expect(parts.reduce((sum, part) => sum + part.flash, 0)).toBe(size.flash)
    expect(parts.reduce((sum, part) => sum + part.ram, 0)).toBe(size.ram)
  }, 240_000)

  test('is told by the command line in one object, the app and the path of the image with it', async () => {
    const { code, out } = await tinytwin('size', 'coffee-machine', '--board', 'qemu-mps2', '--json')
    const { size, app, elf } = await buildFirmware({ board: 'qemu-mps2', app: 'coffee-machine' })
    expect(code).toBe(0)
    expect(jsonLines(out).at(-1)).toEqual({
      type: 'size', board: 'qemu-mps2', app: 'coffee-machine', elf, flash: size.flash + app.wasm.length, ram: size.ram,
      components: { ...size.components, app: { flash: app.wasm.length, ram: 0 } },
    })
  }, 240_000)
})
