/** A model as the rest of TinyTwin sees it: what a device sends, has and does. Knows nothing of JSON. */

import type { ModelProblem } from './error.js'

/** Numbers, flags and texts; what is a text on the wire without being called so keeps its name. */
export const primitives = ['boolean', 'integer', 'long', 'float', 'double', 'string', 'date', 'dateTime', 'duration', 'time'] as const
/** GeoJSON objects. */
export const geospatial = ['point', 'lineString', 'polygon', 'multiPoint', 'multiLineString', 'multiPolygon'] as const

export type Primitive = typeof primitives[number]
export type Geospatial = typeof geospatial[number]

export type Schema =
  | { readonly kind: 'primitive', readonly type: Primitive }
  | { readonly kind: 'geospatial', readonly type: Geospatial }
  | Complex

/** `id` where the schema can be used by name. */
export type Complex = { readonly id?: string, readonly doc: string } & (
  | { readonly kind: 'enum', readonly values: readonly EnumValue[], readonly type: 'integer' | 'string' }
  | { readonly kind: 'object', readonly fields: readonly Field[] }
  | { readonly kind: 'array', readonly element: Schema }
  | { readonly kind: 'map', readonly value: Schema }
)

export interface EnumValue {
  readonly name: string
  readonly value: number | string
  readonly doc: string
}

export interface Field {
  readonly name: string
  readonly schema: Schema
  readonly doc: string
}

/** `place` makes a problem that points at the element. */
interface Element {
  readonly name: string
  readonly doc: string
  readonly place: (message: string) => ModelProblem
}

export interface TelemetryElement extends Element { readonly kind: 'telemetry', readonly schema: Schema, readonly unit?: string }
export interface PropertyElement extends Element { readonly kind: 'property', readonly schema: Schema, readonly unit?: string, readonly writable: boolean }
export interface CommandElement extends Element { readonly kind: 'command', readonly request?: Field, readonly response?: Field }
export interface ComponentElement extends Element { readonly kind: 'component', readonly of: Interface }
export type Content = TelemetryElement | PropertyElement | CommandElement | ComponentElement

export interface Interface {
  readonly id: string
  readonly doc: string
  /** With those of what it extends, which come first. */
  readonly contents: readonly Content[]
  readonly place: (message: string) => ModelProblem
}

/** One interface that a device announces, with all it needs. */
export interface Model {
  readonly root: Interface
  /** Sentences about what a device has no use for. */
  readonly notes: readonly ModelProblem[]
}
