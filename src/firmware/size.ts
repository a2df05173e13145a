/** What of a firmware is whose: the linker's map, summed by component. Knows no program but the linker's words. */

export interface FirmwareSize {
  /** Code, constants and the initial values of data, bytes. */
  readonly flash: number
  /** Everything that has a place in RAM when the program starts: data, heaps, stacks. */
  readonly ram: number
  readonly components: Readonly<Record<string, { readonly flash: number, readonly ram: number }>>
}

const archives: readonly (readonly [pattern: RegExp, component: string])[] = [
  [/libmbedtls\.a/, 'mbedtls'],
  [/libwasm3\.a/, 'wasm3'],
  [/libnetwork\.a/, 'network'],
  [/libos\.a/, 'kernel'],
  [/libttcore\.a/, 'core'],
  [/libttengine\.a/, 'engine'],
  [/libttport\.a/, 'port'],
  [/lib(c|c_nano|g|m|gcc|nosys)\.a|crt[a-z0-9]*\.o/, 'libc'],
]

// Memory of main's own that is really somebody else's, by the object's name in the source.
const owners: readonly (readonly [pattern: RegExp, component: string])[] = [
  [/\.vm_memory$/, 'heap of the interpreter'],
  [/\.tls_memory$/, 'heap of TLS'],
  [/\.device_memory$/, 'queues and buffers'],
  [/\.(app|link)_stack$/, 'stacks'],
]

type Place = 'flash' | 'ram'

/** `.data` counts in both: its values lie in flash. */
const outputs: Readonly<Record<string, readonly Place[]>> = {
  '.vectors': ['flash'], '.text': ['flash'], '.ARM.exidx': ['flash'], '.data': ['flash', 'ram'], '.tls': ['ram'], '.bss': ['ram'], '.dma': ['ram'], '.core': ['ram'], '.stack': ['ram'],
}

export function measureFirmware(map: string): FirmwareSize {
  const components: Record<string, Record<Place, number>> = {}
  const totals = { flash: 0, ram: 0 }
  const add = (component: string, places: readonly Place[], bytes: number): void => {
    const entry = components[component] ??= { flash: 0, ram: 0 }
    for (const place of places) entry[place] += bytes
  }
  let places: readonly Place[] = []
  for (const { section, bytes, object, isOutput } of entriesOf(map)) {
    if (isOutput) {
      places = outputs[section] ?? []
      for (const place of places) totals[place] += bytes
      if (section === '.stack') add('stacks', places, bytes)
    } else {
      add(componentOf(section, object), places, bytes)
    }
  }
  const gaps = { flash: totals.flash - sum(components, 'flash'), ram: totals.ram - sum(components, 'ram') }
  if (gaps.flash > 0 || gaps.ram > 0) components['alignment'] = gaps
  return { ...totals, components }
}

function sum(components: Readonly<Record<string, Record<Place, number>>>, place: Place): number {
  return Object.values(components).reduce((total, entry) => total + entry[place], 0)
}

function componentOf(section: string, object: string): string {
  return owners.find(([pattern]) => pattern.test(section))?.[1] ?? archives.find(([pattern]) => pattern.test(object))?.[1] ?? 'main'
}

interface Entry {
  readonly section: string
  readonly bytes: number
  readonly object: string
  readonly isOutput: boolean
}

// A long name stands on a line of its own; what was discarded comes before the memory map and is not read.
function* entriesOf(map: string): Generator<Entry> {
  const start = map.indexOf('Linker script and memory map')
  const lines = map.slice(start).replace(/\n( ?)(\.?[A-Za-z_*][^\s]*)\n\s+0x/g, '\n$1$2 0x').split('\n')
  for (const line of lines) {
    const output = /^(\.[A-Za-z][^\s]*)\s+0x[0-9a-f]+\s+0x([0-9a-f]+)/.exec(line)
    if (output !== null) {
      yield { section: output[1] ?? '', bytes: parseInt(output[2] ?? '', 16), object: '', isOutput: true }
      continue
    }
    const input = /^ ((?:\.|COMMON)[^\s]*)\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s+(\S.*)$/.exec(line)
    if (input !== null) yield { section: input[1] ?? '', bytes: parseInt(input[2] ?? '', 16), object: input[3] ?? '', isOutput: false }
  }
}
