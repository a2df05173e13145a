/** The door of src/model. */

export { ModelError, type ModelProblem } from './error.js'
export { Source, parseJson, Json } from './json.js'
export { loadLibrary } from './load.js'
export type { Library } from './library.js'
export type { CommandElement, ComponentElement, Content, Interface, Model, PropertyElement, Schema, TelemetryElement } from './model.js'
export { stubOf, words, type Stub, type StubClass, type StubInstance, type StubMethod } from './stub.js'
