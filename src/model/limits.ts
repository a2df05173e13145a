/** The sizes DTDL gives to a model, by version. */

export interface Limits {
  /** Characters of the name of a telemetry, property, command, component, field or enum value. */
  readonly name: number
  /** Characters of comment and description, and of displayName. */
  readonly text: number
  readonly displayName: number
  /** Elements in the contents of one interface, what it extends included. */
  readonly contents: number
  /** Interfaces one interface extends directly, and levels. */
  readonly extendsCount: number
  readonly extendsDepth: number
  readonly enumValues: number
  readonly fields: number
  /** Levels of arrays, enums, maps and objects in one schema. */
  readonly schemaDepth: number
  /** Bytes of one interface. */
  readonly bytes: number
}

export const limits: Readonly<Record<2 | 3, Limits>> = {
  2: { name: 64, text: 512, displayName: 64, contents: 300, extendsCount: 2, extendsDepth: 10, enumValues: 100, fields: 30, schemaDepth: 5, bytes: 1 << 20 },
  3: { name: 512, text: 512, displayName: 512, contents: 100_000, extendsCount: 1024, extendsDepth: 10, enumValues: 100_000, fields: 100_000, schemaDepth: 8, bytes: 1 << 20 },
}
