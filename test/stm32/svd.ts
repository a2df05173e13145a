// ST's register descriptions, as far as a header can be checked against them: peripherals, registers, fields, interrupts.

import { inflateRawSync } from 'node:zlib'

export interface Field { readonly bitOffset: number, readonly bitWidth: number }
export interface Register { readonly offset: number, readonly fields: ReadonlyMap<string, Field> }
export interface Peripheral { readonly baseAddress: number, readonly registers: ReadonlyMap<string, Register> }
export interface Svd { readonly peripherals: ReadonlyMap<string, Peripheral>, readonly interrupts: ReadonlyMap<string, number> }

/** One member of a zip archive. APPNOTE.TXT 4.3. */
export function unzip(archive: Buffer, name: string): Buffer {
  const end = archive.lastIndexOf(Buffer.from('504b0506', 'hex'))
  let at = archive.readUInt32LE(end + 16)
  for (let entries = archive.readUInt16LE(end + 10); entries > 0; entries--) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [number, number, number]
    if (archive.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const local = archive.readUInt32LE(at + 42)
      const data = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
      const bytes = archive.subarray(data, data + archive.readUInt32LE(at + 20))
      return archive.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes)
    }
    at += 46 + nameLength + extraLength + commentLength
  }
  throw new Error(`no ${name} in the archive`)
}

export function parseSvd(xml: string): Svd {
  const peripherals = new Map<string, Peripheral>()
  const interrupts = new Map<string, number>()
  for (const [text] of xml.matchAll(/<peripheral[ >][\s\S]*?<\/peripheral>/g)) {
    const base = /derivedFrom="(\w+)"/.exec(text)?.[1]
    const own = new Map([...text.matchAll(/<register>[\s\S]*?<\/register>/g)].map(([register]) => [value(register, 'name'), registerOf(register)]))
    const registers = own.size > 0 || base === undefined ? own : peripherals.get(base)!.registers
    peripherals.set(value(text, 'name'), { baseAddress: Number(value(text, 'baseAddress')), registers })
    for (const [interrupt] of text.matchAll(/<interrupt>[\s\S]*?<\/interrupt>/g)) interrupts.set(value(interrupt, 'name'), Number(value(interrupt, 'value')))
  }
  return { peripherals, interrupts }
}

function registerOf(text: string): Register {
  const fields = [...text.matchAll(/<field>[\s\S]*?<\/field>/g)]
  return {
    offset: Number(value(text, 'addressOffset')),
    fields: new Map(fields.map(([field]) => [value(field, 'name'), { bitOffset: Number(value(field, 'bitOffset')), bitWidth: Number(value(field, 'bitWidth')) }])),
  }
}

function value(text: string, tag: string): string {
  return new RegExp(`<${tag}>\\s*([^<]*?)\\s*</${tag}>`).exec(text)?.[1] ?? ''
}
