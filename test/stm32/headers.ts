// Our register headers, read as native/port/stm32/registers/register.h says they are written.

import { readFileSync } from 'node:fs'

export interface Member { readonly names: readonly string[], readonly offset: number }

const folder = new URL('../../native/port/stm32/', import.meta.url)
export const source = (file: string): string => readFileSync(new URL(file, folder), 'utf8')

/** Registers of a struct in order; an array's names stand behind it. */
export function membersOf(text: string, struct: string): Member[] {
  const body = new RegExp(`^struct ${struct} \\{\\n([\\s\\S]*?)^\\};`, 'm').exec(text)?.[1]
  if (body === undefined) throw new Error(`there is no struct ${struct}`)
  const members: Member[] = []
  let offset = 0
  for (const line of body.trim().split('\n')) {
    const [, name = '', count, comment = ''] = /^\s*uint32_t (\w+)(?:\[(\d+)\])?;(?: \/\/ (.*))?$/.exec(line) ?? []
    if (name === '') throw new Error(`not a register: ${line}`)
    if (!name.startsWith('reserved')) members.push({ names: namesOf(name, comment), offset })
    offset += 4 * Number(count ?? 1)
  }
  return members
}

// "AFRL, AFRH" or "EXTICR1 to EXTICR4" or "CCMR1_Output"; else the member's own.
function namesOf(name: string, comment: string): string[] {
  const range = /^([A-Z]+)(\d) to \1(\d)$/.exec(comment)
  if (range !== null) return Array.from({ length: Number(range[3]) - Number(range[2]) + 1 }, (_, index) => `${range[1]}${Number(range[2]) + index}`)
  return /^[A-Z][A-Za-z0-9_]+(, [A-Z][A-Za-z0-9_]+)*$/.test(comment) ? comment.split(', ') : [name.toUpperCase()]
}

export interface Constant { readonly name: string, readonly bit: number, readonly isStart: boolean }

/** `NAME = 1 << n` and `NAME_AT = n` of every enum. */
export function constantsOf(text: string): Constant[] {
  return [...text.matchAll(/^ {4}(\w+?)(_AT)? = (?:1 << )?(\d+),/gm)].map(([, name = '', at, bit]) => ({ name, bit: Number(bit), isStart: at !== undefined }))
}

/** `#define TT_RCC TT_PERIPHERAL(tt_rcc, 0x40023800)`. */
export function addressOf(text: string, struct: string): number | undefined {
  const found = new RegExp(`TT_PERIPHERAL\\(${struct}, (0x[0-9A-F]+)`).exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}
