/** The JavaScript half of the V8 engine: instantiates the guest, runs its exports, says why it trapped. Imports land in core's own bodies. */

import { addFuel, type FueledModule } from './fuel.js'
import type { GuestHooks, NativeDevice } from './native.js'

interface Guest {
  readonly memory: WebAssembly.Memory
  readonly fueled: FueledModule
  /** By enum tt_guest_export: start, on_event, __collect. */
  readonly calls: readonly ((a: number, b: number) => void)[]
  readonly fuel: WebAssembly.Global<'i32'>
  readonly heap: WebAssembly.Global<'i32'> | undefined
}

interface Trap { readonly reason: string, readonly function: string, readonly offset: number }

const largestFuel = 2 ** 31 - 2

/** V8's words, as native/engine/wasm3.c says the same. */
const reasons: Readonly<Record<string, string>> = {
  'unreachable': 'unreachable executed',
  'divide by zero': 'division by zero',
  'remainder by zero': 'division by zero',
  'divide result unrepresentable': 'integer overflow',
  'float unrepresentable in integer range': 'number out of the integer\'s range',
  'null function or function signature mismatch': 'indirect call of another type',
  'table index is out of bounds': 'indirect call beyond the table',
  'Maximum call stack size exceeded': 'stack overflow',
}

/** `device` is asked for import functions only, and only after power came on. */
export function v8Hooks(device: () => NativeDevice): GuestHooks {
  let guest: Guest | undefined
  let trap: Trap = { reason: '', function: '', offset: 0 }
  return {
    load(wasm) {
      try {
        guest = instantiate(addFuel(wasm), device())
        return guest.memory
      } catch (error) {
        return error instanceof Error ? error.message : String(error)
      }
    },
    run(which, a, b, fuel) {
      if (guest === undefined) return -1
      // The call from outside takes a unit as well, which wasm3 does not count.
      guest.fuel.value = Math.min(fuel, largestFuel) + 1
      try {
        guest.calls[which]?.(a, b)
        return guest.heap === undefined ? 0 : guest.heap.value >>> 0
      } catch (error) {
        trap = trapOf(error as Error, guest)
        return -1
      }
    },
    trap: () => trap,
    unload() { guest = undefined },
  }
}

function instantiate(fueled: FueledModule, device: NativeDevice): Guest {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {}
  for (const { module, name, signature = '' } of fueled.imports) {
    const call = device.importFunction(module, name, signature)
    if (call === undefined) throw new Error(`imports ${module}.${name}, which this firmware does not have as ${signature}`)
    imports[module] = { ...imports[module], [name]: call }
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fueled.wasm), imports)
  const find = (name: string) => exports[name] as (a: number, b: number) => void
  return {
    memory: exports['memory'] as WebAssembly.Memory,
    fueled,
    calls: [find('start'), find('on_event'), find('__collect')],
    fuel: exports[fueled.fuelName] as WebAssembly.Global<'i32'>,
    heap: exports['heap_bytes'] as WebAssembly.Global<'i32'> | undefined,
  }
}

const frame = /wasm-function\[(\d+)\]:0x([0-9a-f]+)/

function trapOf(error: Error & { code?: string }, { fueled, fuel }: Guest): Trap {
  const place = frame.exec(error.stack ?? '')
  const index = Number(place?.[1])
  return {
    reason: error.code === 'TT_TRAP' ? error.message : fuel.value < 0 ? 'ran too long' : reasons[error.message] ?? error.message,
    function: place === null ? '' : fueled.names.get(index) ?? `#${index}`,
    offset: place === null ? 0 : fueled.originalOffset(Number.parseInt(place[2]!, 16)),
  }
}
