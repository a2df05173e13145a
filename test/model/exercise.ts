/** An app that calls every method of a stub, made from the stub's own signatures: the compiler looks only at what is called. */

interface Method { readonly name: string, readonly parameters: readonly (readonly [name: string, type: string])[], readonly getter: boolean }

/** `stub` is the text of a generated file beside which the result is to stand. */
export function exercise(stub: string): string {
  const classes = new Map<string, Method[]>()
  let current: Method[] = []
  for (const line of stub.split('\n')) {
    const opened = /^export class (\w+(?:<P>)?) \{/.exec(line)?.[1]
    if (opened !== undefined) classes.set(opened, current = [])
    const method = /^ {2}(get )?(\w+)\((.*?)\): [^(){}]+ \{/.exec(line) ?? /^ {2}(get )?(\w+)\((.*)\): void \{$/.exec(line)
    if (method !== null) current.push({ name: method[2]!, parameters: parametersOf(method[3]!), getter: method[1] !== undefined })
  }
  const enums = [...stub.matchAll(/^export const enum (\w+)/gm)].map(([, name]) => name!)
  const exported = [...stub.matchAll(/^export (?:class|const enum|const) (\w+)/gm)].map(([, name]) => name!)
  const value = (type: string): string => {
    const known = { i32: '1', i64: '1', f64: '1.5', bool: 'true', string: '"x"', void: '' }[type]
    if (known !== undefined) return known
    if (enums.includes(type)) return `<${type}>1`
    const arrow = /^\((.*)\) => (.+)$/.exec(type)
    if (arrow === null) return `changetype<${type.replace(/ \| null$/, '')}>(1)`
    return `(${arrow[1]}): ${arrow[2]} => ${arrow[2] === 'void' ? '{}' : value(arrow[2]!)}`
  }
  const calls = [...classes].flatMap(([name, methods]) => methods.map(({ name: method, parameters, getter }) => {
    const receiver = `changetype<${name.replace('<P>', '<pnp.Sending>')}>(1).${method}`
    return getter ? `${receiver};` : `${receiver}(${parameters.map(([, type]) => value(type)).join(', ')});`
  }))
  return [
    `import { JsonReader, Properties, Request, pnp } from "tinytwin";`, `import { ${exported.join(', ')} } from "./model.gen";`,
    'if (modelId.length > 0) {', ...calls.map((call) => `  ${call}`), '}', '',
  ].join('\n')
}

// `a: i32, b: (c: T) => U, d: string = ""`: commas inside brackets do not part.
function parametersOf(text: string): (readonly [string, string])[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (const character of text) {
    if (character === '(' || character === '<') depth++
    if (character === ')' || (character === '>' && !part.endsWith('='))) depth--
    if (character === ',' && depth === 0) {
      parts.push(part)
      part = ''
    } else {
      part += character
    }
  }
  return [...parts, part].map((one) => one.trim()).filter((one) => one !== '' && !/ = /.test(one)).map((one) => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1).trim()] as const)
}
