/** Takes out of a module what no engine needs: custom sections, such as names and links to source maps; puts in the one the runtime reads. */

import { Bytes } from './bytes.js'

/** Of the section in which the runtime looks for the id of the app's model (native/core/module.h). */
export const modelSection = 'tinytwin.model'

/** The module with the id behind everything else. */
export function withModelId(wasm: Uint8Array, id: string): Uint8Array {
  const name = Buffer.from(modelSection)
  const content = Buffer.concat([Buffer.of(name.length), name, Buffer.from(id)])
  // A length of two bytes: ids have at most 128 characters.
  return Uint8Array.from(Buffer.concat([wasm, Buffer.of(0, 0x80 | (content.length & 0x7f), content.length >> 7), content]))
}

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
