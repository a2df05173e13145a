/** Digital twin model identifiers: `dtmi:com:example:Thermostat;1`. */

/** Characters a device announces. */
export const dtmiMax = 128
/** Of the ids of elements inside an interface. */
export const elementIdMax = 2048

const segment = '[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?'
const syntax = new RegExp(`^dtmi:(?:_+[A-Za-z0-9_]*[A-Za-z0-9]|${segment})(?::(?:_+[A-Za-z0-9_]*[A-Za-z0-9]|${segment}))*(?:;[1-9][0-9]{0,8}(?:\\.[1-9][0-9]{0,5})?)?$`)

/** Why this is no id of an interface a person may choose, or undefined. */
export function idProblem(id: string, { version, max = dtmiMax }: { readonly version: 2 | 3, readonly max?: number | undefined }): string | undefined {
  if (id.length > max) return `'${id.slice(0, 40)}…' has ${id.length} characters, more than ${max}`
  if (!syntax.test(id)) return `'${id}' is no model id: it must be such as dtmi:com:example:Thermostat;1, each part beginning with a letter, with letters, digits and underscores, and not ending in an underscore`
  if (/^dtmi:(?:dtdl|standard):/.test(id)) return `'${id}' is an id of the language's own`
  if (/:_/.test(id)) return `'${id}' has a part that begins with an underscore, which is for the ids a parser makes`
  if (!id.includes(';')) return version === 2 ? `'${id}' has no version: add ;1` : undefined
  return version === 2 && id.includes('.', id.indexOf(';')) ? `'${id}' has a minor version, which DTDL v2 does not know` : undefined
}

/** `Thermostat` of dtmi:com:example:Thermostat;1. */
export function lastSegment(id: string): string {
  return id.replace(/;.*$/, '').split(':').at(-1) ?? ''
}

export function isDtmi(text: string): boolean {
  return text.startsWith('dtmi:')
}
