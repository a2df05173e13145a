// The compiler pass that gives every module the same door: `__collect` and `heap_bytes`, also where nothing is ever allocated.

import { Transform } from 'assemblyscript/transform'

const allocate = '~lib/rt/tcms/__new'
const total = '~lib/rt/tcms/total'
const heapBase = '~lib/memory/__heap_base'
/** What the allocator keeps at the beginning of the heap for itself. */
const allocatorBytes = 1572

/**
 * `heap_bytes` begins at what static data and the allocator take, so that the host knows how much of its memory the guest has left.
 * A module that never allocates gets an empty `__collect`, so that the collector is left out of it, and a `heap_bytes` that stays 0.
 */
export default class Door extends Transform {
  afterCompile(module) {
    const allocates = module.getFunction(allocate) !== 0
    if (!allocates) {
      module.removeExport('__collect')
      module.addFunction('nothing_to_collect', 0, 0, [], module.nop())
      module.addFunctionExport('nothing_to_collect', '__collect')
    } else {
      const taken = this.binaryen._BinaryenConstGetValueI32(this.binaryen._BinaryenGlobalGetInitExpr(module.getGlobal(heapBase)))
      module.removeGlobal(total)
      module.addGlobal(total, 2, true, module.i32.const(taken + allocatorBytes))
    }
    if (module.getGlobal(total) === 0) module.addGlobal(total, 2, true, module.i32.const(0))
    module.addGlobalExport(total, 'heap_bytes')
  }
}
