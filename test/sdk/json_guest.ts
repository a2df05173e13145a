/** The JSON fixture with its payload and tokens as JavaScript values. */

import { compile, eventSource, jsonHost, run, type Guest } from './guest.ts'

const utf8 = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const Token = { Object: 1, ObjectEnd: 2, Array: 3, ArrayEnd: 4, Key: 5, Text: 6, Number: 7, True: 8, False: 9, Null: 10 } as const

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

export interface JsonGuest extends Guest {
  /** What the host will answer `event.read` with. */
  give(document: Uint8Array | string): void
  /** Times the guest fetched a piece of the payload. */
  readonly reads: number
  /** The value of the payload as its tokens say, or undefined when the guest found it malformed. */
  parse(document: Uint8Array | string): Json | undefined
  /** What the host's writer made of the calls in `put`. */
  write(put: (guest: JsonGuest) => void): string | undefined
}

export async function jsonGuest(): Promise<JsonGuest> {
  const wasm = await compile('test/sdk/fixtures/json.ts', '--exportRuntime')
  const source = eventSource(() => guest.memory)
  const host = jsonHost(() => guest.memory)
  let builder = new Builder()
  const guest: Guest = await run(wasm, {
    event: source.imports,
    json: host.imports,
    test: {
      token: (kind: number, at: number, length: number, number: number) => {
        builder.add(kind, kind === Token.Text || kind === Token.Key ? decoder.decode(new Uint8Array(guest.memory.buffer, at, length)) : '', number)
      },
    },
  })
  const number = (name: string, ...args: unknown[]) => guest.call[name]!(...args) as number

  const json: JsonGuest = {
    ...guest,
    give(document) { source.payload = typeof document === 'string' ? utf8.encode(document) : document },
    get reads() { return source.reads },
    parse(document) {
      json.give(document)
      builder = new Builder()
      return number('walk') === 1 ? builder.root : undefined
    },
    write(put) {
      guest.call['__collect']!()
      guest.call['begin']!()
      put(json)
      guest.call['send']!()
      return host.take()
    },
  }
  return json
}

/** Puts tokens together as JSON.parse does: of equal names the last counts. */
class Builder {
  root: Json | undefined
  readonly #open: (Json[] | { [name: string]: Json })[] = []
  readonly #names: string[] = []

  add(kind: number, text: string, number: number): void {
    switch (kind) {
      case Token.Object: this.#enter({}); break
      case Token.Array: this.#enter([]); break
      case Token.ObjectEnd: case Token.ArrayEnd: this.#open.pop(); break
      case Token.Key: this.#names[this.#open.length] = text; break
      case Token.Text: this.#put(text); break
      case Token.Number: this.#put(number); break
      case Token.Null: this.#put(null); break
      default: this.#put(kind === Token.True)
    }
  }

  #enter(container: Json[] | { [name: string]: Json }): void {
    this.#put(container)
    this.#open.push(container)
  }

  #put(value: Json): void {
    const inner = this.#open.at(-1)
    if (inner === undefined) {
      this.root = value
    } else if (Array.isArray(inner)) {
      inner.push(value)
    } else {
      Object.defineProperty(inner, this.#names[this.#open.length]!, { value, enumerable: true, configurable: true, writable: true })
    }
  }
}
