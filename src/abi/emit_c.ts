/** Writes the C side of the ABI: error codes, prototypes of the import bodies, bounds-checking shims and the link table. */
import type { Call, Capability, Parameter } from './abi.js'
import { capabilities, errors, events, sendOptions, textBytesMax } from './abi.js'

const notice = '// Generated from src/abi/abi.ts by src/abi/generate.ts. Do not edit.'

const upper = (name: string) => name.replace(/([a-z])([A-Z])/g, '$1$2').toUpperCase()

export function errorHeader(): string {
  const rows = Object.entries(errors).map(([name, { code, doc }]) => `    TT_E${upper(name)} = ${code}, // ${doc}`)
  return [notice, '#pragma once', '', 'enum tt_error {', '    TT_OK = 0,', ...rows, '};', ''].join('\n')
}

const resultType = { none: 'void', i32: 'int32_t', i64: 'int64_t', f64: 'double' } as const

function bodyParameters(parameter: Parameter): string {
  const { name, kind } = parameter
  switch (kind) {
    case 'i32': return `int32_t ${name}`
    case 'i64': return `int64_t ${name}`
    case 'f64': return `double ${name}`
    case 'text': return `const char *${name}, size_t ${name}_len`
    case 'units': return `const uint8_t *${name}, size_t ${name}_units`
    case 'bytes': return `const uint8_t *${name}, size_t ${name}_len`
    case 'out': return `uint8_t *${name}, size_t ${name}_cap`
    default: return kind satisfies never
  }
}

const bodyName = (capability: Capability, call: Call) => `tt_abi_${capability.name}_${call.name}`

function prototype(capability: Capability, call: Call): string {
  const parameters = ['struct tt_app *app', ...call.parameters.map(bodyParameters)]
  return wrapped(`${resultType[call.result]} ${bodyName(capability, call)}(`, parameters, ');')
}

/** Breaks a parameter list at 100 columns, continuation lines aligned with the parenthesis. */
function wrapped(head: string, items: readonly string[], tail: string): string {
  const lines: string[] = []
  let line = head
  items.forEach((item, index) => {
    const piece = item + (index === items.length - 1 ? tail : ',')
    const separator = line === head && lines.length === 0 ? '' : line.trim() === '' ? '' : ' '
    if ((line + separator + piece).length > 100) {
      lines.push(line)
      line = ' '.repeat(head.length) + piece
    } else {
      line += separator + piece
    }
  })
  lines.push(line)
  return lines.join('\n')
}

export function abiHeader(): string {
  const out = [
    notice,
    '#pragma once',
    '',
    '#include <stdbool.h>',
    '#include <stddef.h>',
    '#include <stdint.h>',
    '',
    '#include "../port/error.gen.h"',
    '',
    'struct tt_app;',
    'struct tt_guest_memory;',
    '',
    '// UTF-8 bytes that all text parameters of one call may have together.',
    `enum { TT_ABI_TEXT_MAX = ${textBytesMax} };`,
    '',
    '// Why on_event(kind, id) is called, and what id means.',
    'enum tt_event_kind {',
    ...Object.entries(events).map(([name, { kind, doc }]) => `    // ${doc}\n    TT_EVENT_${upper(name)} = ${kind},`),
    '};',
    '',
    '// Of tt_abi_hub_send, a set.',
    'enum tt_send_option {',
    ...Object.entries(sendOptions).map(([name, { bit, doc }]) => `    // ${doc}\n    TT_SEND_${upper(name)} = ${bit},`),
    `    TT_SEND_OPTIONS = ${Object.values(sendOptions).reduce((set, { bit }) => set | bit, 0)},`,
    '};',
    '',
    '// Decodes args (one 64-bit slot per Wasm parameter), checks every guest pointer and calls the body.',
    '// Returns NULL, or the reason for a trap. *result is written when the import has one.',
    'typedef const char *tt_shim(struct tt_app *app, const struct tt_guest_memory *memory,',
    '                            const uint64_t *args, uint64_t *result);',
    '',
    'struct tt_import {',
    '    const char *module;    // capability',
    '    const char *name;',
    '    const char *signature; // of the Wasm function: result(parameters), v i I F as void i32 i64 f64',
    '    const char *kinds;     // per parameter: i i32, I i64, F f64, t text, u units, b bytes, o out',
    '    bool traced;           // belongs to the canonical trace',
    '    uint8_t needs;         // enum tt_pin_kind, tt_board_feature: the board has one of them; 0: every board',
    '    tt_shim *shim;',
    '};',
    '',
    'extern const struct tt_import tt_imports[];',
    `enum { TT_IMPORT_COUNT = ${capabilities.reduce((count, { calls }) => count + calls.length, 0)} };`,
    '',
    '// The bodies, written by hand in core. Pointers are valid during the call only.',
  ]
  for (const capability of capabilities) {
    out.push('', `// ${capability.name}: ${capability.doc}`)
    for (const call of capability.calls) { out.push(`// ${call.doc}`, prototype(capability, call)) }
  }
  return [...out, ''].join('\n')
}

