/** Takes out of a module what no engine needs: custom sections, such as names and links to source maps. */

import { Bytes } from './bytes.js'

/** Code keeps its offsets only if custom sections stand behind it, as the compiler puts them; ModuleError otherwise. */
export function withoutCustomSections(wasm: Uint8Array): Uint8Array {
  const bytes = new Bytes(wasm)
  bytes.skip(8) // magic and version
  let end = bytes.at
  let customSeen = false
  while (bytes.left > 0) {
    const id = bytes.u8()
    bytes.skip(bytes.u32())
    if (id === 0) {
      customSeen = true
    } else {
      if (customSeen) bytes.fail('a custom section stands before the last other one')
      end = bytes.at
    }
  }
  return wasm.slice(0, end)
}
