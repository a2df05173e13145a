/** asc's syntax tree by its shape: enough of it to look for calls. Knows nothing of what they mean. */

export interface Place {
  readonly line: number
  readonly column: number
}

/** The app's own sources, without those of libraries. */
export function sourcesOf(parser: unknown): { readonly source: unknown, readonly path: string }[] {
  return list(field(parser, 'sources')).flatMap((source) => {
    const path = text(field(source, 'normalizedPath'))
    return path === undefined || path.startsWith('~lib/') ? [] : [{ source, path }]
  })
}

/** What a source imports from modules that `fits` names: imported name, local name, and where. */
export function importsOf(source: unknown, fits: (path: string) => boolean): (Place & { readonly name: string, readonly local: string })[] {
  return list(field(source, 'statements')).flatMap((statement) => {
    if (!fits(text(field(field(statement, 'path'), 'value')) ?? '')) return []
    return list(field(statement, 'declarations')).flatMap((declaration) => {
      const name = text(field(field(declaration, 'foreignName'), 'text'))
      const local = text(field(field(declaration, 'name'), 'text'))
      return name === undefined || local === undefined ? [] : [{ name, local, ...placeOf(declaration) }]
    })
  })
}

/** A call `root.first(…).second(…)`. */
export interface CallChain {
  /** The identifier it begins with. */
  readonly root: string
  /** Each call in order: its name, arguments, node, and where its name stands. */
  readonly links: readonly (Place & { readonly name: string, readonly args: readonly unknown[], readonly node: object })[]
}

/** The chain that ends in this call, or undefined for any other node. */
export function chainOf(node: object): CallChain | undefined {
  const links: CallChain['links'][number][] = []
  let call: unknown = node
  for (;;) {
    const callee = field(call, 'expression')
    const name = text(field(field(callee, 'property'), 'text'))
    if (!isCall(call) || name === undefined) return undefined
    links.unshift({ name, args: list(field(call, 'args')), node: call, ...placeOf(field(callee, 'property')) })
    const receiver = field(callee, 'expression')
    const root = text(field(receiver, 'text'))
    if (root !== undefined) return { root, links }
    call = receiver
  }
}

function isCall(node: unknown): node is object {
  return Array.isArray(field(node, 'args')) && field(node, 'expression') !== undefined
}

interface Range { readonly start: number, readonly end: number, readonly source: { lineAt(at: number): number, columnAt(): number } }

export function placeOf(node: unknown, end = false): Place {
  const range = field(node, 'range') as Range
  // asc keeps the line of the last question for that of the column.
  const line = range.source.lineAt(end ? range.end : range.start)
  return { line, column: range.source.columnAt() }
}

/** Every node below, each once; a range leads back to the source, so it is not followed. */
export function walk(root: unknown, visit: (node: object) => void): void {
  const seen = new Set<object>()
  const pending: unknown[] = [root]
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== 'object' || node === null || seen.has(node)) continue
    seen.add(node)
    if (Array.isArray(node)) {
      pending.push(...(node as unknown[]).toReversed())
      continue
    }
    visit(node)
    for (const [key, value] of Object.entries(node).toReversed()) {
      if (key !== 'range' && key !== 'source') pending.push(value)
    }
  }
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
