/** What of an ELF file lies in flash, partition by partition. Knows no board but its partitions and no program. */

import type { Board } from '../board/index.js'
import { FlashError } from './error.js'
import type { WritePart } from './flasher.js'

interface Section {
  readonly address: number
  readonly bytes: Uint8Array
}

const pieces = { programBits: 1, arrayInit: 14, arrayFini: 15, armIndex: 0x7000_0001 } as const
const alloc = 2
const load = 1

/**
 * By the sections and where they are loaded (System V ABI, ELF32 little endian): segments would include the file's own headers.
 * One part for each partition that has something, gaps erased.
 */
export function elfParts(elf: Uint8Array, board: Board, label: string): WritePart[] {
  const flashAddress = Number(board.chip.flashAddress ?? 0)
  const sections = sectionsOf(Buffer.from(elf), label)
  const parts = board.flash.partitions.flatMap(({ name, use, atKib, kib }): WritePart[] => {
    const start = flashAddress + atKib * 1024
    const own = sections.filter(({ address }) => address >= start && address < start + kib * 1024)
    if (own.length === 0) return []
    if (use !== 'boot' && use !== 'firmware') throw new FlashError(`${label} has code in partition '${name}', which is for ${use}`)
    const end = Math.max(...own.map(({ address, bytes }) => address + bytes.length))
    if (end > start + kib * 1024) throw new FlashError(`${label} does not fit in partition '${name}'`)
    const bytes = Buffer.alloc(end - start, 0xff)
    for (const section of own) bytes.set(section.bytes, section.address - start)
    return [{ label, partition: name, offset: atKib * 1024, bytes }]
  })
  const written = sections.filter(({ address }) => parts.some(({ offset, bytes }) => address >= flashAddress + offset && address < flashAddress + offset + bytes.length))
  if (written.length !== sections.length || parts.length === 0) throw new FlashError(`${label} is not for board '${board.name}': it has something outside its flash. Build it again`)
  return parts
}

function sectionsOf(elf: Buffer, label: string): Section[] {
  if (elf.length < 52 || elf.toString('latin1', 0, 6) !== '\x7fELF\x01\x01') throw new FlashError(`${label} is no 32-bit little-endian ELF file`)
  const segments = table(elf, 28, 42).map((at) => ({
    type: elf.readUInt32LE(at), offset: elf.readUInt32LE(at + 4), physical: elf.readUInt32LE(at + 12), fileBytes: elf.readUInt32LE(at + 16),
  })).filter(({ type }) => type === load)
  return table(elf, 32, 46).flatMap((at): Section[] => {
    const type = elf.readUInt32LE(at + 4)
    const size = elf.readUInt32LE(at + 20)
    if (!Object.values<number>(pieces).includes(type) || (elf.readUInt32LE(at + 8) & alloc) === 0 || size === 0) return []
    const offset = elf.readUInt32LE(at + 16)
    const segment = segments.find((entry) => offset >= entry.offset && offset + size <= entry.offset + entry.fileBytes)
    if (segment === undefined || offset + size > elf.length) throw new FlashError(`${label} is cut or damaged. Build it again`)
    return [{ address: segment.physical + offset - segment.offset, bytes: elf.subarray(offset, offset + size) }]
  })
}

// Offsets of a table's rows: its place at `place`, size and count of rows at `shape`.
function table(elf: Buffer, place: number, shape: number): number[] {
  const start = elf.readUInt32LE(place)
  const bytes = elf.readUInt16LE(shape)
  const rows = Array.from({ length: elf.readUInt16LE(shape + 2) }, (_, index) => start + index * bytes)
  return rows.filter((at) => at + bytes <= elf.length)
}