const slots = { i32: 'i', i64: 'I', f64: 'F', text: 'ii', units: 'ii', bytes: 'ii', out: 'ii' } as const
const letters = { i32: 'i', i64: 'I', f64: 'F', text: 't', units: 'u', bytes: 'b', out: 'o' } as const

function signature(call: Call): string {
  const result = { none: 'v', i32: 'i', i64: 'I', f64: 'F' }[call.result]
  return `${result}(${call.parameters.map(({ kind }) => slots[kind]).join('')})`
}

const pinKinds = ({ needs }: Capability) => needs.length === 0 ? '0' : needs.map((kind) => kind === 'upload' || kind === 'files' ? `TT_BOARD_${kind.toUpperCase()}` : `TT_PIN_${kind.toUpperCase()}`).join(' | ')

function shim(capability: Capability, call: Call): string {
  const body: string[] = []
  const passed = ['app']
  let slot = 0
  const hasText = call.parameters.some(({ kind }) => kind === 'text')
  if (hasText) { body.push('struct tt_guest_text text = {0};') }
  for (const { name, kind } of call.parameters) {
    switch (kind) {
      case 'i32': passed.push(`(int32_t)(uint32_t)args[${slot}]`); slot += 1; break
      case 'i64': passed.push(`(int64_t)args[${slot}]`); slot += 1; break
      case 'f64': passed.push(`tt_guest_f64(args[${slot}])`); slot += 1; break
      case 'text':
        body.push(`size_t ${name}_len = 0;`,
          `const char *${name} = tt_guest_read_text(memory, args[${slot}], args[${slot + 1}], &text, &${name}_len);`,
          `if (!${name}) { return tt_trap_bounds; }`)
        passed.push(name, `${name}_len`)
        slot += 2
        break
      case 'units':
      case 'bytes':
      case 'out':
        body.push(`uint8_t *${name} = ${kind === 'units' ? 'tt_guest_units' : 'tt_guest_range'}(memory, args[${slot}], args[${slot + 1}]);`,
          `if (!${name}) { return tt_trap_bounds; }`)
        passed.push(name, `(size_t)(uint32_t)args[${slot + 1}]`)
        slot += 2
        break
      default: kind satisfies never
    }
  }
  const invoked = (head: string) => wrapped(head, passed, '').split('\n')
  const invoke = (head: string, tail: string) => { const lines = invoked(head + bodyName(capability, call) + '('); lines[lines.length - 1] += tail; return lines.join('\n    ') }
  switch (call.result) {
    case 'none': body.push(invoke('', ');')); break
    case 'i32': body.push(hasText
      ? invoke('*result = (uint32_t)(text.cut ? TT_EINVALID : ', '));')
      : invoke('*result = (uint32_t)', ');')); break
    case 'i64': body.push(invoke('*result = (uint64_t)', ');')); break
    case 'f64': body.push(invoke('*result = tt_guest_slot(', '));')); break
    default: call.result satisfies never
  }
  const unused = [
    ...(call.parameters.length === 0 ? ['(void)args;'] : []),
    ...(body.some((line) => line.includes('memory')) ? [] : ['(void)memory;']),
    ...(call.result === 'none' ? ['(void)result;'] : []),
  ]
  return [
    `static const char *${capability.name}_${call.name}(struct tt_app *app, const struct tt_guest_memory *memory,`,
    `${' '.repeat(`static const char *${capability.name}_${call.name}(`.length)}const uint64_t *args, uint64_t *result)`,
    '{',
    ...[...unused, ...body].map((line) => `    ${line}`),
    '    return NULL;',
    '}',
  ].join('\n')
}

export function abiSource(): string {
  const every = capabilities.flatMap((capability) => capability.calls.map((call) => ({ capability, call })))
  const rows = every.map(({ capability, call }) =>
    `    {"${capability.name}", "${call.name}", "${signature(call)}", "${call.parameters.map(({ kind }) => letters[kind]).join('')}", ${call.traced}, ${pinKinds(capability)}, ${capability.name}_${call.name}},`)
  return [
    notice,
    '#include "abi.gen.h"',
    '',
    '#include "board.h"',
    '#include "guest_memory.h"',
    '',
    '// clang-format off',
    ...every.map(({ capability, call }) => shim(capability, call) + '\n'),
    'const struct tt_import tt_imports[] = {',
    ...rows,
    '};',
    '// clang-format on',
    '',
  ].join('\n')
}
